/** Rounded to a hundredth of a cent: prices read as prices, and a plan's hash hangs on no last digit of a float. */
export function roundUsd(usd: number): number {
  return Math.round(usd * 10_000) / 10_000;
}
