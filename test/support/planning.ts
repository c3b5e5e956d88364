import type { NetworkFacts } from '../../domain/allocation/network.ts';
import { type Allocation, type AllocationInput, allocate } from '../../domain/allocation.ts';
import type { ResolvedBooking } from '../../domain/booking.ts';
import { analyseDistribution } from '../../domain/distribution.ts';
import type { Fleet, ScalingTarget } from '../../domain/fleet.ts';
import type { MarketDistribution, PlanContent, Requirements } from '../../domain/plan.ts';
import type { QuotaReadings } from '../../domain/quota.ts';
import { calculateRequirements, stepWindows } from '../../domain/requirements.ts';
import { seasonRequestSchema } from '../../domain/schemas/season-request.ts';
import type { RunSettings } from '../../domain/season.ts';
import { solveHere } from './solver.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** A Monday at noon UTC, before the window of {@link planOf}. */
export const NOW_MS = Date.UTC(2027, 4, 31, 12);

/** A target of workload `api` with 100 requests/s per unit, changed as said. */
export function target(changes: Partial<ScalingTarget> & Pick<ScalingTarget, 'id'>): ScalingTarget {
  return {
    service: 'aws.ecs',
    region: 'r1',
    reference: { cluster: 'weddings', service: changes.id },
    workload: 'api',
    markets: ['a'],
    capacityPerUnit: 100,
    maximumUnits: 1_000,
    hourlyUsdPerUnit: 0.1,
    critical: false,
    requiresStabilization: false,
    leadTimeMinutes: 10,
    loadSource: { kind: 'observations' },
    autoscaled: true,
    baselineUnits: 0,
    ...changes,
  };
}

/** A fleet of markets `a` and `b`, both allowed in `r1` and `r2`; one user per guest and one request/s per user. */
export function fleetOf(targets: readonly ScalingTarget[], changes: Partial<Fleet> = {}): Fleet {
  const market = (id: string) => ({ id, name: id, timeZone: 'UTC', allowedRegions: ['r1', 'r2'] });
  return {
    name: 'test',
    priceDate: '2027-01-01',
    markets: [market('a'), market('b')],
    workloads: [{ id: 'api', unit: 'requests', demandPerUser: 1 }],
    demandModel: {
      ...{ weddingsPerBooking: 1, usersPerGuest: 1, viewersPerGuest: 0, tierFactor: {} },
      // Bookings in hand are all there is, so that a test's figures can be followed by head.
      ...{ bookingCurve: 'none', turnoutSpread: 0 },
    },
    targets,
    recordSets: [],
    ...changes,
  };
}

/** A market's distribution with nothing uncertain and all its users at the ceremony, changed as said. */
export function marketOf(
  changes: Partial<MarketDistribution> & Pick<MarketDistribution, 'market' | 'users'>,
): MarketDistribution {
  const { users } = changes;
  const none = users.map(() => 0);
  return {
    bookings: 1,
    guests: 1,
    bookingsToCome: 0,
    bookedUsers: users,
    usersVariance: none,
    usersByPhase: { preparation: none, ceremony: users, party: none, dayAfter: none },
    sharedSpread: 0,
    liveStreamUsers: none,
    bookedLiveStreamUsers: none,
    liveStreamUsersVariance: none,
    bookingsByHour: users.map(() => 1),
    weddingsByDay: {},
    zones: [],
    ...changes,
  };
}

/** A booking of 100 guests in market `a`, two days after {@link NOW_MS}, changed as said. */
export function booking(changes: Partial<ResolvedBooking> & Pick<ResolvedBooking, 'id'>): ResolvedBooking {
  const startsAtMs = changes.startsAtMs ?? NOW_MS + 2 * DAY_MS;
  return {
    market: 'a',
    place: '',
    timeZone: 'UTC',
    startsAt: new Date(startsAtMs).toISOString().slice(0, 16),
    startsAtMs,
    guests: 100,
    tier: 'standard',
    liveStream: false,
    ...changes,
  };
}

/** Bookings that all begin at once, with so many guests in each market. */
export function bookingsOf(guests: Readonly<Record<string, number>>): readonly ResolvedBooking[] {
  return Object.entries(guests).map(([market, count]) => booking({ id: market, market, guests: count }));
}

/** Settings after defaults. */
export function settingsOf(changes: Readonly<Record<string, unknown>> = {}): RunSettings {
  const season = {
    id: 's',
    name: 's',
    startsAt: '2027-06-01T00:00',
    endsAt: '2027-06-08T00:00',
    timeZone: 'UTC',
    markets: ['a'],
  };
  return seasonRequestSchema.parse({ season, ...changes }) as RunSettings;
}

/** What {@link planOf} plans from, beyond the fleet; each has a plain default. */
export interface Planning {
  readonly bookings?: Iterable<ResolvedBooking>;
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly markets?: readonly string[];
  /** Floor in units by target id; a target not named has its baseline. */
  readonly live?: Readonly<Record<string, number>>;
  readonly fromMs?: number;
  readonly untilMs?: number;
  readonly stepDays?: number;
  readonly nowMs?: number;
  readonly quotas?: QuotaReadings;
  /** Default: nothing is known of networks. */
  readonly network?: NetworkFacts;
}

/** Phases 1 to 3 in one go; utilization is 100 % unless the settings say otherwise. */
export async function planOf(fleet: Fleet, planning: Planning = {}): Promise<Allocation> {
  return allocate(await inputOf(fleet, planning), solveHere);
}

/** What phase 3 decides from; see {@link planOf}. */
export async function inputOf(fleet: Fleet, planning: Planning = {}): Promise<AllocationInput> {
  const { bookings = bookingsOf({ a: 1_000 }), settings = {}, markets = ['a', 'b'], live = {} } = planning;
  const { nowMs = NOW_MS, fromMs = NOW_MS + 12 * HOUR_MS, stepDays = 7 } = planning;
  const { untilMs = fromMs + 7 * DAY_MS } = planning;
  const distribution = await analyseDistribution(bookings, {
    fromMs,
    untilMs,
    markets: fleet.markets,
    demandModel: fleet.demandModel,
  });
  const states: Requirements['live'] = Object.fromEntries(
    fleet.targets.map(({ id, baselineUnits }) => {
      const units = live[id] ?? baselineUnits;
      return [id, { floorUnits: units, servingUnits: units }];
    }),
  );
  const steps = stepWindows(fromMs, untilMs, stepDays);
  const asked = settingsOf({ performanceTargets: { utilizationPercent: 100 }, ...settings });
  // Without a quantile asked for, the mean: plans are to be followed by eye.
  const knowledge = { servedPercent: 50, ...asked.performanceTargets, learnt: [] };
  return {
    distribution,
    requirements: {
      ...calculateRequirements(distribution, steps, fleet, states, [], knowledge),
      ...(planning.quotas && { quotas: planning.quotas }),
    },
    fleet,
    settings: asked,
    markets,
    inputs: { request: 'r', bookings: 'b', fleet: 'f', prices: 'p' },
    nowMs,
    ...(planning.network && { network: planning.network }),
  };
}

/** The plan itself. @throws Error with what stands in its way. */
export async function contentOf(fleet: Fleet, planning: Planning = {}): Promise<PlanContent> {
  const outcome = await planOf(fleet, planning);
  if (outcome.status === 'planned') return outcome.content;
  throw new Error(outcome.infeasibilities.map((fault) => fault.message).join('\n'));
}

/** Need before rounding by target id; of the highest step where there are several. */
export async function needsOf(
  fleet: Fleet,
  planning: Planning = {},
): Promise<Readonly<Record<string, number>>> {
  const needs: Record<string, number> = {};
  for (const { targetId, needUnits } of (await contentOf(fleet, planning)).floors) {
    needs[targetId] = Math.max(needs[targetId] ?? 0, needUnits);
  }
  return needs;
}
