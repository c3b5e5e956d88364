/**
 * Pinball (quantile) loss of a forecast of one quantile, in the unit of the load: `quantile` per unit too low,
 * `1 - quantile` per unit too high. Koenker and Bassett, 1978.
 */
export function pinballLoss(quantile: number, forecast: number, observed: number): number {
  const error = observed - forecast;
  return error >= 0 ? quantile * error : (quantile - 1) * error;
}
