import { UNGUARDED } from '../../../activities/calls/call-guard.ts';
import { createVcpuQuotas } from '../../../activities/scalers/aws/_quotas.ts';
import { createEcsScaler } from '../../../activities/scalers/aws/ecs.ts';
import { createLambdaScaler } from '../../../activities/scalers/aws/lambda.ts';
import type { VendorConnection } from '../../../domain/connection.ts';
import type { ScalingTarget } from '../../../domain/fleet.ts';
import { target } from '../../support/planning.ts';
import { type SandboxProcess, startSandbox } from '../../support/sandbox.ts';

const REGION = 'eu-west-1';
const signal = new AbortController().signal;

const ecs = (id: string): ScalingTarget =>
  target({ id, region: REGION, reference: { cluster: 'weddings', service: id } });
const lambda = (id: string): ScalingTarget =>
  target({ id, service: 'aws.lambda', region: REGION, reference: { function: id, qualifier: 'live' } });

const tasks = (service: string, units: number, attributes: object = {}, cluster = 'weddings') => ({
  service: 'aws.ecs',
  region: REGION,
  reference: { cluster, service },
  autoscaled: false,
  units,
  attributes,
});
const provisioned = (name: string, units: number, attributes: object = {}) => ({
  service: 'aws.lambda',
  region: REGION,
  reference: { function: name, qualifier: 'live' },
  autoscaled: false,
  units,
  attributes,
});

let sandbox: SandboxProcess;
let connection: VendorConnection;

beforeAll(async () => {
  sandbox = await startSandbox({ timeScale: 600 });
  connection = { mode: 'sandbox', endpoint: sandbox.addresses.aws };
});
afterAll(() => sandbox.stop());

describe('quotas of Fargate against the sandbox', () => {
  const spotStrategy = [
    { capacityProvider: 'FARGATE', weight: 1, base: 2 },
    { capacityProvider: 'FARGATE_SPOT', weight: 3 },
  ];

  test('are what the account may have, and every task that it has', async () => {
    await sandbox.loadWorld({
      resources: [
        tasks('gallery', 150, { taskCpu: 1_024 }),
        tasks('albums', 10, { taskCpu: 2_048, capacityProviderStrategy: spotStrategy }),
        tasks('machines', 30, { launchType: 'EC2', taskCpu: 4_096 }),
        tasks('somebody-elses', 8, { taskCpu: 512 }, 'other'),
      ],
      quotas: [{ region: REGION, service: 'fargate', code: 'L-3032A538', limit: 180 }],
    });
    const scaler = createEcsScaler(connection, { guard: UNGUARDED });
    const readings = await scaler.quotas([ecs('gallery'), ecs('albums'), ecs('machines')], signal);
    expect(readings).toMatchObject([
      // 150 × 1, 8 × 0.5, and of the mixed service the base of 2 and a quarter of the other 8, × 2.
      { quota: 'L-3032A538', limit: 180, used: 162, perUnit: { gallery: 1, albums: 0.5 } },
      { quota: 'L-36FBB829', limit: 200_000, used: 12, perUnit: { albums: 1.5 } },
    ]);
  });

  test.each([
    ['GetServiceQuota', 'denied', 'PermissionDenied'],
    ['GetServiceQuota', 'throttle', 'Throttled'],
    ['GetAWSDefaultServiceQuota', 'serverError', 'Transient'],
    ['ListTasks', 'serverError', 'Transient'],
    ['DescribeTaskDefinition', 'denied', 'PermissionDenied'],
  ])('are no number where %s fails by %s', async (operation, kind, expected) => {
    await sandbox.loadWorld({ resources: [tasks('gallery', 0)] });
    await sandbox.faults({ match: { operation }, kind });
    const scaler = createEcsScaler(connection, { guard: UNGUARDED });
    await expect(scaler.quotas([ecs('gallery')], signal)).rejects.toMatchObject({ kind: expected });
  });
});

describe('quotas of Lambda against the sandbox', () => {
  test("are the account's, or a function's own reserved concurrency", async () => {
    await sandbox.loadWorld({
      resources: [
        provisioned('thumbnails', 20),
        provisioned('reserved', 30, { reservedUnits: 50 }),
        provisioned('somebody-elses', 5),
      ],
      quotas: [{ region: REGION, service: 'lambda', code: 'L-B99A9384', limit: 1_000 }],
    });
    const scaler = createLambdaScaler(connection, { guard: UNGUARDED });
    const readings = await scaler.quotas([lambda('thumbnails'), lambda('reserved')], signal);
    expect(readings).toMatchObject([
      { resource: 'reserved', limit: 50, used: 30, perUnit: { reserved: 1 } },
      { quota: 'L-B99A9384', limit: 1_000, used: 75, withheld: 100, perUnit: { thumbnails: 1 } },
    ]);
  });

  test('hold in the sandbox: what goes over the quota of the world is refused', async () => {
    await sandbox.loadWorld({
      resources: [provisioned('thumbnails', 20)],
      quotas: [{ region: REGION, service: 'lambda', code: 'L-B99A9384', limit: 150 }],
    });
    const scaler = createLambdaScaler(connection, { guard: UNGUARDED });
    const seen = (await scaler.read([lambda('thumbnails')], signal)).get('thumbnails');
    const set = (units: number) =>
      seen && scaler.apply(lambda('thumbnails'), seen, { kind: 'count', units }, 'key', signal);
    await expect(set(51)).rejects.toMatchObject({ kind: 'QuotaExceeded' });
    await expect(set(50)).resolves.toBeDefined();
  });
});

describe('vCPU quotas of EC2 against the sandbox', () => {
  const use = (instanceTypes: readonly string[], spotPercent = 0) => ({
    target: { id: 'nodes', region: REGION },
    instanceTypes,
    spotPercent,
  });

  test('count machines of the groups of the world', async () => {
    await sandbox.loadWorld({
      resources: [
        tasks('nodes', 1_200, { instanceType: 'm5.xlarge' }),
        tasks('others', 3, { instanceType: 'g5.xlarge' }),
        { ...tasks('mixed', 10, { instanceType: 'c5.large' }), onDemandPercent: 40 },
      ],
      quotas: [{ region: REGION, service: 'ec2', code: 'L-1216C47A', limit: 5_000 }],
    });
    const quotas = createVcpuQuotas({ connection, guard: UNGUARDED });
    expect(await quotas([use(['m5.large', 'm5.xlarge'], 50)], signal)).toMatchObject([
      { quota: 'L-1216C47A', limit: 5_000, used: 4_808, perUnit: { nodes: 2 } },
      { quota: 'L-34B43A08', limit: 200_000, used: 12, perUnit: { nodes: 2 } },
    ]);
  });

  test.each([
    ['DescribeInstances', 'denied', 'PermissionDenied'],
    ['DescribeInstances', 'throttle', 'Throttled'],
    ['DescribeInstanceTypes', 'serverError', 'Transient'],
  ])('are no number where %s fails by %s', async (operation, kind, expected) => {
    await sandbox.loadWorld({ resources: [] });
    await sandbox.faults({ match: { operation }, kind });
    const quotas = createVcpuQuotas({ connection, guard: UNGUARDED });
    await expect(quotas([use(['m5.large'])], signal)).rejects.toMatchObject({ kind: expected });
  });

  test('a type that EC2 does not have is InvalidTarget', async () => {
    await sandbox.loadWorld({ resources: [] });
    const quotas = createVcpuQuotas({ connection, guard: UNGUARDED });
    await expect(quotas([use(['m99.large'])], signal)).rejects.toMatchObject({
      kind: 'InvalidTarget',
      vendorCode: 'InvalidInstanceType',
    });
  });
});

test('a world whose quotas cannot be used is refused with every fault', async () => {
  const quotas = [
    { region: REGION, service: 'ec2', code: 'vCPUs', limit: 5 },
    { region: REGION, service: 'ec2', code: 'L-1216C47A', limit: -1 },
  ];
  await expect(sandbox.loadWorld({ quotas })).rejects.toThrow(
    /quotas\[0\]\.code: must be a code.*quotas\[1\]\.limit/,
  );
});
