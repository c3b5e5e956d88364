import { localClock } from '../../domain/forecast/local-time.ts';
import type { BenchSeries } from './series-file.ts';

const DAY_MS = 86_400_000;

/** Share of a series that methods may be tuned on; the rest is scored. */
export const TUNING_SHARE = 0.4;
/** Days ahead of one origin where a step is a day; below that it is one day. */
const DAILY_HORIZON_DAYS = 7;
/** Origins before this many days have nothing to learn from; they are neither tuned on nor scored. */
const WARM_UP_DAYS = 14;

/** One origin: what is before index `from` is known, `from` up to `until` is forecast. */
export interface Origin {
  readonly from: number;
  readonly until: number;
}

/** Origins of a series, in time order. */
export interface Origins {
  /** All within the first {@link TUNING_SHARE}. */
  readonly tuning: readonly Origin[];
  readonly scored: readonly Origin[];
  readonly horizonDays: number;
}

/** An origin at every local midnight for a day ahead; for daily series every seven days for seven. */
export function originsOf({ load, timeZone }: BenchSeries): Origins {
  const { startMs, stepMs, values } = load;
  const clock = localClock(startMs, startMs + stepMs * values.length, timeZone);
  const daily = stepMs >= DAY_MS;
  const day = (i: number) =>
    Math.floor((daily ? startMs + i * stepMs : clock(startMs + i * stepMs)) / DAY_MS);
  const starts = values.map((_, i) => i).filter((i) => i > 0 && day(i) !== day(i - 1));
  const every = daily ? Math.max(1, Math.round((DAILY_HORIZON_DAYS * DAY_MS) / stepMs)) : 1;
  const kept = starts.filter((i, at) => at % every === 0 && (i * stepMs) / DAY_MS >= WARM_UP_DAYS);
  const origins = kept.map((from, at) => ({ from, until: kept[at + 1] ?? values.length }));
  const cut = values.length * TUNING_SHARE;
  return {
    tuning: origins.filter((origin) => origin.until <= cut),
    scored: origins.filter((origin) => origin.from >= cut),
    horizonDays: daily ? DAILY_HORIZON_DAYS : 1,
  };
}
