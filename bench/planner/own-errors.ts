import { SCORED_QUANTILES } from './scoring.ts';

const HOURS = 24;
/** With fewer errors of an hour than this those of all hours speak. */
const ENOUGH_ERRORS = 12;

/** How a point forecast becomes quantiles: by its own past errors of the same local hour, added or multiplied. */
export interface OwnErrors {
  /** Enters what came of a point forecast. */
  readonly learn: (day: number, hour: number, forecast: number, observed: number) => void;
  /** Quantiles around a point forecast, never below zero. */
  readonly around: (day: number, hour: number, forecast: number) => readonly number[];
}

/** Errors of the last `days` days. */
export function ownErrors(days: number, kind: 'added' | 'multiplied'): OwnErrors {
  const byHour = Array.from({ length: HOURS }, (): { day: number; error: number }[] => []);
  let cached: { readonly day: number; readonly quantiles: Map<number, readonly number[]> } | undefined;
  const errorsOf = (day: number, hour: number) => {
    const kept = (byHour[hour] ?? []).filter((entry) => entry.day >= day - days);
    byHour[hour] = kept;
    return kept;
  };
  const quantilesOf = (day: number, hour: number): readonly number[] => {
    const own = errorsOf(day, hour);
    const errors =
      own.length >= ENOUGH_ERRORS ? own : byHour.flat().filter((entry) => entry.day >= day - days);
    return empiricalQuantiles(
      errors.map((entry) => entry.error),
      kind === 'added' ? 0 : 1,
    );
  };
  return {
    learn: (day, hour, forecast, observed) => {
      if (kind === 'multiplied' && forecast <= 0) return;
      byHour[hour]?.push({ day, error: kind === 'added' ? observed - forecast : observed / forecast });
    },
    around: (day, hour, forecast) => {
      if (cached?.day !== day) cached = { day, quantiles: new Map() };
      const quantiles = cached.quantiles.get(hour) ?? quantilesOf(day, hour);
      cached.quantiles.set(hour, quantiles);
      return quantiles.map((error) => Math.max(0, kind === 'added' ? forecast + error : forecast * error));
    },
  };
}

/** {@link SCORED_QUANTILES} of a sample, linear between order statistics; `neutral` of an empty one. */
export function empiricalQuantiles(sample: readonly number[], neutral = 0): readonly number[] {
  const sorted = Float64Array.from(sample).sort();
  return SCORED_QUANTILES.map((quantile) => {
    const position = quantile * (sorted.length - 1);
    const [low, high] = [sorted[Math.floor(position)], sorted[Math.ceil(position)]];
    if (low === undefined || high === undefined) return neutral;
    return low + (high - low) * (position - Math.floor(position));
  });
}
