import { readFileSync, writeFileSync } from 'node:fs';
import { localToMs, resolveRelative } from '../domain/calendar.ts';
import { analyseDistribution } from '../domain/distribution.ts';
import type { Fleet, Market, RecordSet, ScalingTarget, Workload } from '../domain/fleet.ts';
import type { ProviderId } from '../domain/providers.ts';
import { calculateRequirements, stepWindows } from '../domain/requirements.ts';

/** Makes the samples from samples/sources; the same every time. Run: `node samples/generate.ts`. */

/** Weeks of bookings, counted from this one; a season of 28 days lies within them on any weekday. */
const WEEKS = 6;
/**
 * What the season's peak stands for, in concurrent users. It moves by a few per cent with the day the sample is
 * used on, because clocks change and Asia's week begins on Europe's Sunday: a million at least on every day.
 */
const PEAK_USERS = 1_070_000;
/** Any day will do: dates are relative. */
const SOME_DAY_MS = Date.UTC(2026, 10, 24, 10);
const DAY_MS = 86_400_000;

type Row = Readonly<Record<string, string>>;

/** Reads one of the source tables; fields in quotes may hold commas. */
function table(file: string): readonly Row[] {
  const text = readFileSync(new URL(`sources/${file}`, import.meta.url), 'utf8');
  const [head = '', ...lines] = text.trim().split('\n');
  const names = fields(head);
  return lines.map((line) =>
    Object.fromEntries(fields(line).map((value, index) => [names[index] ?? '', value])),
  );
}

function fields(line: string): readonly string[] {
  return [...line.matchAll(/(?:"([^"]*)"|([^,]*))(?:,|$)/g)]
    .slice(0, -1)
    .map((match) => match[1] ?? match[2] ?? '');
}

/** A small generator with a fixed seed (mulberry32). */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const WEEKDAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'] as const;

interface MarketSample {
  readonly id: string;
  readonly name: string;
  readonly timeZone: string;
  readonly area: 'eu' | 'us' | 'in' | 'jp';
  readonly bookings: number;
  readonly guests: readonly [least: number, most: number];
  readonly beginHour: number;
  readonly places: readonly string[];
}

const MARKETS: readonly MarketSample[] = [
  {
    id: 'fr',
    name: 'France',
    timeZone: 'Europe/Paris',
    area: 'eu',
    bookings: 1_500,
    guests: [50, 160],
    beginHour: 16,
    places: ['Paris', 'Lyon', 'Bordeaux', 'Nice'],
  },
  {
    id: 'gb',
    name: 'United Kingdom',
    timeZone: 'Europe/London',
    area: 'eu',
    bookings: 1_700,
    guests: [40, 150],
    beginHour: 14,
    places: ['London', 'Bath', 'York', 'Brighton'],
  },
  {
    id: 'ie',
    name: 'Ireland',
    timeZone: 'Europe/Dublin',
    area: 'eu',
    bookings: 450,
    guests: [60, 200],
    beginHour: 14,
    places: ['Dublin', 'Galway', 'Cork'],
  },
  {
    id: 'in',
    name: 'India',
    timeZone: 'Asia/Kolkata',
    area: 'in',
    bookings: 1_100,
    guests: [150, 600],
    beginHour: 19,
    places: ['Mumbai', 'Delhi', 'Jaipur', 'Udaipur'],
  },
  {
    id: 'jp',
    name: 'Japan',
    timeZone: 'Asia/Tokyo',
    area: 'jp',
    bookings: 650,
    guests: [30, 90],
    beginHour: 12,
    places: ['Tokyo', 'Kyoto', 'Osaka'],
  },
  {
    id: 'us',
    name: 'United States',
    timeZone: 'America/New_York',
    area: 'us',
    bookings: 1_600,
    guests: [60, 220],
    beginHour: 16,
    places: ['Boston', 'Charleston', 'Savannah', 'Newport'],
  },
];

const TIERS = [
  ['standard', 0.6],
  ['premium', 0.3],
  ['royal', 0.1],
] as const;

function pick<T>(next: () => number, options: readonly (readonly [T, number])[]): T {
  let left = next() * options.reduce((sum, [, weight]) => sum + weight, 0);
  for (const [option, weight] of options) {
    left -= weight;
    if (left <= 0) return option;
  }
  return (options.at(-1) as readonly [T, number])[0];
}

/** The Indian season began on a Thursday, and repeats after 23 days where the sample is longer. */
const AUSPICIOUS_BEGIN = WEEKDAYS.indexOf('Thu');
const AUSPICIOUS_DAYS = 23;

/** A day counted from the Monday of this week, the way relative dates have it. */
function dayOfWeeks(day: number): string {
  return `W+${Math.floor(day / 7)} ${WEEKDAYS[day % 7]}`;
}

/** Weeks in turn, and in each of them the weekdays by their shares: no week is fuller than another by chance. */
function weekdaysOf(market: MarketSample, next: () => number): ((index: number) => string) | null {
  const shares = table('weekday-shares.csv').find((row) => row.market === market.id);
  if (!shares) return null;
  const weekdays = WEEKDAYS.map((day) => [day, Number(shares[day.toLowerCase()])] as const);
  const perWeek = Math.ceil(market.bookings / WEEKS);
  return (index) => {
    const place = () => (Math.floor(index / WEEKS) + next()) / perWeek;
    return `W+${index % WEEKS} ${pick(place, weekdays)}`;
  };
}

function auspiciousDayOf(index: number): string {
  const auspicious = table('auspicious-days.csv').map((row) => Number(row.dayOfSeason));
  const days = Array.from({ length: WEEKS * 7 }, (_, day) => day).filter((day) =>
    auspicious.includes((day - AUSPICIOUS_BEGIN + AUSPICIOUS_DAYS) % AUSPICIOUS_DAYS),
  );
  return dayOfWeeks(days[index % days.length] ?? 0);
}

/**
 * Bookings of one market: by weekday of each week, or in India on the season's auspicious days. All hang on
 * weekdays, so that the markets' peaks meet in the same way whatever day the sample is used on.
 */
function bookingsOf(market: MarketSample, next: () => number): readonly Row[] {
  const dayOf = weekdaysOf(market, next) ?? auspiciousDayOf;
  return Array.from({ length: market.bookings }, (_, index) => {
    const hour = Math.max(9, Math.min(21, market.beginHour + Math.floor(next() * 4) - 1));
    const minute = next() < 0.5 ? '00' : '30';
    const [least, most] = market.guests;
    return {
      id: `${market.id}-${String(index + 1).padStart(5, '0')}`,
      market: market.id,
      place: market.places[Math.floor(next() * market.places.length)] ?? '',
      timeZone: market.timeZone,
      startsAt: `${dayOf(index)} ${String(hour).padStart(2, '0')}:${minute}`,
      guests: String(Math.round(least + next() ** 1.5 * (most - least))),
      tier: pick(next, TIERS),
      liveStream: String(next() < 0.35),
    };
  });
}

const WORKLOADS: readonly Workload[] = [
  { id: 'api', unit: 'requests', demandPerUser: 0.4 },
  { id: 'gallery', unit: 'requests', demandPerUser: 0.8 },
  { id: 'live-stream', unit: 'streams', demandPerUser: 1, liveStreamOnly: true },
  { id: 'uploads', unit: 'uploads', demandPerUser: 0.02 },
];

/** Demand one machine of about 2 vCPU and 8 GiB carries, in the workload's unit per second. */
const CAPACITY: Readonly<Record<string, number>> = {
  api: 900,
  gallery: 1_500,
  'live-stream': 400,
  uploads: 60,
};

/**
 * How well a provider's machines suit a workload, relative to {@link CAPACITY}; invented, and different enough
 * that every cell is the cheapest for something.
 */
const POWER: Readonly<Record<ProviderId, Readonly<Record<string, number>>>> = {
  aws: { api: 1.05, gallery: 1, 'live-stream': 1, uploads: 1.2 },
  azure: { api: 0.98, gallery: 1.2, 'live-stream': 0.98, uploads: 0.98 },
  gcp: { api: 1.04, gallery: 1.04, 'live-stream': 1.3, uploads: 1.04 },
  kubernetes: { api: 0.8, gallery: 0.7, 'live-stream': 0.7, uploads: 0.7 },
};

function powerOf({ provider }: CellSample, workload: string): number {
  return POWER[provider][workload] ?? 1;
}

interface CellSample {
  readonly provider: ProviderId;
  readonly region: string;
  readonly area: MarketSample['area'];
  readonly markets: readonly string[];
  readonly cluster?: string;
}

const CELLS: readonly CellSample[] = [
  { provider: 'aws', region: 'eu-west-1', area: 'eu', markets: ['gb', 'ie'] },
  { provider: 'aws', region: 'us-east-1', area: 'us', markets: ['us'] },
  { provider: 'aws', region: 'ap-south-1', area: 'in', markets: ['in'] },
  { provider: 'aws', region: 'ap-northeast-1', area: 'jp', markets: ['jp'] },
  { provider: 'azure', region: 'westeurope', area: 'eu', markets: ['fr', 'gb'] },
  { provider: 'azure', region: 'eastus', area: 'us', markets: ['us'] },
  { provider: 'azure', region: 'centralindia', area: 'in', markets: ['in'] },
  { provider: 'azure', region: 'japaneast', area: 'jp', markets: ['jp'] },
  { provider: 'gcp', region: 'europe-west1', area: 'eu', markets: ['fr', 'gb'] },
  { provider: 'gcp', region: 'us-central1', area: 'us', markets: ['us'] },
  { provider: 'gcp', region: 'asia-south1', area: 'in', markets: ['in'] },
  { provider: 'gcp', region: 'asia-northeast1', area: 'jp', markets: ['jp'] },
  {
    provider: 'kubernetes',
    region: 'eu-central',
    area: 'eu',
    markets: ['fr', 'ie'],
    cluster: 'weddings-eu',
  },
  {
    provider: 'kubernetes',
    region: 'us-east',
    area: 'us',
    markets: ['us'],
    cluster: 'weddings-us',
  },
];

/** USD per hour of a replica in an own cluster; invented. */
const OWN_CLUSTER_USD = 0.07;
const SUBSCRIPTION = '6f1c1c6e-3d6a-4c0e-9c55-3b0f4d1f7a10';

function priceOf({ provider, region }: CellSample): number {
  const row = table('vm-prices.csv').find((one) => one.provider === provider && one.region === region);
  return row ? Number(row.onDemandUsdPerHour) : OWN_CLUSTER_USD;
}

/** Uploads and live streams run without an autoscaler, so that both kinds of target are in the sample. */
function shapeOf(
  cell: CellSample,
  workload: string,
): Pick<ScalingTarget, 'service' | 'reference' | 'autoscaled'> {
  const autoscaled = workload === 'api' || workload === 'gallery';
  const { provider, region, cluster = '' } = cell;
  switch (provider) {
    case 'aws':
      return { service: 'aws.ecs', reference: { cluster: 'weddings', service: workload }, autoscaled };
    case 'gcp':
      return {
        service: 'gcp.mig',
        reference: { project: 'wedsync-prod', location: region, name: workload },
        autoscaled,
      };
    case 'azure': {
      const pool = workload.replace('-', '').slice(0, 12);
      const reference = {
        subscriptionId: SUBSCRIPTION,
        resourceGroup: 'weddings',
        cluster: `weddings-${region}`,
        pool,
      };
      return { service: 'azure.aks', reference, autoscaled };
    }
    case 'kubernetes': {
      const service = autoscaled ? 'kubernetes.hpa' : 'kubernetes.deployment';
      return { service, reference: { cluster, namespace: 'wedding-production', name: workload }, autoscaled };
    }
  }
}

function targetOf(cell: CellSample, workload: string, maximumUnits: number): ScalingTarget {
  const shape = shapeOf(cell, workload);
  return {
    id: `${shape.service}/${cell.region}/${workload}`,
    ...shape,
    region: cell.region,
    workload,
    markets: cell.markets,
    capacityPerUnit: Math.round((CAPACITY[workload] ?? 1) * powerOf(cell, workload)),
    maximumUnits,
    hourlyUsdPerUnit: priceOf(cell),
    critical: workload === 'api',
    requiresStabilization:
      workload === 'api' && (cell.region === 'eu-west-1' || cell.region === 'us-central1'),
    leadTimeMinutes: cell.provider === 'kubernetes' ? 5 : 10,
    loadSource: { kind: 'observations' },
    baselineUnits: Math.max(2, Math.round(maximumUnits * 0.08)),
  };
}

function recordSetOf(workload: string, id: string): RecordSet {
  return {
    id: `aws.route53/${id}.weddings.example`,
    service: 'aws.route53',
    zoneId: 'Z0WEDDINGS000001',
    name: `${id}.weddings.example`,
    type: 'A',
    ttlSeconds: 60,
    workload,
    entries: CELLS.map((cell, index) => ({
      setIdentifier: `${cell.provider}-${cell.region}`,
      provider: cell.provider,
      region: cell.region,
      value: `198.51.100.${10 + index + (workload === 'api' ? 0 : 100)}`,
      healthCheckId: `hc-${id}-${cell.provider}-${cell.region}`,
    })),
  };
}

const next = random(20_261_124);
const rows = MARKETS.flatMap((market) => bookingsOf(market, next));
const bookings = rows.map((row) => {
  const timeZone = row.timeZone ?? 'UTC';
  const startsAt = resolveRelative(row.startsAt ?? '', SOME_DAY_MS, timeZone);
  return {
    id: row.id ?? '',
    market: row.market ?? '',
    place: row.place ?? '',
    timeZone,
    startsAt,
    startsAtMs: localToMs(startsAt, timeZone),
    guests: Number(row.guests),
    tier: row.tier ?? 'standard',
    liveStream: row.liveStream === 'true',
  };
});

const markets: readonly Market[] = MARKETS.map(({ id, name, timeZone, area }) => ({
  id,
  name,
  timeZone,
  allowedRegions: CELLS.filter((cell) => cell.area === area).map((cell) => cell.region),
}));

const window = { fromMs: SOME_DAY_MS + 3_600_000, untilMs: SOME_DAY_MS + 28 * DAY_MS };
const marketIds = MARKETS.map((market) => market.id);

async function distributionFor(weddingsPerBooking: number) {
  const demandModel = {
    weddingsPerBooking,
    usersPerGuest: 0.6,
    viewersPerGuest: 1.5,
    tierFactor: { standard: 1, premium: 1.2, royal: 1.5 },
  };
  const distribution = await analyseDistribution(bookings, { ...window, markets: marketIds, demandModel });
  const totals = distribution.hoursMs.map((_, hour) =>
    distribution.markets.reduce((sum, m) => sum + (m.users[hour] ?? 0), 0),
  );
  return { demandModel, distribution, peakUsers: Math.max(...totals) };
}

// Users are linear in the sampling factor, so one look gives it; one digit is enough.
const factor = Math.round((PEAK_USERS / (await distributionFor(1)).peakUsers) * 10) / 10;
const { demandModel, distribution } = await distributionFor(factor);
const requirements = calculateRequirements(
  distribution,
  stepWindows(window.fromMs, window.untilMs, 14),
  { workloads: WORKLOADS },
  {},
  [],
);

/** An area's targets may together have a good half more than it needs at most, so that none can do it alone. */
function maximumUnits(cell: CellSample, workload: string): number {
  const inArea = MARKETS.filter((market) => market.area === cell.area).map((market) => market.id);
  const serving = CELLS.filter((other) => other.area === cell.area).length;
  const steps = requirements.steps.map(({ step, hoursMs }) =>
    Math.max(
      ...hoursMs.map((_, hour) =>
        requirements.demands
          .filter((d) => d.step === step && d.workload === workload && inArea.includes(d.market))
          .reduce((sum, d) => sum + (d.demandByHour[hour] ?? 0), 0),
      ),
    ),
  );
  const units = Math.max(...steps) / ((CAPACITY[workload] ?? 1) * powerOf(cell, workload) * 0.7);
  return Math.max(5, Math.ceil((units * 1.6) / serving / 5) * 5);
}

const fleet: Fleet = {
  name: 'WedSync sample fleet',
  priceDate: '2025-04-05',
  markets,
  workloads: WORKLOADS,
  demandModel,
  targets: CELLS.flatMap((cell) => WORKLOADS.map(({ id }) => targetOf(cell, id, maximumUnits(cell, id)))),
  recordSets: [recordSetOf('api', 'api'), recordSetOf('gallery', 'gallery')],
};

const settings = {
  performanceTargets: { utilizationPercent: 70 },
  performanceRequirements: { maximumProviderSharePercent: 60 },
  costConstraints: { maximumHourlyUsd: 2_000, maximumSeasonUsd: 1_500_000 },
  traffic: { stepPercent: 34, dwellSeconds: 30 },
  monitoringStrategy: { platforms: ['datadog'], dashboard: true },
  alertingRules: [
    {
      name: 'Wedding queue too long',
      metric: 'wedsync.scalability.queue_depth.current',
      comparison: 'above',
      threshold: 1_000,
      forMinutes: 5,
      severity: 'critical',
      escalation: ['@pagerduty-weddings', '@slack-weddings-oncall'],
    },
    {
      name: 'Wedding pages slow',
      metric: 'wedsync.scalability.response_time.p95',
      comparison: 'above',
      threshold: 800,
      forMinutes: 10,
      severity: 'warning',
      escalation: ['@slack-weddings-oncall'],
    },
    {
      name: 'Fewer instances than planned',
      metric: 'wedsync.scalability.instances.current',
      comparison: 'below',
      threshold: 100,
      forMinutes: 5,
      severity: 'critical',
      escalation: ['@pagerduty-weddings', '@head-of-platform'],
    },
  ],
  release: { maximumLoadPercent: 60, dwellMinutes: 5, askAfterMinutes: 120 },
  additionalLeadMinutes: 120,
};

const season = {
  season: {
    id: 'sample-season',
    name: 'Sample season over four providers',
    startsAt: 'now+1h',
    endsAt: 'now+28d',
    timeZone: 'Europe/London',
    markets: marketIds,
    stepDays: 14,
  },
  ...settings,
};

const weddingDay = {
  weddingDay: {
    id: 'sample-day',
    date: 'W+1 Sat',
    timeZone: 'Europe/London',
    markets: ['gb'],
    bufferMinutes: 60,
  },
  ...settings,
  // The day is days away; its capacity is asked for now, so that the sample shows something at once.
  additionalLeadMinutes: 20_160,
};

const write = (file: string, text: string) => writeFileSync(new URL(file, import.meta.url), text);
const columns = ['id', 'market', 'place', 'timeZone', 'startsAt', 'guests', 'tier', 'liveStream'];
write(
  'bookings.csv',
  `${[columns.join(','), ...rows.map((row) => columns.map((name) => row[name]).join(','))].join('\n')}\n`,
);
write('fleet.json', `${JSON.stringify(fleet, null, 2)}\n`);
write('season.json', `${JSON.stringify(season, null, 2)}\n`);
write('wedding-day.json', `${JSON.stringify(weddingDay, null, 2)}\n`);
console.log(`${rows.length} bookings, ${fleet.targets.length} targets, ${factor} weddings per booking`);
