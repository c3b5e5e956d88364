import { EVENT_AFTER_MS, EVENT_BEFORE_MS } from '../../domain/distribution/wedding-shape.ts';
import { analyseDistribution } from '../../domain/distribution.ts';
import type { Fleet } from '../../domain/fleet.ts';
import { holidayEvents } from '../../domain/markets/holiday-events.ts';
import type { Distribution } from '../../domain/plan.ts';
import { DEMAND_PER_USER_DEVIATION } from '../../domain/sizing/designed-demand.ts';
import { eventDemandAt } from '../../domain/sizing/event-demand.ts';
import type { DemandHistory, LearntDemand } from '../../domain/sizing/learnt-demand.ts';
import { readBookingsBetween } from '../../store/bookings.ts';
import { demandByHour, observedSeries } from '../../store/demand-observations.ts';
import { type ActivityDependencies, serviceNowMs } from '../dependencies.ts';
import { inPlannerThread } from './planner-pool.ts';

const HOUR_MS = 3_600_000;

/** A year and the weeks around its end, so that every season was seen once. */
const LOOK_BACK_MS = 400 * 24 * HOUR_MS;

/** Forecasts in hand at a time: as many as keep the threads busy, so that memory stays flat. */
const AT_A_TIME = 4;

/**
 * What observations of demand taught of every workload and market of the fleet that was ever observed, for the window
 * of a distribution. Only what was observed before now is learnt from; nothing is written.
 */
export async function learnFromObservations(
  deps: ActivityDependencies,
  fleet: Fleet,
  { fromMs, untilMs }: Distribution,
  stop: AbortSignal,
): Promise<readonly LearntDemand[]> {
  const nowMs = serviceNowMs(deps);
  const sinceMs = nowMs - LOOK_BACK_MS;
  const series = (await observedSeries(deps.db, sinceMs, nowMs)).flatMap(({ workload, market }) => {
    const known = fleet.workloads.find(({ id }) => id === workload);
    const served = fleet.markets.find(({ id }) => id === market);
    return known && served ? [{ workload: known, market: served }] : [];
  });
  if (series.length === 0) return [];
  const past = await pastDistribution(deps, fleet, sinceMs, nowMs);
  const window = {
    fromMs: Math.floor(fromMs / HOUR_MS) * HOUR_MS,
    untilMs: Math.ceil(untilMs / HOUR_MS) * HOUR_MS,
  };
  const learnt: LearntDemand[] = [];
  for (let start = 0; start < series.length; start += AT_A_TIME) {
    const group = series.slice(start, start + AT_A_TIME).map(async ({ workload, market }) => {
      const pair = { workload: workload.id, market: market.id };
      const observed = await demandByHour(deps.db, pair, sinceMs, nowMs);
      const history: DemandHistory = {
        ...pair,
        timeZone: market.timeZone,
        observed,
        expected: eventDemandAt(past, workload, market.id, observed),
        deviation: fleet.demandModel.demandPerUserDeviation ?? DEMAND_PER_USER_DEVIATION,
        ...window,
        events: await holidayEvents(market, observed.startMs, window.untilMs),
      };
      return inPlannerThread('learn', history, stop);
    });
    learnt.push(...(await Promise.all(group)));
  }
  return learnt;
}

/** Users of the weddings that were, counted as those to come are; nobody books for the past any more. */
async function pastDistribution(
  { db }: ActivityDependencies,
  { markets, demandModel }: Fleet,
  fromMs: number,
  untilMs: number,
): Promise<Distribution> {
  const bookings = readBookingsBetween(db, fromMs - EVENT_AFTER_MS, untilMs + EVENT_BEFORE_MS);
  const inHand = { ...demandModel, bookingCurve: 'none' } as const;
  return analyseDistribution(bookings, { fromMs, untilMs, markets, demandModel: inHand });
}
