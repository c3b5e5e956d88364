import { normalQuantile } from '../forecast/normal-quantile.ts';
import type { ForecastInput, LoadHistory, SeriesForecast } from '../forecast/series-forecast.ts';
import { type Intensity, learnIntensity } from './intensity.ts';

const HOUR_MS = 3_600_000;

/** The middle, and where the spread is read from: sizing asks for quantiles near it. */
const MEDIAN = 0.5;
const UPPER = 0.95;

/**
 * A base is not taken to grow beyond so many times the highest hour ever observed: a forecast of a series that is mostly
 * zero may run away, and a plan must not.
 */
const LARGEST_GROWTH = 3;

/** Forecasts one series; what `forecastSeries` of domain/forecast/series-forecast.ts does. */
export type SeriesForecaster = (input: ForecastInput) => Pick<SeriesForecast, 'startMs' | 'values'>;

/** Demand of everybody but weddings, by hour, in the workload's unit per second. */
export interface BaseDemand {
  /** First hour, milliseconds since the epoch. */
  readonly startMs: number;
  readonly mean: Float64Array;
  readonly standardDeviation: Float64Array;
}

/** What observations of one workload from one market taught. */
export interface LearntDemand {
  readonly workload: string;
  readonly market: string;
  /** Hours with an observation. */
  readonly hours: number;
  readonly intensity: Intensity;
  readonly base: BaseDemand;
}

/** What {@link learnDemand} learns from. */
export interface DemandHistory {
  readonly workload: string;
  readonly market: string;
  /** IANA zone of the market. */
  readonly timeZone: string;
  /** Demand observed by hour of the clock, in the workload's unit per second. */
  readonly observed: LoadHistory;
  /** Demand expected of weddings in the same hours by the fleet's figures. */
  readonly expected: readonly number[];
  /** Relative standard deviation of the fleet's demand per user; above 0. */
  readonly deviation: number;
  /** What is to be forecast, milliseconds since the epoch, at hours of the clock. */
  readonly fromMs: number;
  readonly untilMs: number;
}

/**
 * Parts observed demand into what weddings caused and the base: the intensity first, then the rest of every hour,
 * not below zero, whose course is forecast over the window. A base has median for mean and its spread from the 0.95 quantile.
 */
export function learnDemand(history: DemandHistory, forecast: SeriesForecaster): LearntDemand {
  const { workload, market, timeZone, observed, expected, deviation, fromMs, untilMs } = history;
  const intensity = learnIntensity(observed.values, expected, deviation);
  const rest = observed.values.map((value, hour) =>
    value === null ? null : Math.max(0, value - intensity.factor * (expected[hour] ?? 0)),
  );
  const { values, startMs } = forecast({
    history: { ...observed, values: rest },
    events: [],
    timeZone,
    // What is over needs no capacity, and a forecast from further back would not look at what was observed since.
    fromMs: Math.max(fromMs, observed.startMs + observed.values.length * observed.stepMs),
    untilMs,
    quantiles: [MEDIAN, UPPER],
  });
  const z = normalQuantile(UPPER);
  const most = rest.reduce<number>((a, b) => Math.max(a, b ?? 0), 0) * LARGEST_GROWTH;
  const bounded = (load: number) => Math.min(load, most);
  return {
    workload,
    market,
    hours: observed.values.filter((value) => value !== null).length,
    intensity,
    base: {
      startMs,
      mean: Float64Array.from(values, ([median = 0]) => bounded(median)),
      standardDeviation: Float64Array.from(
        values,
        ([median = 0, upper = median]) => (bounded(upper) - bounded(median)) / z,
      ),
    },
  };
}

/** Expected base demand and its spread in the hour that begins at `hourMs`; zero outside what was forecast. */
export function baseAt(
  { startMs, mean, standardDeviation }: BaseDemand,
  hourMs: number,
): { readonly mean: number; readonly standardDeviation: number } {
  const hour = Math.round((hourMs - startMs) / HOUR_MS);
  return { mean: mean[hour] ?? 0, standardDeviation: standardDeviation[hour] ?? 0 };
}
