import { createHash } from 'node:crypto';
import type { Resource } from '../../world.ts';

/** What a group's machines are where its attribute `instanceType` says nothing. */
const DEFAULT_TYPE = 'm7g.large';

/** Services whose units are machines of EC2. */
const OF_MACHINES = ['aws.asg', 'aws.eks'];

/** A machine of a group, as far as EC2 tells of it. */
export interface Machine {
  readonly instanceType: string;
  readonly spot: boolean;
}

/** The type of a resource's machines; undefined for one that has none. */
export function machineTypeOf({ service, attributes }: Resource): string | undefined {
  const { instanceType } = attributes;
  if (typeof instanceType === 'string') return instanceType;
  return OF_MACHINES.includes(service) ? DEFAULT_TYPE : undefined;
}

/** Machines of a resource that run: a weight makes them fewer, and what is not on demand is interruptible. */
export function machinesOf(resource: Resource): readonly Machine[] {
  const { attributes, servingUnits, onDemandPercent } = resource;
  const instanceType = machineTypeOf(resource);
  if (instanceType === undefined) return [];
  const count = Math.ceil(servingUnits / Number(attributes.weightedCapacity ?? 1));
  const percent = onDemandPercent ?? (attributes.capacityType === 'SPOT' ? 0 : 100);
  const onDemand = Math.ceil((count * percent) / 100);
  return Array.from({ length: count }, (_, index) => ({ instanceType, spot: index >= onDemand }));
}

/** Name of the Auto Scaling group that runs a resource's machines; undefined where none does. */
export function groupNameOf({ key, service, reference }: Resource): string | undefined {
  if (service === 'aws.asg') return reference.group;
  return service === 'aws.eks' ? `eks-${reference.nodegroup}-${digest(key, 12)}` : undefined;
}

/** The launch template of a group. */
export function launchTemplateOf({ key, reference }: Resource): {
  readonly id: string;
  readonly name: string;
} {
  return { id: `lt-${digest(key, 17)}`, name: `${reference.group ?? reference.nodegroup}-template` };
}

function digest(text: string, length: number): string {
  return createHash('sha256').update(text).digest('hex').slice(0, length);
}
