import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type KnownThen, planned } from './bookings-planner.ts';
import { equalCostFactor, type ScoredHour, scoresOf } from './bookings-scores.ts';
import { bookingsInHand, lastYearsWeek } from './bookings-simple-methods.ts';
import {
  bookingsAt,
  type HourlyLoad,
  makeTruth,
  observationsBefore,
  type Truth,
  trueLoads,
} from './bookings-truth/truth.ts';
import type { Bench } from './registry.ts';

const HOUR_MS = 3_600_000;
const WEEK_MS = 168 * HOUR_MS;
const FIRST_MS = Date.UTC(2024, 5, 3);
const SEEDS = [1, 2, 3] as const;
/** Weeks after the first at which the season is planned: each with more than a year behind it. */
const ORIGIN_WEEKS = [56, 60, 64, 68] as const;
const HORIZON_WEEKS = 4;
const STREAMED = [100_000, 1_000_000] as const;

type Method = (known: KnownThen) => Promise<readonly HourlyLoad[]> | readonly HourlyLoad[];

const METHODS: Readonly<Record<string, Method>> = {
  wedsync: planned,
  'bookings-in-hand': bookingsInHand,
  'last-years-week': lastYearsWeek,
};

/** Hours by `method`, `market` and `workload`. */
interface Scored extends ScoredHour {
  readonly method: string;
  readonly market: string;
  readonly workload: string;
}

/**
 * Phases 1 and 2 against bookings whose every wedding is known, beside what bookings in hand and what last year say: a
 * row per market and method, and one over all (`series`). `br` is the market never seen before. Then what it takes to
 * stream so many bookings through phase 1, in a process of its own.
 */
export const benchBookings: Bench = async (say) => {
  const hours: Scored[] = [];
  const seconds = new Map<string, number>();
  for (const seed of SEEDS) {
    say(`seed ${seed}: ${ORIGIN_WEEKS.length} origins, ${HORIZON_WEEKS} weeks each`);
    const truth = makeTruth({ seed, fromMs: FIRST_MS, weeks: Math.max(...ORIGIN_WEEKS) + HORIZON_WEEKS });
    for (const week of ORIGIN_WEEKS)
      hours.push(...(await scoredAt(truth, FIRST_MS + week * WEEK_MS, seconds)));
  }
  const series = ['all', ...new Set(hours.map(({ market }) => market))];
  const rows = series.flatMap((name) => seriesRows(name, hours, seconds));
  return [...rows, ...STREAMED.map((count) => streamed(count))];
};

async function scoredAt(
  truth: Truth,
  fromMs: number,
  seconds: Map<string, number>,
): Promise<readonly Scored[]> {
  const untilMs = fromMs + HORIZON_WEEKS * WEEK_MS;
  const bookings = bookingsAt(truth, fromMs);
  const observations = observationsBefore(truth, fromMs);
  const known: KnownThen = { bookings, observations, markets: truth.markets, fromMs, untilMs };
  const loads = trueLoads(truth, fromMs, untilMs);
  const found: Scored[] = [];
  for (const [method, predict] of Object.entries(METHODS)) {
    const begun = performance.now();
    const ready = await predict(known);
    seconds.set(method, (seconds.get(method) ?? 0) + (performance.now() - begun) / 1_000);
    for (const { workload, market, values } of loads)
      found.push(...hoursOf({ method, workload, market, values }, ready, truth, fromMs));
  }
  return found;
}

function hoursOf(
  { method, workload, market, values }: Omit<HourlyLoad, 'fromMs'> & { readonly method: string },
  ready: readonly HourlyLoad[],
  truth: Truth,
  fromMs: number,
): readonly Scored[] {
  const own = ready.find((one) => one.workload === workload && one.market === market);
  const events = truth.loads.find((one) => one.workload === workload && one.market === market)?.events;
  const first = (fromMs - truth.fromMs) / HOUR_MS;
  return values.map((load, hour) => ({
    method,
    workload,
    market,
    ready: own?.values[hour] ?? 0,
    load: load ?? 0,
    eventLoad: events?.[first + hour] ?? 0,
  }));
}

function seriesRows(name: string, all: readonly Scored[], seconds: ReadonlyMap<string, number>) {
  const hours = name === 'all' ? all : all.filter(({ market }) => market === name);
  const byMethod = Map.groupBy(hours, ({ method }) => method);
  return [...byMethod].map(([method, own]) => {
    const groups = [...Map.groupBy(own, ({ workload }) => workload).values()].map((group) => ({
      hours: group,
      costFactor: equalCostFactor(group),
    }));
    const taken = Math.round((seconds.get(method) ?? 0) * 100) / 100;
    return { series: name, method, ...scoresOf(groups), seconds: taken };
  });
}

/** Peak memory of a process that does nothing else. */
function streamed(count: number): Readonly<Record<string, unknown>> {
  const script = fileURLToPath(new URL('./bookings-stream.ts', import.meta.url));
  return JSON.parse(execFileSync(process.execPath, [script, String(count)], { encoding: 'utf8' })) as Record<
    string,
    unknown
  >;
}
