import type { Origin } from './origins.ts';
import { meanPinball, type ScoredForecast } from './scoring.ts';
import type { BenchSeries } from './series-file.ts';

/** Settings a method may try in the first part of a series; the same number for every one. */
export const TUNING_BUDGET = 5;

/** A way to forecast. `settings` are at most {@link TUNING_BUDGET}. */
export interface Method<Setting = unknown> {
  readonly name: string;
  readonly settings: readonly Setting[];
  /**
   * Forecasts every origin in turn: rows of all origins one after the other, a column per scored quantile. At an
   * origin it may use loads before it, its own earlier forecasts, and events of any time.
   */
  readonly forecast: (
    series: BenchSeries,
    origins: readonly Origin[],
    setting: Setting,
  ) => ScoredForecast | Promise<ScoredForecast>;
}

/** A method with its type of setting forgotten, for lists of methods. */
export type AnyMethod = Pick<Method, 'name'> & {
  /** Tunes on the first origins and returns the forecast of all. */
  readonly run: (
    series: BenchSeries,
    tuning: readonly Origin[],
    scored: readonly Origin[],
  ) => Promise<{ readonly forecast: ScoredForecast; readonly setting: unknown }>;
};

/** A method that tunes itself by mean pinball loss on the tuning origins; forecasts of the scored ones come back. */
export function tuned<Setting>(method: Method<Setting>): AnyMethod {
  return {
    name: method.name,
    run: async (series, tuning, scored) => {
      const setting = await bestSetting(method, series, tuning);
      const all = await method.forecast(series, [...tuning, ...scored], setting);
      return { forecast: all.slice(rowCount(tuning)), setting };
    },
  };
}

async function bestSetting<Setting>(
  method: Method<Setting>,
  series: BenchSeries,
  tuning: readonly Origin[],
): Promise<Setting> {
  const tried: { readonly setting: Setting; readonly loss: number }[] = [];
  for (const setting of method.settings.slice(0, TUNING_BUDGET)) {
    const known = method.settings.length === 1;
    const forecast = known ? [] : await method.forecast(series, tuning, setting);
    tried.push({ setting, loss: known ? 0 : lossOf(series, tuning, forecast) });
  }
  const [first, ...rest] = tried;
  if (!first) throw new Error(`${method.name} has no setting`);
  return rest.reduce((best, next) => (next.loss < best.loss ? next : best), first).setting;
}

function lossOf(series: BenchSeries, origins: readonly Origin[], forecast: ScoredForecast): number {
  const seen = targetsOf(origins).flatMap((index, row) => {
    const value = series.load.values[index] ?? null;
    return value === null ? [] : [{ value, row: forecast[row] ?? [] }];
  });
  return seen.length
    ? meanPinball(
        seen.map(({ value }) => value),
        seen.map(({ row }) => row),
      )
    : 0;
}

/** Indices that the origins forecast, in the order of the rows of a forecast. */
export function targetsOf(origins: readonly Origin[]): readonly number[] {
  return origins.flatMap(({ from, until }) => Array.from({ length: until - from }, (_, i) => from + i));
}

function rowCount(origins: readonly Origin[]): number {
  return origins.reduce((sum, { from, until }) => sum + until - from, 0);
}
