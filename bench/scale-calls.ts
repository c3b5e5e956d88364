import type { ScalingTarget } from '../domain/fleet.ts';
import { LIMITS } from '../sandbox/limits-table.ts';
import { sandboxService } from '../sandbox/services.ts';
import { lowerBoundMs, type NeededCall } from './lower-bound.ts';

/** Provisioning takes this share of what the sandbox's own table says; limits keep their real time. */
export const PROVISIONING_FACTOR = 1 / 60;

/** How long the sandbox's autoscalers take to notice a new minimum, in milliseconds; sandbox/world.ts. */
const AUTOSCALER_DELAY_MS = 1_000;

/** What nobody can do without: one write, and one look at the target once it serves. */
interface Needs {
  readonly writeBucket: string;
  readonly readBucket: string;
  /** Targets that one read can be about at most. Source: the vendors' API references, as the sandbox enforces them. */
  readonly readBatch: number;
}

const NEEDS: Readonly<Record<string, Needs>> = {
  'aws.asg': { writeBucket: 'aws.auto-scaling', readBucket: 'aws.auto-scaling', readBatch: 100 },
  'aws.ecs': { writeBucket: 'aws.ecs.modify', readBucket: 'aws.ecs.read', readBatch: 10 },
  'aws.eks': { writeBucket: 'aws.eks.modify', readBucket: 'aws.eks.read', readBatch: 1 },
  'aws.elasticache': { writeBucket: 'aws.elasticache', readBucket: 'aws.elasticache', readBatch: 100 },
  'aws.lambda': { writeBucket: 'aws.lambda', readBucket: 'aws.lambda', readBatch: 1 },
  'aws.rds': { writeBucket: 'aws.rds', readBucket: 'aws.rds', readBatch: 100 },
};

/** What a target takes from accepted to serving in the bench's world, in seconds. */
export function provisioningSeconds({ service, lever }: Pick<ScalingTarget, 'service' | 'lever'>): number {
  const line = sandboxService(service, lever);
  if (!line) throw new Error(`the sandbox has no ${service}`);
  return line.provisioningSeconds * PROVISIONING_FACTOR;
}

/** From the write until it serves, in milliseconds. */
export function tailMs(target: Pick<ScalingTarget, 'service' | 'lever' | 'autoscaled'>): number {
  return provisioningSeconds(target) * 1_000 + (target.autoscaled ? AUTOSCALER_DELAY_MS : 0);
}

/** See {@link lowerBoundMs}: one write per target and as few reads as can be, each from the sandbox's buckets. */
export function scaleLowerBoundMs(targets: readonly ScalingTarget[]): number {
  return lowerBoundMs([...targets.map(writeOf), ...readsOf(targets)]);
}

function writeOf(target: ScalingTarget): NeededCall {
  const { writeBucket } = needsOf(target);
  const bucket =
    target.autoscaled && target.service === 'aws.ecs' ? 'aws.application-auto-scaling' : writeBucket;
  return call(bucket, target.region, tailMs(target));
}

function readsOf(targets: readonly ScalingTarget[]): readonly NeededCall[] {
  const groups = Map.groupBy(targets, ({ service, region }) => `${service} ${region}`);
  return [...groups.values()].flatMap(([first, ...others]) => {
    if (!first) return [];
    const { readBucket, readBatch } = needsOf(first);
    const reads = Math.ceil((1 + others.length) / readBatch);
    return Array.from({ length: reads }, () => call(readBucket, first.region, 0));
  });
}

function needsOf({ service }: ScalingTarget): Needs {
  const needs = NEEDS[service];
  if (!needs) throw new Error(`what ${service} needs is not known`);
  return needs;
}

function call(name: string, region: string, tail: number): NeededCall {
  const limit = LIMITS.find(({ bucket }) => bucket === name);
  if (!limit) throw new Error(`the sandbox has no bucket ${name}`);
  return { bucket: `${name} ${region}`, rate: limit, tailMs: tail };
}
