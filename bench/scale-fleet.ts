import type { Fleet, ScalingTarget } from '../domain/fleet.ts';

/** Cells of the bench. */
const REGIONS = ['ap-south-1', 'eu-west-1', 'us-east-1'] as const;

const MARKET = 'gb';
/** Guests of the one booking; each is a user and asks for `CAPACITY` of a target's workload. */
const GUESTS = 1_000;
const CAPACITY = 10;

/** The last units are needed as well, and yet no sum of fractions is above what all targets can carry. */
const JUST_BELOW = 1 - 1e-6;

/** One kind of target, and from what to what a run takes it. */
interface Kind {
  readonly service: ScalingTarget['service'];
  readonly reference: (name: string) => ScalingTarget['reference'];
  readonly fromUnits: number;
  readonly toUnits: number;
  /** Every other target of the kind. */
  readonly halfAutoscaled?: true;
}

/** One per AWS service. Those that EKS and Kubernetes know by cluster share one cluster per region. */
const KINDS: readonly Kind[] = [
  { service: 'aws.asg', reference: (group) => ({ group }), fromUnits: 2, toUnits: 4 },
  {
    service: 'aws.ecs',
    reference: (service) => ({ cluster: 'weddings', service }),
    fromUnits: 2,
    toUnits: 4,
    halfAutoscaled: true,
  },
  {
    service: 'aws.eks',
    reference: (nodegroup) => ({ cluster: 'weddings', nodegroup }),
    fromUnits: 2,
    toUnits: 4,
  },
  {
    service: 'aws.elasticache',
    reference: (replicationGroup) => ({ replicationGroup }),
    fromUnits: 1,
    toUnits: 2,
  },
  {
    service: 'aws.lambda',
    reference: (name) => ({ function: name, qualifier: 'live' }),
    fromUnits: 2,
    toUnits: 4,
  },
  { service: 'aws.rds', reference: (cluster) => ({ cluster }), fromUnits: 1, toUnits: 2 },
];

/**
 * A fleet of so many targets, spread evenly over the six AWS services and three regions, none critical and none that
 * has to be stable before another. One wedding, {@link scaleBooking}, needs every unit it may have.
 */
export function scaleFleet(targets: number): Fleet {
  const all = Array.from({ length: targets }, (_, index) => targetAt(index));
  return {
    name: `scale-${targets}`,
    priceDate: '2026-01-01',
    markets: [{ id: MARKET, name: 'Britain', timeZone: 'Europe/London', allowedRegions: REGIONS }],
    workloads: KINDS.map(({ service }) => ({
      id: service,
      unit: 'requests',
      demandPerUser: (unitsOf(all, service) * CAPACITY * JUST_BELOW) / GUESTS,
    })).filter(({ demandPerUser }) => demandPerUser > 0),
    demandModel: { weddingsPerBooking: 1, usersPerGuest: 1, viewersPerGuest: 0, tierFactor: {} },
    targets: all,
    recordSets: [],
  };
}

/** The wedding everybody comes to, two weeks from now. */
export function scaleBooking(): object {
  return { id: 'everybody', market: MARKET, startsAt: 'D+14 15:00', guests: GUESTS };
}

/** A season around it that begins at once and fills every unit. */
export function scaleSeason(): object {
  return {
    season: {
      id: 'scale',
      name: 'Scale',
      startsAt: 'now+1h',
      endsAt: 'now+20d',
      timeZone: 'Europe/London',
      markets: [MARKET],
      stepDays: 30,
    },
    performanceTargets: { utilizationPercent: 100 },
    monitoringStrategy: { platforms: [], dashboard: false },
    additionalLeadMinutes: 120,
  };
}

function targetAt(index: number): ScalingTarget {
  const kind = KINDS[index % KINDS.length];
  if (!kind) throw new Error('there is no kind of target');
  const turn = Math.floor(index / KINDS.length);
  const region = REGIONS[turn % REGIONS.length] ?? REGIONS[0];
  const name = `s${String(turn).padStart(4, '0')}`;
  return {
    id: `${kind.service}/${region}/${name}`,
    service: kind.service,
    region,
    reference: kind.reference(name),
    workload: kind.service,
    markets: [MARKET],
    capacityPerUnit: CAPACITY,
    maximumUnits: kind.toUnits,
    hourlyUsdPerUnit: 0.1,
    critical: false,
    requiresStabilization: false,
    leadTimeMinutes: 10,
    loadSource: { kind: 'observations' },
    autoscaled: kind.halfAutoscaled === true && Math.floor(turn / REGIONS.length) % 2 === 0,
    baselineUnits: kind.fromUnits,
  };
}

function unitsOf(targets: readonly ScalingTarget[], service: string): number {
  return targets
    .filter((target) => target.service === service)
    .reduce((sum, target) => sum + target.maximumUnits, 0);
}
