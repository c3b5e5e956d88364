import type {
  CalendarEvent,
  ForecastInput,
  LoadHistory,
  SeriesForecast,
} from '../forecast/series-forecast.ts';
import { normalQuantile } from '../normal-distribution.ts';
import { type Intensity, learnIntensity } from './intensity.ts';

const HOUR_MS = 3_600_000;

/** The middle, and where the spread is read from: sizing asks for quantiles near it. */
const MEDIAN = 0.5;
const UPPER = 0.95;

/** The hours with the fewest weddings say whether there is any base: this part of all, and at least two weeks of them. */
const QUIET_SHARE = 0.1;
const FEWEST_QUIET_HOURS = 336;
/** Less than this part of the mean load is none, and this part of the quiet hours may have more. */
const SILENT_SHARE = 0.01;
const LOUD_SHARE = 0.1;
/** What weddings cause may be so many times what was expected of them. */
const EXPECTED_FACTOR = 2;

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
  /** Holidays of the market, past and to come. Default none. */
  readonly events?: readonly CalendarEvent[];
}

/**
 * Parts observed demand into what weddings caused and the base: the intensity first, then the rest of every hour,
 * not below zero, whose course is forecast over the window. There is no base where hours without weddings are silent.
 * A base has median for mean and its spread from the 0.95 quantile.
 */
export function learnDemand(history: DemandHistory, forecast: SeriesForecaster): LearntDemand {
  const { workload, market, timeZone, observed, expected, deviation, fromMs, untilMs } = history;
  const intensity = learnIntensity(observed.values, expected, deviation);
  const rest = observed.values.map((value, hour) =>
    value === null ? null : Math.max(0, value - intensity.factor * (expected[hour] ?? 0)),
  );
  // What is left of weddings alone is how far they were from what was expected, and that is in their own variance.
  if (weddingsAlone(observed.values, expected)) {
    const nothing = { startMs: fromMs, mean: new Float64Array(), standardDeviation: new Float64Array() };
    return { workload, market, hours: seen(observed), intensity, base: nothing };
  }
  const endMs = observed.startMs + observed.values.length * observed.stepMs;
  const { values, startMs } = forecast({
    history: { ...observed, values: rest },
    events: history.events ?? [],
    timeZone,
    // From where observations end, though the window may begin much later: the season turns and certainty fades between.
    fromMs: endMs,
    untilMs: Math.max(untilMs, endMs),
    quantiles: [MEDIAN, UPPER],
  });
  const z = normalQuantile(UPPER);
  return {
    workload,
    market,
    hours: seen(observed),
    intensity,
    base: {
      startMs,
      mean: Float64Array.from(values, ([median = 0]) => median),
      standardDeviation: Float64Array.from(values, ([median = 0, upper = median]) => (upper - median) / z),
    },
  };
}

function seen({ values }: LoadHistory): number {
  return values.filter((value) => value !== null).length;
}

/** Whether nobody but weddings loads the workload: hours with the fewest of them are silent but for what those cause. */
function weddingsAlone(observed: LoadHistory['values'], expected: readonly number[]): boolean {
  const hours = observed
    .flatMap((load, hour) => (load === null ? [] : [{ load, expected: expected[hour] ?? 0 }]))
    .toSorted((a, b) => a.expected - b.expected);
  const quiet = hours.slice(0, Math.max(FEWEST_QUIET_HOURS, hours.length * QUIET_SHARE));
  if (quiet.length < FEWEST_QUIET_HOURS) return false;
  const silence = (SILENT_SHARE * hours.reduce((sum, { load }) => sum + load, 0)) / hours.length;
  const loud = quiet.filter((one) => one.load > silence + EXPECTED_FACTOR * one.expected);
  return loud.length <= quiet.length * LOUD_SHARE;
}

/** Expected base demand and its spread in the hour that begins at `hourMs`; zero outside what was forecast. */
export function baseAt(
  { startMs, mean, standardDeviation }: BaseDemand,
  hourMs: number,
): { readonly mean: number; readonly standardDeviation: number } {
  const hour = Math.round((hourMs - startMs) / HOUR_MS);
  return { mean: mean[hour] ?? 0, standardDeviation: standardDeviation[hour] ?? 0 };
}
