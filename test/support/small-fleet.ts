import type { Fleet, RecordSet, ScalingTarget } from '../../domain/fleet.ts';

/** A fleet of five targets over four providers, two of them serving two markets; small enough to follow by eye. */
export function smallFleet(change: (fleet: Fleet) => Fleet = (fleet) => fleet): Fleet {
  return change({
    name: 'small',
    priceDate: '2026-01-01',
    markets: [
      {
        id: 'gb',
        name: 'Britain',
        timeZone: 'Europe/London',
        allowedRegions: ['eu-west-1', 'europe-west1', 'westeurope', 'eu-central'],
      },
      {
        id: 'fr',
        name: 'France',
        timeZone: 'Europe/Paris',
        allowedRegions: ['eu-west-1', 'europe-west1', 'westeurope', 'eu-central'],
      },
    ],
    workloads: [{ id: 'api', unit: 'requests', demandPerUser: 1 }],
    demandModel: {
      ...{ weddingsPerBooking: 1, usersPerGuest: 1, viewersPerGuest: 0, tierFactor: {} },
      // Bookings in hand are all there is, so that a test's figures can be followed by head.
      ...{ bookingCurve: 'none', turnoutSpread: 0 },
    },
    targets: TARGETS,
    recordSets: [RECORD_SET],
  });
}

const BASE = {
  workload: 'api',
  capacityPerUnit: 10,
  maximumUnits: 20,
  critical: true,
  requiresStabilization: false,
  leadTimeMinutes: 10,
  loadSource: { kind: 'observations' },
  baselineUnits: 2,
} as const;

const TARGETS: readonly ScalingTarget[] = [
  {
    ...BASE,
    id: 'ecs',
    service: 'aws.ecs',
    region: 'eu-west-1',
    reference: { cluster: 'weddings', service: 'api' },
    markets: ['gb', 'fr'],
    hourlyUsdPerUnit: 0.1,
    autoscaled: true,
    requiresStabilization: true,
  },
  {
    ...BASE,
    id: 'ecs-count',
    service: 'aws.ecs',
    region: 'eu-west-1',
    reference: { cluster: 'weddings', service: 'uploads' },
    markets: ['gb', 'fr'],
    hourlyUsdPerUnit: 0.11,
    autoscaled: false,
    critical: false,
  },
  {
    ...BASE,
    id: 'mig',
    service: 'gcp.mig',
    region: 'europe-west1',
    reference: { project: 'weddings', location: 'europe-west1', name: 'api' },
    markets: ['gb'],
    hourlyUsdPerUnit: 0.12,
    autoscaled: true,
  },
  {
    ...BASE,
    id: 'aks',
    service: 'azure.aks',
    region: 'westeurope',
    reference: {
      subscriptionId: '6f1c1c6e-3d6a-4c0e-9c55-3b0f4d1f7a10',
      resourceGroup: 'weddings',
      cluster: 'weddings',
      pool: 'api',
    },
    markets: ['fr'],
    hourlyUsdPerUnit: 0.13,
    autoscaled: false,
  },
  {
    ...BASE,
    id: 'hpa',
    service: 'kubernetes.hpa',
    region: 'eu-central',
    reference: { cluster: 'weddings', namespace: 'wedding-production', name: 'api' },
    markets: ['gb', 'fr'],
    hourlyUsdPerUnit: 0.14,
    autoscaled: true,
  },
];

const RECORD_SET: RecordSet = {
  id: 'api.weddings.example',
  service: 'aws.route53',
  zoneId: 'Z0WEDDINGS000001',
  name: 'api.weddings.example',
  type: 'A',
  ttlSeconds: 60,
  workload: 'api',
  entries: [
    {
      setIdentifier: 'aws',
      provider: 'aws',
      region: 'eu-west-1',
      value: '198.51.100.1',
      healthCheckId: 'hc-aws',
    },
    {
      setIdentifier: 'gcp',
      provider: 'gcp',
      region: 'europe-west1',
      value: '198.51.100.2',
      healthCheckId: 'hc-gcp',
    },
    { setIdentifier: 'azure', provider: 'azure', region: 'westeurope', value: '198.51.100.3' },
    { setIdentifier: 'k8s', provider: 'kubernetes', region: 'eu-central', value: '198.51.100.4' },
  ],
};

const DAY_MS = 86_400_000;
/** One day for a whole file of tests: a service's fast clock passes midnight at another moment in every zone. */
const TODAY_MS = Date.now();

/** Bookings so many days from today, all at 15:00 local time. */
export function bookingsOn(
  days: readonly number[],
  market: string,
  guests: number,
  weddings = 1,
): readonly Readonly<Record<string, unknown>>[] {
  return days.flatMap((day) =>
    Array.from({ length: weddings }, (_, index) => ({
      id: `${market}-${day}-${index}`,
      market,
      startsAt: `${new Date(TODAY_MS + day * DAY_MS).toISOString().slice(0, 10)}T15:00`,
      guests,
    })),
  );
}

/**
 * A season over both markets in one step, due at once, its moves and waits short. It makes the expected demand ready
 * and nothing above it, so that floors can be followed by eye.
 */
export function smallSeason(
  change: Readonly<Record<string, unknown>> = {},
): Readonly<Record<string, unknown>> {
  const {
    season = {},
    performanceTargets = {},
    ...rest
  } = change as {
    season?: object;
    performanceTargets?: object;
  };
  return {
    season: {
      id: 'small',
      name: 'Small season',
      startsAt: 'now+1h',
      endsAt: 'now+20d',
      timeZone: 'Europe/London',
      markets: ['gb', 'fr'],
      stepDays: 30,
      ...season,
    },
    performanceTargets: { servedPercent: 50, ...performanceTargets },
    traffic: { stepPercent: 50, dwellSeconds: 5 },
    release: { maximumLoadPercent: 60, dwellMinutes: 5, askAfterMinutes: 600 },
    additionalLeadMinutes: 120,
    ...rest,
  };
}
