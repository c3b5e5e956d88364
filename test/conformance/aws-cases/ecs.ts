import {
  CreateClusterCommand,
  CreateServiceCommand,
  DescribeServicesCommand,
  ECSClient,
  RegisterTaskDefinitionCommand,
  UpdateServiceCommand,
} from '@aws-sdk/client-ecs';
import { UNGUARDED } from '../../../activities/calls/call-guard.ts';
import { createEcsScaler } from '../../../activities/scalers/aws/ecs.ts';
import { targetOf } from '../cloud-targets.ts';
import type { LeverCase } from '../contract-moves.ts';
import { observer, only, REGION } from './observer.ts';
import { registered } from './scalable-targets.ts';

const SERVICE = 'aws.ecs';
const CLUSTER = 'weddings';
const FLOOR = 12;

/** Two services of ECS, one of them with a scalable target, whose minimum the counterpart stores and does not act on. */
export async function ecsCases(endpoint: string): Promise<readonly LeverCase[]> {
  const ecs = new ECSClient(observer(endpoint));
  await createServices(ecs, ['uploads', 'gallery']);
  const range = { kind: 'range', minimumUnits: 3, maximumUnits: 8 } as const;
  const scalable = await registered(
    endpoint,
    {
      namespace: 'ecs',
      dimension: 'ecs:service:DesiredCount',
      resourceId: `service/${CLUSTER}/gallery`,
    },
    range,
  );
  const desired = async (service: string) => {
    const command = new DescribeServicesCommand({ cluster: CLUSTER, services: [service] });
    return only((await ecs.send(command)).services).desiredCount ?? -1;
  };
  const shared = {
    row: SERVICE,
    scaler: createEcsScaler({ mode: 'sandbox', endpoint }, { guard: UNGUARDED }),
    missing: [
      { cluster: CLUSTER, service: 'nobody' },
      { cluster: 'nowhere', service: 'uploads' },
    ],
  };
  return [
    {
      ...shared,
      target: targetOf(SERVICE, REGION, { cluster: CLUSTER, service: 'uploads' }, false),
      before: { kind: 'count', units: 3 },
      want: { kind: 'count', units: FLOOR },
      live: async () => ({ owned: { kind: 'count', units: await desired('uploads') } }),
    },
    {
      ...shared,
      variant: 'autoscaled',
      target: targetOf(SERVICE, REGION, { cluster: CLUSTER, service: 'gallery' }, true),
      before: range,
      want: { kind: 'range', minimumUnits: FLOOR, maximumUnits: FLOOR },
      live: async () => ({ owned: await scalable(), others: await desired('gallery') }),
      serve: () =>
        ecs.send(new UpdateServiceCommand({ cluster: CLUSTER, service: 'gallery', desiredCount: FLOOR })),
    },
  ];
}

async function createServices(ecs: ECSClient, names: readonly string[]): Promise<void> {
  await ecs.send(new CreateClusterCommand({ clusterName: CLUSTER }));
  const containerDefinitions = [{ name: 'web', image: 'registry.example/web:1', memory: 512 }];
  await ecs.send(new RegisterTaskDefinitionCommand({ family: 'web', containerDefinitions }));
  for (const serviceName of names) {
    await ecs.send(
      new CreateServiceCommand({ cluster: CLUSTER, serviceName, taskDefinition: 'web', desiredCount: 3 }),
    );
  }
}
