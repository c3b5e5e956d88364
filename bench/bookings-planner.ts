import type { ResolvedBooking } from '../domain/booking.ts';
import { analyseDistribution } from '../domain/distribution.ts';
import type { Fleet } from '../domain/fleet.ts';
import { forecastSeries } from '../domain/forecast/series-forecast.ts';
import { holidayEvents } from '../domain/markets/holiday-events.ts';
import { calculateRequirements, stepWindows } from '../domain/requirements.ts';
import { DEMAND_PER_USER_DEVIATION } from '../domain/sizing/designed-demand.ts';
import { eventDemandAt } from '../domain/sizing/event-demand.ts';
import { type LearntDemand, learnDemand } from '../domain/sizing/learnt-demand.ts';
import type { HourlyLoad, VisibleBooking } from './bookings-truth/truth.ts';

const HOUR_MS = 3_600_000;

/** What is made ready is the quantile that coverage is scored for. */
const SERVED_PERCENT = 95;

/** What the product is told at an origin: nothing that is not known by then. */
export interface KnownThen {
  readonly bookings: readonly VisibleBooking[];
  /** Hourly readings of every workload and market up to the origin. */
  readonly observations: readonly HourlyLoad[];
  readonly markets: readonly { readonly id: string; readonly timeZone: string }[];
  /** The origin, and the end of what is planned. */
  readonly fromMs: number;
  readonly untilMs: number;
}

/** What the product makes ready, and what it expects, by hour. */
export interface PlannedLoad extends HourlyLoad {
  readonly values: readonly number[];
  readonly mean: readonly number[];
}

/** What the fleet's owner assumes of demand; near the truth and not equal to it. */
export const ASSUMED: Pick<Fleet, 'workloads' | 'demandModel'> = {
  workloads: [
    { id: 'api', unit: 'requests', demandPerUser: 0.5 },
    { id: 'uploads', unit: 'uploads', demandPerUser: 0.05 },
    { id: 'gallery', unit: 'requests', demandPerUser: 0.2 },
    { id: 'live-stream', unit: 'streams', demandPerUser: 1, liveStreamOnly: true },
  ],
  demandModel: {
    weddingsPerBooking: 1,
    usersPerGuest: 0.2,
    viewersPerGuest: 0.35,
    tierFactor: { standard: 1, premium: 1.25 },
  },
};

/** Phases 1 and 2 as a run performs them. The one place of the bench that knows their signatures. */
export async function planned(known: KnownThen): Promise<readonly PlannedLoad[]> {
  const { fromMs, untilMs, bookings, markets } = known;
  const distribution = await analyseDistribution(resolved(bookings), {
    fromMs,
    untilMs,
    markets: markets.map(({ id }) => id),
    demandModel: ASSUMED.demandModel,
  });
  const spans = stepWindows(fromMs, untilMs, Number.POSITIVE_INFINITY);
  const learnt = await learntFrom(known);
  const knowledge = { utilizationPercent: 100, servedPercent: SERVED_PERCENT, learnt };
  const requirements = calculateRequirements(distribution, spans, ASSUMED, {}, [], knowledge);
  return ASSUMED.workloads.flatMap(({ id: workload }) =>
    markets.map(({ id: market }) => {
      const demand = requirements.demands.find((one) => one.workload === workload && one.market === market);
      const hoursMs = requirements.steps[0]?.hoursMs ?? [];
      const index = new Map(hoursMs.map((hour, at) => [hour, at]));
      const everyHour = (values: readonly number[] = []) =>
        Array.from({ length: (untilMs - fromMs) / HOUR_MS }, (_, hour) => {
          return values[index.get(fromMs + hour * HOUR_MS) ?? -1] ?? 0;
        });
      const [values, mean] = [everyHour(demand?.demandByHour), everyHour(demand?.meanByHour)];
      return { workload, market, fromMs, values, mean };
    }),
  );
}

/** What phase 2 learns from the readings, as activities/planner/learning.ts does from those of the store. */
async function learntFrom(known: KnownThen): Promise<readonly LearntDemand[]> {
  const { fromMs, untilMs, bookings, markets, observations } = known;
  const firstMs = observations.reduce((first, series) => Math.min(first, series.fromMs), fromMs);
  const past = await analyseDistribution(resolved(bookings), {
    fromMs: firstMs,
    untilMs: fromMs,
    markets: markets.map(({ id }) => id),
    demandModel: { ...ASSUMED.demandModel, bookingCurve: 'none' },
  });
  const holidays = new Map(
    await Promise.all(
      markets.map(async (market) => [market.id, await holidayEvents(market, firstMs, untilMs)] as const),
    ),
  );
  return observations.flatMap(({ workload: id, market, fromMs: startMs, values }) => {
    const workload = ASSUMED.workloads.find((candidate) => candidate.id === id);
    const timeZone = markets.find((candidate) => candidate.id === market)?.timeZone;
    if (!workload || timeZone === undefined || values.length === 0) return [];
    const observed = { startMs, stepMs: HOUR_MS, values };
    const expected = eventDemandAt(past, workload, market, observed);
    const events = holidays.get(market) ?? [];
    const history = { workload: id, market, timeZone, observed, expected, fromMs, untilMs, events };
    return [learnDemand({ ...history, deviation: DEMAND_PER_USER_DEVIATION }, forecastSeries)];
  });
}

/** Bookings as the store hands them to phase 1, one by one. */
export function* resolved(bookings: Iterable<VisibleBooking>): Generator<ResolvedBooking> {
  for (const booking of bookings) yield { ...booking, place: '' };
}
