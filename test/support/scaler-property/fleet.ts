import fc from 'fast-check';
import type { ScalingTarget } from '../../../domain/fleet.ts';
import type { MachineClass } from '../../../domain/owned-fields.ts';
import type { Lever } from '../../../domain/service-descriptor.ts';
import { SERVICES } from '../../../domain/services.ts';

/** A lever of a service, with or without an autoscaler above it. */
export interface Variant {
  /** `aws.ecs tasks, autoscaled`. */
  readonly name: string;
  readonly service: string;
  readonly lever: Lever;
  readonly autoscaled: boolean;
}

/** One target of a random fleet: what is declared, and what there is. */
export interface PlacedTarget {
  readonly variant: Variant;
  readonly target: ScalingTarget;
  /** As `PUT /world` of the sandbox takes it. */
  readonly resource: Readonly<Record<string, unknown>>;
}

/** Within what a lever is tried; numbers are units. */
interface Space {
  /** Reference of the target of that name. */
  readonly reference: (name: string) => Readonly<Record<string, string>>;
  /** Where it begins, and the most its maximum may be; default 1 to 9 and 60. */
  readonly start?: readonly [from: number, to: number];
  readonly most?: number;
  /** Names of a ladder from the smallest on. */
  readonly ladder?: readonly string[];
  /** Sizes it can have, each 10 % above the one before, where not every number is one. */
  readonly grows?: true;
}

const SIZES = ['large', 'xlarge', '2xlarge', '4xlarge', '8xlarge', '12xlarge'];
const group = (name: string) => ({ replicationGroup: name });
const cluster = (name: string) => ({ cluster: name });
const pod = (name: string) => ({ cluster: 'weddings', namespace: 'wedding-production', name });

/** Every lever of every service, by `service lever`; one that is added needs a line here. */
const SPACES: Readonly<Record<string, Space>> = {
  'aws.asg instances': { reference: (name) => ({ group: name }) },
  'aws.ecs tasks': { reference: (name) => ({ cluster: 'weddings', service: name }) },
  'aws.eks nodes': { reference: (name) => ({ cluster: 'weddings', nodegroup: name }) },
  'aws.elasticache node-type': { reference: group, ladder: SIZES.map((size) => `cache.r7g.${size}`) },
  'aws.elasticache replicas': { reference: group, start: [1, 3], most: 5 },
  // Few, so that all nodes of a fleet are on one page: what two pages of different moments say is tried nowhere.
  'aws.elasticache shards': { reference: group, start: [1, 5], most: 16 },
  'aws.lambda provisioned-concurrency': {
    reference: (name) => ({ function: name, qualifier: 'live' }),
    start: [0, 9],
  },
  'aws.rds instance-class': {
    reference: (name) => ({ instance: name }),
    ladder: SIZES.map((size) => `db.r6g.${size}`),
  },
  'aws.rds readers': { reference: cluster, start: [0, 4], most: 15 },
  'aws.rds serverless-capacity': { reference: cluster, start: [0, 9] },
  'aws.rds storage': { reference: (name) => ({ instance: name }), start: [100, 400], grows: true },
  'azure.aks nodes': {
    reference: (name) => ({
      subscriptionId: '6f1c1c6e-3d6a-4c0e-9c55-3b0f4d1f7a10',
      resourceGroup: 'weddings',
      cluster: 'weddings',
      pool: name,
    }),
  },
  'gcp.mig instances': {
    reference: (name) => ({ project: 'weddings', location: 'europe-west1', name }),
  },
  'kubernetes.deployment replicas': { reference: pod },
  'kubernetes.hpa replicas': { reference: pod },
};

/** With and without an autoscaler, as far as a lever can be had so. */
const AUTOSCALED = { always: [true], never: [false], either: [true, false] } as const;

/** Every lever of the registry, in every way it can be had. */
export const VARIANTS: readonly Variant[] = SERVICES.flatMap(({ id: service, levers }) =>
  levers.flatMap((lever) =>
    AUTOSCALED[lever.autoscaled].map((autoscaled) => {
      return {
        name: `${service} ${lever.id}${autoscaled ? ', autoscaled' : ''}`,
        service,
        lever,
        autoscaled,
      };
    }),
  ),
);

/** Sizes from `start` on, each the least that a volume may grow to, so many of them. */
export function growth(start: number, count: number): readonly number[] {
  const sizes = [start];
  while (sizes.length < count) sizes.push(Math.ceil((sizes.at(-1) ?? 0) * 1.1 - 1e-9));
  return sizes;
}

/** Targets of these variants: random states they may have, random maxima. @param fleet makes ids unique. */
export function someFleet(
  variants: readonly Variant[],
  fleet: string,
): fc.Arbitrary<readonly PlacedTarget[]> {
  return fc.tuple(...variants.map((variant, index) => someTarget(variant, `${fleet}n${index}`)));
}

function spaceOf({ service, lever }: Variant): Space {
  const space = SPACES[`${service} ${lever.id}`];
  if (!space) throw new Error(`${service} ${lever.id} is not in the property test; add its line to SPACES`);
  return space;
}

const share = fc.record({
  onDemandPercent: fc.integer({ min: 0, max: 100 }),
  spotPercent: fc.integer({ min: 0, max: 100 }),
});

function someTarget(variant: Variant, name: string): fc.Arbitrary<PlacedTarget> {
  const { start: [from, to] = [1, 9], most = 60, ladder, grows } = spaceOf(variant);
  if (ladder) return someMachine(variant, name, ladder);
  if (grows) {
    const sizes = fc.tuple(fc.integer({ min: from, max: to }), fc.integer({ min: 3, max: 9 }));
    return sizes.map(([start, count]) =>
      placed(variant, name, { start, maximum: growth(start, count).at(-1) ?? start }),
    );
  }
  const bounded = variant.autoscaled || variant.lever.kinds.includes('size');
  return fc
    .record({
      start: fc.integer({ min: from, max: to }),
      maximum: fc.integer({ min: to + 1, max: most }),
      // The vendor's own maximum may be above what the target is allowed.
      ceiling: fc.integer({ min: to + 1, max: Math.min(most, to + 30) }),
      running: fc.integer({ min: 0, max: 100 }),
      share: variant.lever.spot ? fc.option(share, { nil: undefined }) : fc.constant(undefined),
    })
    .map(({ ceiling, ...rest }) => placed(variant, name, bounded ? { ...rest, ceiling } : rest));
}

function someMachine(variant: Variant, name: string, ladder: readonly string[]): fc.Arbitrary<PlacedTarget> {
  const units = fc.uniqueArray(fc.integer({ min: 1, max: 60 }), {
    minLength: ladder.length,
    maxLength: ladder.length,
  });
  const position = fc.integer({ min: 0, max: ladder.length - 3 });
  return fc.tuple(units, position, fc.integer({ min: 1, max: 60 })).map(([carried, at, room]) => {
    const ascending = carried.toSorted((a, b) => a - b);
    const classes = ladder.map((rung, index) => ({ name: rung, units: ascending[index] ?? 0 }));
    const start = classes[at]?.units ?? 0;
    return placed(variant, name, { start, maximum: start + room, classes });
  });
}

interface Size {
  readonly start: number;
  readonly maximum: number;
  /** The autoscaler's or the group's own maximum, where there is one. */
  readonly ceiling?: number;
  /** Where between start and ceiling an autoscaler has it, in percent. */
  readonly running?: number;
  readonly share?: { readonly onDemandPercent: number; readonly spotPercent: number } | undefined;
  readonly classes?: readonly MachineClass[];
}

function placed(variant: Variant, name: string, size: Size): PlacedTarget {
  const { service, lever, autoscaled } = variant;
  const { start, maximum, ceiling, running = 0, classes } = size;
  const reference = spaceOf(variant).reference(name);
  const region = service === 'gcp.mig' ? 'europe-west1' : 'eu-west-1';
  const place = { service, lever: lever.id, region, reference, autoscaled };
  const bounds = ceiling !== undefined && { minimumUnits: start, maximumUnits: ceiling };
  const between = autoscaled && ceiling !== undefined ? Math.floor(((ceiling - start) * running) / 100) : 0;
  const className = classes?.find(({ units }) => units === start)?.name;
  return {
    variant,
    resource: {
      ...place,
      ...bounds,
      units: start + between,
      ...(className !== undefined && { className }),
      ...(size.share && { onDemandPercent: size.share.onDemandPercent }),
    },
    target: {
      ...place,
      id: `${service}/${lever.id}/${name}`,
      workload: 'api',
      markets: ['gb'],
      capacityPerUnit: 10,
      maximumUnits: maximum,
      hourlyUsdPerUnit: 0.1,
      critical: true,
      requiresStabilization: false,
      leadTimeMinutes: 10,
      loadSource: { kind: 'observations' },
      mayInterrupt: true,
      baselineUnits: start,
      ...(classes && { classes }),
      ...(size.share && { spotPercent: size.share.spotPercent, spotHourlyUsdPerUnit: 0.03 }),
    },
  };
}
