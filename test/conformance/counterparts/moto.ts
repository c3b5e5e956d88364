import { deepStrictEqual, equal, ok } from 'node:assert/strict';
import {
  ApplicationAutoScalingClient,
  DescribeScalableTargetsCommand,
  RegisterScalableTargetCommand,
} from '@aws-sdk/client-application-auto-scaling';
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
import { freePort } from '../../../worker/embedded/free-port.ts';
import { targetOf } from '../cloud-targets.ts';
import { environmentWith } from '../config.ts';
import type { Counterpart } from '../counterpart.ts';
import type { Matrix } from '../matrix.ts';
import { answers, startServer } from '../processes.ts';
import { pythonEnvironment } from '../python-environment.ts';
import { progressOf, raise, readOne, refusedAs, restore, set, settled } from '../scaler-moves.ts';
import { checkRouter } from './moto-route-53.ts';

const REGION = 'eu-west-1';
const CLUSTER = 'weddings';
const COUNT = 'aws.ecs';
const RANGE = 'aws.ecs (Application Auto Scaling)';

/** Another stand-in for AWS, by others: the scaler and the router against it, looked at with the plain SDK. */
export const moto: Counterpart = {
  id: 'moto',
  services: [COUNT, RANGE, 'aws.route53'],
  async run(matrix, { cacheFolder }) {
    const environment = await pythonEnvironment(cacheFolder);
    const port = await freePort();
    const endpoint = `http://127.0.0.1:${port}`;
    const args = ['-H', '127.0.0.1', '-p', String(port)];
    const ready = () => answers(`${endpoint}/moto-api/`);
    const server = await startServer('moto', environment.command('moto_server'), args, ready, {
      env: environmentWith({ AWS_PROFILE: undefined, PYTHONDONTWRITEBYTECODE: '1' }),
    });
    try {
      await checkEcs(matrix, endpoint);
      await checkRouter(matrix, endpoint);
    } finally {
      await server.stop();
    }
  },
};

/** Plain clients, made apart from the product's own. */
function clients(endpoint: string) {
  const credentials = { accessKeyId: 'observer', secretAccessKey: 'observer' };
  const options = { endpoint, region: REGION, credentials };
  return { ecs: new ECSClient(options), scaling: new ApplicationAutoScalingClient(options) };
}

async function createServices({ ecs, scaling }: ReturnType<typeof clients>): Promise<void> {
  await ecs.send(new CreateClusterCommand({ clusterName: CLUSTER }));
  const containerDefinitions = [{ name: 'web', image: 'registry.example/web:1', memory: 512 }];
  await ecs.send(new RegisterTaskDefinitionCommand({ family: 'web', containerDefinitions }));
  for (const serviceName of ['uploads', 'gallery']) {
    await ecs.send(
      new CreateServiceCommand({ cluster: CLUSTER, serviceName, taskDefinition: 'web', desiredCount: 3 }),
    );
  }
  await scaling.send(
    new RegisterScalableTargetCommand({
      ServiceNamespace: 'ecs',
      ResourceId: `service/${CLUSTER}/gallery`,
      ScalableDimension: 'ecs:service:DesiredCount',
      MinCapacity: 3,
      MaxCapacity: 8,
    }),
  );
}

async function checkEcs(matrix: Matrix, endpoint: string): Promise<void> {
  const observer = clients(endpoint);
  await createServices(observer);
  const scaler = createEcsScaler({ mode: 'sandbox', endpoint }, { guard: UNGUARDED });
  await checkCount(matrix, observer, scaler);
  await checkRange(matrix, observer, scaler);
}

type Observer = ReturnType<typeof clients>;
type EcsScaler = ReturnType<typeof createEcsScaler>;

async function desiredCount({ ecs }: Observer, service: string): Promise<number | undefined> {
  const answer = await ecs.send(new DescribeServicesCommand({ cluster: CLUSTER, services: [service] }));
  return answer.services?.[0]?.desiredCount;
}

async function checkCount(matrix: Matrix, observer: Observer, scaler: EcsScaler): Promise<void> {
  const check = (name: string, body: () => Promise<void>) => matrix.check(COUNT, 'moto', name, body);
  const uploads = targetOf(COUNT, REGION, { cluster: CLUSTER, service: 'uploads' }, false);
  const before = { kind: 'count', units: 3 } as const;
  await check('reads the count of a service without an autoscaler', async () =>
    deepStrictEqual((await readOne(scaler, uploads)).owned, before),
  );
  await check('raises the count, and settles', async () => {
    const { want } = await raise(scaler, uploads, 12);
    equal(await desiredCount(observer, 'uploads'), 12);
    equal(await settled(scaler, uploads, want), 12);
  });
  await check('applied twice is applied once', async () => {
    await set(scaler, uploads, await readOne(scaler, uploads), { kind: 'count', units: 12 });
    equal(await desiredCount(observer, 'uploads'), 12);
  });
  await check('restores the count exactly', async () => {
    await restore(scaler, uploads, before);
    equal(await desiredCount(observer, 'uploads'), 3);
  });
  await check('a service or a cluster that does not exist is NotFound', async () => {
    for (const [cluster, service] of [
      [CLUSTER, 'nobody'],
      ['nowhere', 'uploads'],
    ] as const) {
      const target = targetOf(COUNT, REGION, { cluster, service }, false);
      await refusedAs('NotFound', () => readOne(scaler, target));
    }
  });
}

async function checkRange(matrix: Matrix, observer: Observer, scaler: EcsScaler): Promise<void> {
  const check = (name: string, body: () => Promise<void>) => matrix.check(RANGE, 'moto', name, body);
  const gallery = targetOf(COUNT, REGION, { cluster: CLUSTER, service: 'gallery' }, true);
  const before = { kind: 'range', minimumUnits: 3, maximumUnits: 8 } as const;
  const stored = async () => {
    const command = new DescribeScalableTargetsCommand({ ServiceNamespace: 'ecs' });
    const found = (await observer.scaling.send(command)).ScalableTargets ?? [];
    return found.map(({ ResourceId, MinCapacity, MaxCapacity }) => [ResourceId, MinCapacity, MaxCapacity]);
  };
  await check('reads minimum and maximum', async () =>
    deepStrictEqual((await readOne(scaler, gallery)).owned, before),
  );
  await check('raises the minimum, lifts the maximum only where needed, leaves the count alone', async () => {
    await raise(scaler, gallery, 6);
    deepStrictEqual(await stored(), [[`service/${CLUSTER}/gallery`, 6, 8]]);
    await raise(scaler, gallery, 12);
    deepStrictEqual(await stored(), [[`service/${CLUSTER}/gallery`, 12, 12]]);
    equal(await desiredCount(observer, 'gallery'), 3);
  });
  await check('is moving until the tasks run, whatever was accepted', async () => {
    const want = { kind: 'range', minimumUnits: 12, maximumUnits: 12 } as const;
    const { servingUnits } = await readOne(scaler, gallery);
    ok(servingUnits !== null && servingUnits < 12, `${servingUnits} tasks run`);
    const progress = await progressOf(scaler, gallery, want);
    deepStrictEqual([progress.status, progress.servingUnits], ['moving', servingUnits]);
    // moto stores a minimum and does not act on it; this is what an autoscaler would do.
    const raised = { cluster: CLUSTER, service: 'gallery', desiredCount: 12 };
    await observer.ecs.send(new UpdateServiceCommand(raised));
    equal(await settled(scaler, gallery, want), 12);
  });
  await check('restores minimum and maximum exactly', async () => {
    await restore(scaler, gallery, before);
    deepStrictEqual(await stored(), [[`service/${CLUSTER}/gallery`, 3, 8]]);
  });
}
