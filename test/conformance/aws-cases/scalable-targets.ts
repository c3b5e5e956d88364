import {
  ApplicationAutoScalingClient,
  DescribeScalableTargetsCommand,
  RegisterScalableTargetCommand,
  type ScalableDimension,
  type ServiceNamespace,
} from '@aws-sdk/client-application-auto-scaling';
import type { RangeFields } from '../../../domain/owned-fields.ts';
import { observer, only } from './observer.ts';

/** A scalable target of Application Auto Scaling, by what every call of it names. */
export interface ScalableName {
  readonly namespace: ServiceNamespace;
  readonly dimension: ScalableDimension;
  readonly resourceId: string;
}

/** Registers a scalable target and gives a look at it. */
export async function registered(
  endpoint: string,
  { namespace, dimension, resourceId }: ScalableName,
  { minimumUnits, maximumUnits }: RangeFields,
): Promise<() => Promise<RangeFields>> {
  const client = new ApplicationAutoScalingClient(observer(endpoint));
  const name = { ServiceNamespace: namespace, ScalableDimension: dimension };
  await client.send(
    new RegisterScalableTargetCommand({
      ...name,
      ResourceId: resourceId,
      MinCapacity: minimumUnits,
      MaxCapacity: maximumUnits,
    }),
  );
  return async () => {
    const command = new DescribeScalableTargetsCommand({ ...name, ResourceIds: [resourceId] });
    const { MinCapacity, MaxCapacity } = only((await client.send(command)).ScalableTargets);
    return { kind: 'range', minimumUnits: MinCapacity ?? -1, maximumUnits: MaxCapacity ?? -1 };
  };
}
