import type { AllocationInput } from '../domain/allocation.ts';
import type { Fleet, Market, ScalingTarget, Workload } from '../domain/fleet.ts';
import type { Distribution, Requirements } from '../domain/plan.ts';
import { PROVIDERS } from '../domain/providers.ts';
import { stepWindows } from '../domain/requirements.ts';
import { parseRunRequest } from '../domain/schemas/run-request.ts';
import { mulberry32 } from './bookings-truth/random.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** A Monday at midnight UTC. */
const FROM_MS = Date.UTC(2027, 4, 31);

/** Where a market's data may be, and how far its clock is from UTC, in hours. */
const AREAS = [
  { area: 'europe', markets: 8, offsetHours: [0, 1, 2] },
  { area: 'america', markets: 6, offsetHours: [-8, -6, -5, -3] },
  { area: 'asia', markets: 6, offsetHours: [5.5, 7, 8, 9, 10] },
] as const;

/** Share of a wedding's users by hour from two before it begins; of the generator and of nothing else. */
const EVENING = [0.2, 0.5, 0.9, 1, 0.95, 0.8, 0.9, 0.9, 0.6, 0.3];

/** What one world is made of. */
export interface WorldOptions {
  /** Provider × region. */
  readonly cells: number;
  readonly workloads: number;
  readonly seed: number;
  /** Of a fortnight each. */
  readonly steps: number;
  readonly performanceRequirements?: Readonly<Record<string, unknown>>;
}

/**
 * A fleet with a target of every workload in every cell, and a season of weddings on it: three areas of residency,
 * a third of the markets bound to half of their area's regions, weekends that peak in local evenings, prices that
 * differ by up to 40 per cent between cells, units of four sizes. The same seed gives the same world.
 */
export function allocationWorld(options: WorldOptions): AllocationInput {
  const random = mulberry32(options.seed);
  const cells = cellsOf(options.cells, random);
  const markets = marketsIn(cells, random);
  const workloads = Array.from({ length: options.workloads }, (_, index): Workload => {
    return { id: `w${String(index).padStart(2, '0')}`, unit: 'requests', demandPerUser: 0.2 + random() };
  });
  const users = new Map(
    markets.map((market) => [market.id, ((2_000 + 18_000 * random() ** 2) * options.cells) / 25]),
  );
  const targets = workloads.flatMap((workload) =>
    cells.map((cell) => targetIn(cell, workload, markets, random)),
  );
  const fleet: Fleet = {
    name: 'bench',
    priceDate: '2027-01-01',
    markets: markets.map(({ area: _area, offsetHours: _offset, ...market }) => market),
    workloads,
    demandModel: { weddingsPerBooking: 1, usersPerGuest: 1, viewersPerGuest: 0, tierFactor: {} },
    targets,
    recordSets: [],
  };
  const untilMs = FROM_MS + options.steps * 14 * DAY_MS;
  const distribution = seasonOf(markets, users, untilMs, random);
  return { ...inputOf(fleet, distribution, options), fleet };
}

interface Cell {
  readonly provider: (typeof PROVIDERS)[number];
  readonly area: string;
  readonly region: string;
  readonly priceFactor: number;
}

function cellsOf(count: number, random: () => number): readonly Cell[] {
  return Array.from({ length: count }, (_, index) => {
    const { area } = AREAS[index % AREAS.length] ?? AREAS[0];
    const provider = PROVIDERS[Math.floor(index / AREAS.length) % PROVIDERS.length] ?? 'aws';
    return { provider, area, region: `${area}-${index}`, priceFactor: 0.85 + 0.35 * random() };
  });
}

type PlacedMarket = Market & { readonly area: string; readonly offsetHours: number };

function marketsIn(cells: readonly Cell[], random: () => number): readonly PlacedMarket[] {
  return AREAS.flatMap(({ area, markets, offsetHours }) => {
    const regions = cells.filter((cell) => cell.area === area).map(({ region }) => region);
    return Array.from({ length: markets }, (_, index): PlacedMarket => {
      const bound = index % 3 === 0 && regions.length >= 2 * PROVIDERS.length;
      const allowedRegions = bound
        ? regions.filter((_region, place) => (Math.floor(place / PROVIDERS.length) + index) % 2 === 0)
        : regions;
      const offset = offsetHours[Math.floor(random() * offsetHours.length)] ?? 0;
      const id = `${area}-m${index}`;
      return { id, name: id, timeZone: 'UTC', allowedRegions, area, offsetHours: offset };
    });
  });
}

const SERVICE = { aws: 'aws.ecs', gcp: 'gcp.mig', azure: 'azure.aks', kubernetes: 'kubernetes.hpa' } as const;
const SIZES = [40, 80, 160, 320];

function targetIn(
  cell: Cell,
  workload: Workload,
  markets: readonly PlacedMarket[],
  random: () => number,
): ScalingTarget {
  const capacityPerUnit = SIZES[Math.floor(random() * SIZES.length)] ?? 80;
  const id = `${cell.provider}/${cell.region}/${workload.id}`;
  return {
    id,
    service: SERVICE[cell.provider],
    region: cell.region,
    reference: { name: id },
    workload: workload.id,
    markets: markets.filter(({ area }) => area === cell.area).map((market) => market.id),
    capacityPerUnit,
    // About six times what is needed, where demand grows with the number of cells.
    maximumUnits: Math.ceil((30_000 / capacityPerUnit) * (0.5 + random())) + 2,
    hourlyUsdPerUnit: Math.round(capacityPerUnit * cell.priceFactor * (0.9 + 0.2 * random()) * 10) / 10_000,
    critical: false,
    requiresStabilization: false,
    leadTimeMinutes: 10,
    loadSource: { kind: 'observations' },
    autoscaled: true,
    baselineUnits: random() < 0.5 ? 1 : 2,
  };
}

/** Users by market and hour: Friday to Sunday, most on Saturday, another height every week. */
function seasonOf(
  markets: readonly PlacedMarket[],
  users: ReadonlyMap<string, number>,
  untilMs: number,
  random: () => number,
): Distribution {
  const hoursMs = Array.from(
    { length: (untilMs - FROM_MS) / HOUR_MS },
    (_, hour) => FROM_MS + hour * HOUR_MS,
  );
  const weeks = Math.ceil((untilMs - FROM_MS) / (7 * DAY_MS)) + 1;
  const dayShare: Readonly<Record<number, number>> = { 4: 0.5, 5: 1, 6: 0.6 };
  const counted = markets.map((market) => {
    const heights = Array.from({ length: weeks }, () => (users.get(market.id) ?? 0) * (0.5 + 0.5 * random()));
    const byHour = hoursMs.map((atMs) => {
      const localMs = atMs - FROM_MS + market.offsetHours * HOUR_MS;
      const day = Math.floor(localMs / DAY_MS);
      const hour = Math.floor((localMs - day * DAY_MS) / HOUR_MS);
      const part = dayShare[((day % 7) + 7) % 7] ?? 0;
      const height = heights[Math.floor((day + 7) / 7)] ?? 0;
      return height * part * (EVENING[hour - 13] ?? 0.02) * (0.95 + 0.1 * random());
    });
    const none = byHour.map(() => 0);
    return {
      market: market.id,
      bookings: 1,
      guests: 1,
      bookingsToCome: 0,
      users: byHour,
      bookedUsers: byHour,
      usersVariance: none,
      usersByPhase: { preparation: none, ceremony: none, party: byHour, dayAfter: none },
      sharedSpread: 0,
      liveStreamUsers: none,
      bookedLiveStreamUsers: none,
      liveStreamUsersVariance: none,
      bookingsByHour: byHour.map(() => 1),
      weddingsByDay: {},
      zones: [],
    };
  });
  return { fromMs: FROM_MS, untilMs, hoursMs, markets: counted, skippedBookings: 0, faults: [] };
}

function inputOf(
  fleet: Fleet,
  distribution: Distribution,
  { performanceRequirements = {} }: WorldOptions,
): Omit<AllocationInput, 'fleet'> {
  const nowMs = FROM_MS - DAY_MS;
  const local = (atMs: number) => new Date(atMs).toISOString().slice(0, 16);
  const season = {
    id: 'bench',
    name: 'bench',
    startsAt: local(distribution.fromMs),
    endsAt: local(distribution.untilMs),
    timeZone: 'UTC',
    markets: fleet.markets.map(({ id }) => id),
    stepDays: 14,
  };
  const body = {
    season,
    performanceRequirements: { maximumProviderSharePercent: 60, ...performanceRequirements },
  };
  const parsed = parseRunRequest('season', body, { fleet, nowServiceMs: nowMs });
  if (!parsed.ok) throw new Error(`the bench's own request is refused: ${JSON.stringify(parsed.faults)}`);
  const steps = stepWindows(distribution.fromMs, distribution.untilMs, 14);
  const live = Object.fromEntries(
    fleet.targets.map(({ id, baselineUnits }) => [
      id,
      { floorUnits: baselineUnits, servingUnits: baselineUnits },
    ]),
  );
  return {
    distribution,
    requirements: requirementsOf(distribution, steps, fleet, live),
    settings: parsed.request,
    markets: season.markets,
    inputs: { request: '', bookings: '', fleet: '', prices: '' },
    nowMs,
  };
}

/** Users × what a user causes: the bench is about the allocation, not about what is asked of it. */
function requirementsOf(
  { hoursMs, markets }: Distribution,
  spans: ReturnType<typeof stepWindows>,
  fleet: Fleet,
  live: Requirements['live'],
): Requirements {
  const steps = spans.map((span) => ({
    ...span,
    hoursMs: hoursMs.filter((hour) => hour >= span.fromMs && hour < span.untilMs),
  }));
  const demands = steps.flatMap((step) =>
    fleet.workloads.flatMap((workload) =>
      markets.map(({ market, users }) => {
        const first = hoursMs.indexOf(step.hoursMs[0] ?? 0);
        const demandByHour = step.hoursMs.map(
          (_, hour) => (users[first + hour] ?? 0) * workload.demandPerUser,
        );
        const peakDemand = demandByHour.reduce((a, b) => Math.max(a, b), 0);
        const peakAtMs = step.hoursMs[demandByHour.indexOf(peakDemand)] ?? step.fromMs;
        const peakUsers = peakDemand / workload.demandPerUser;
        return {
          step: step.step,
          workload: workload.id,
          market,
          peakDemand,
          peakAtMs,
          peakUsers,
          pastSeasonFactor: 1,
          demandByHour,
        };
      }),
    ),
  );
  return { steps, demands, live, pastSeasons: [] };
}
