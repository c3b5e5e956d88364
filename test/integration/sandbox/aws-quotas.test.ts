import { pino } from 'pino';
import { createAdapters } from '../../../activities/adapters.ts';
import { UNGUARDED } from '../../../activities/calls/call-guard.ts';
import { UNCACHED } from '../../../activities/calls/read-cache.ts';
import { createAwsChecker } from '../../../activities/connections/aws.ts';
import { readQuotas } from '../../../activities/quotas.ts';
import { createEc2Api } from '../../../activities/scalers/aws/_ec2-api.ts';
import { createQuotaLimits } from '../../../activities/scalers/aws/_quotas.ts';
import { vcpuQuotas } from '../../../activities/scalers/aws/_vcpu-quotas.ts';
import { createAsgScaler } from '../../../activities/scalers/aws/asg.ts';
import { createEcsScaler } from '../../../activities/scalers/aws/ecs.ts';
import { createEksScaler } from '../../../activities/scalers/aws/eks.ts';
import { createElastiCacheScaler } from '../../../activities/scalers/aws/elasticache.ts';
import { createLambdaScaler } from '../../../activities/scalers/aws/lambda.ts';
import { createRdsScaler } from '../../../activities/scalers/aws/rds.ts';
import { createVendorWatch } from '../../../activities/vendor-watch.ts';
import type { VendorConnection } from '../../../domain/connection.ts';
import type { ScalingTarget } from '../../../domain/fleet.ts';
import type { PlannedFloor, Requirements } from '../../../domain/plan.ts';
import { type QuotaReading, quotaFaults } from '../../../domain/quota.ts';
import type { Quota } from '../../../domain/service-descriptor.ts';
import { cacheTarget } from '../../support/fake-elasticache.ts';
import { rdsTarget } from '../../support/fake-rds.ts';
import { bookingsOf, fleetOf, planOf, target } from '../../support/planning.ts';
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
      {
        quota: 'L-3032A538',
        limit: 180,
        used: 162,
        perUnit: { gallery: 1, albums: 0.5 },
        counted: { gallery: 150, albums: 10 },
      },
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
      {
        quota: 'L-B99A9384',
        limit: 1_000,
        used: 75,
        withheld: 100,
        perUnit: { thumbnails: 1 },
        counted: { thumbnails: 20 },
      },
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
  const use = (types: readonly string[], spotPercent = 0) => ({
    target: { id: 'nodes', region: REGION },
    machines: types.map((instanceType) => ({ instanceType, units: 1 })),
    groups: [],
    spotPercent,
  });
  const reader = () => {
    const access = { connection, guard: UNGUARDED };
    return vcpuQuotas(createEc2Api(access), createQuotaLimits(access), UNCACHED);
  };

  test('count machines of the groups of the world', async () => {
    await sandbox.loadWorld({
      resources: [
        tasks('nodes', 1_200, { instanceType: 'm5.xlarge' }),
        tasks('others', 3, { instanceType: 'g5.xlarge' }),
        { ...tasks('mixed', 10, { instanceType: 'c5.large' }), onDemandPercent: 40 },
      ],
      quotas: [{ region: REGION, service: 'ec2', code: 'L-1216C47A', limit: 5_000 }],
    });
    const quotas = reader();
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
    const quotas = reader();
    await expect(quotas([use(['m5.large'])], signal)).rejects.toMatchObject({ kind: expected });
  });

  test('a type that EC2 does not have is InvalidTarget', async () => {
    await sandbox.loadWorld({ resources: [] });
    const quotas = reader();
    await expect(quotas([use(['m99.large'])], signal)).rejects.toMatchObject({
      kind: 'InvalidTarget',
      vendorCode: 'InvalidInstanceType',
    });
  });
});

const OPTIONS = { guard: UNGUARDED, cache: UNCACHED };

/** Floors on top of so many units that are there. */
function planned(readings: readonly QuotaReading[], more: Readonly<Record<string, number>>, there = 10) {
  const floors = Object.entries(more).map(
    ([targetId, units]) => ({ targetId, step: 0, floorUnits: there + units }) as PlannedFloor,
  );
  const live: Requirements['live'] = Object.fromEntries(
    Object.keys(more).map((id) => [id, { floorUnits: there, servingUnits: there }]),
  );
  return quotaFaults(readings, floors, live);
}

describe('quotas of groups of machines against the sandbox', () => {
  const asg = (group: string, fields: Partial<ScalingTarget> = {}): ScalingTarget =>
    target({ id: group, service: 'aws.asg', region: REGION, reference: { group }, ...fields });
  const eks = (nodegroup: string): ScalingTarget =>
    target({
      id: nodegroup,
      service: 'aws.eks',
      region: REGION,
      reference: { cluster: 'weddings', nodegroup },
    });
  const machines = (service: string, reference: object, attributes: object, fields: object = {}) => ({
    service,
    region: REGION,
    reference,
    autoscaled: false,
    minimumUnits: 2,
    maximumUnits: 100,
    units: 10,
    attributes,
    ...fields,
  });
  const group = (name: string, attributes: object, fields: object = {}) =>
    machines('aws.asg', { group: name }, attributes, fields);
  const nodegroup = (name: string, attributes: object) =>
    machines('aws.eks', { cluster: 'weddings', nodegroup: name }, attributes);
  const allow = (code: string, limit: number, service = 'ec2') => ({ region: REGION, service, code, limit });
  const ofGroups = (...targets: readonly ScalingTarget[]) =>
    createAsgScaler(connection, OPTIONS).quotas(targets, signal);
  const ofNodegroups = (...targets: readonly ScalingTarget[]) =>
    createEksScaler(connection, OPTIONS).quotas(targets, signal);

  test('an Auto Scaling group and a node group share one quota: a plan of each has room, one of both has not', async () => {
    await sandbox.loadWorld({
      resources: [
        group('web', { instanceType: 'm5.xlarge' }),
        nodegroup('nodes', { instanceType: 'c5.2xlarge' }),
      ],
      quotas: [allow('L-1216C47A', 250)],
    });
    const [web, nodes] = [{ ...asg('web'), workload: 'web' }, eks('nodes')];
    const adapters = createAdapters({
      connections: { aws: connection },
      timeScale: 1,
      credentials: {},
      log: pino({ level: 'silent' }),
      ...OPTIONS,
    });
    const watch = createVendorWatch(5_000);
    const planFor = async (...targets: readonly ScalingTarget[]) => {
      const quotas = await readQuotas({ adapters, log: pino({ level: 'silent' }) }, targets, watch.call);
      const fleet = fleetOf(targets, {
        markets: [{ id: 'a', name: 'a', timeZone: 'UTC', allowedRegions: [REGION] }],
        workloads: targets.map(({ workload: id }) => ({ id, unit: 'requests', demandPerUser: 1 })),
      });
      // 22 units of each target, 10 of which are there.
      const bookings = bookingsOf({ a: 2_200 });
      return planOf(fleet, { bookings, markets: ['a'], live: { web: 10, nodes: 10 }, quotas });
    };
    expect((await planFor(web)).status).toBe('planned');
    expect((await planFor(nodes)).status).toBe('planned');
    const refused = await planFor(web, nodes);
    // 10 × 4 and 10 × 8 are used; 12 × 4 and 12 × 8 are needed.
    expect(refused).toMatchObject({
      status: 'infeasible',
      infeasibilities: [
        {
          constraint: 'quota',
          resource: 'ec2/L-1216C47A/eu-west-1',
          shortfall: 14,
          quota: { limit: 250, used: 120, needed: 144, desired: 264 },
          message: expect.stringContaining(
            'need 144 on top in step 0: 14 too many. Request more, then plan again: ' +
              'aws service-quotas request-service-quota-increase --service-code ec2 --quota-code L-1216C47A --desired-value 264 --region eu-west-1',
          ),
        },
      ],
    });
  });

  test('a declared share counts against the Spot quota, with what it has replaced', async () => {
    await sandbox.loadWorld({
      resources: [group('web', { instanceType: 'm5.xlarge' }, { onDemandPercent: 100 })],
      quotas: [allow('L-34B43A08', 20)],
    });
    const readings = await ofGroups(asg('web', { spotPercent: 40 }));
    expect(readings).toMatchObject([
      { quota: 'L-1216C47A', used: 40, perUnit: { web: expect.closeTo(2.4, 6) } },
      { quota: 'L-34B43A08', limit: 20, used: 0, perUnit: { web: 1.6 }, perRaise: { web: 16 } },
    ]);
    expect(planned(readings, { web: 2 })).toEqual([]);
    expect(planned(readings, { web: 3 })).toMatchObject([{ quota: { code: 'L-34B43A08', desired: 21 } }]);
  });

  test('units that are weights are parts of a machine', async () => {
    const weights = { instanceType: 'm5.xlarge', weightedCapacity: 2 };
    await sandbox.loadWorld({ resources: [group('web', weights, { onDemandPercent: 50 })] });
    expect(await ofGroups(asg('web'))).toMatchObject([
      { quota: 'L-1216C47A', used: 12, perUnit: { web: 1 }, counted: { web: 10 } },
      { quota: 'L-34B43A08', used: 8, perUnit: { web: 1 } },
    ]);
  });

  test('node groups say their type themselves or by a launch template, and Spot counts as such', async () => {
    await sandbox.loadWorld({
      resources: [
        nodegroup('listed', { instanceType: 'g5.xlarge' }),
        nodegroup('launched', { instanceType: 'm6i.xlarge', launchTemplate: true, capacityType: 'SPOT' }),
      ],
      quotas: [allow('L-BD136A63', 12, 'eks')],
    });
    const readings = await ofNodegroups(eks('listed'), eks('launched'));
    expect(readings).toMatchObject([
      { quota: 'L-DB2E81BA', used: 40, perUnit: { listed: 4 }, counted: { listed: 10, launched: 10 } },
      { quota: 'L-34B43A08', used: 40, perUnit: { launched: 4 } },
      { quota: 'L-BD136A63', resource: 'weddings/listed', limit: 12, used: 10 },
      { quota: 'L-BD136A63', resource: 'weddings/launched', limit: 12, used: 10 },
    ]);
    const [fault, ...more] = planned(readings, { listed: 3, launched: 2 });
    expect(more).toEqual([]);
    expect(fault).toMatchObject({ resource: 'eks/L-BD136A63/eu-west-1/weddings/listed', shortfall: 1 });
    expect(fault?.message).toContain('--service-code eks --quota-code L-BD136A63 --desired-value 13 ');
  });

  test.each([
    ['DescribeLaunchTemplateVersions', 'denied', 'PermissionDenied'],
    ['DescribeAutoScalingGroups', 'throttle', 'Throttled'],
  ])('are no number where %s fails by %s', async (operation, kind, expected) => {
    await sandbox.loadWorld({ resources: [group('web', {})] });
    await sandbox.faults({ match: { operation }, kind });
    await expect(ofGroups(asg('web'))).rejects.toMatchObject({ kind: expected });
  });
});

describe('quotas of databases against the sandbox', () => {
  const RDS = { service: 'aws.rds', region: REGION, autoscaled: false };
  const readers = rdsTarget('readers', { cluster: 'weddings' });
  const storage = rdsTarget('storage', { instance: 'ledger' });
  const WORLD = [
    { ...RDS, lever: 'readers', reference: { cluster: 'weddings' }, units: 2 },
    { ...RDS, lever: 'storage', reference: { instance: 'ledger' }, units: 400 },
  ];
  const allow = (service: string, code: string, limit: number) => ({ region: REGION, service, code, limit });

  test('RDS counts writers, readers and volumes that are not of Aurora', async () => {
    await sandbox.loadWorld({
      resources: WORLD,
      quotas: [allow('rds', 'L-7B6409FD', 6), allow('rds', 'L-7ADDB58A', 1_000)],
    });
    const readings = await createRdsScaler(connection, OPTIONS).quotas([readers, storage], signal);
    expect(readings).toMatchObject([
      { quota: 'L-7B6409FD', limit: 6, used: 4, perUnit: { [readers.id]: 1 } },
      { quota: 'L-7ADDB58A', limit: 1_000, used: 400, perUnit: { [storage.id]: 1 } },
    ]);
    const [fault] = planned(readings, { [readers.id]: 3 }, 2);
    expect(fault?.message).toContain('--service-code rds --quota-code L-7B6409FD --desired-value 7 ');
  });

  test('hold in the sandbox: one reader or GiB too many is refused', async () => {
    await sandbox.loadWorld({
      resources: WORLD,
      quotas: [allow('rds', 'L-7B6409FD', 4), allow('rds', 'L-7ADDB58A', 500)],
    });
    const scaler = createRdsScaler(connection, OPTIONS);
    const states = await scaler.read([readers, storage], signal);
    const raised = async (one: ScalingTarget, units: number) => {
      const seen = states.get(one.id);
      return seen && scaler.apply(one, seen, { kind: 'count', units }, 'key', signal);
    };
    await expect(raised(readers, 3)).rejects.toMatchObject({ vendorCode: 'InstanceQuotaExceeded' });
    await expect(raised(storage, 600)).rejects.toMatchObject({ kind: 'QuotaExceeded' });
    await expect(raised(storage, 500)).resolves.toBeDefined();
  });

  test('are no number where DescribeAccountAttributes is denied', async () => {
    await sandbox.loadWorld({ resources: WORLD });
    await sandbox.faults({ match: { operation: 'DescribeAccountAttributes' }, kind: 'denied' });
    const read = createRdsScaler(connection, OPTIONS).quotas([readers], signal);
    await expect(read).rejects.toMatchObject({ kind: 'PermissionDenied' });
  });

  test('ElastiCache counts nodes of the region and of a cluster, and refuses more', async () => {
    const cache = { service: 'aws.elasticache', region: REGION, autoscaled: false };
    const albums = { ...cache, reference: { replicationGroup: 'albums' } };
    await sandbox.loadWorld({
      resources: [
        { ...albums, lever: 'replicas', units: 1 },
        { ...albums, lever: 'shards', units: 3 },
        { ...cache, lever: 'replicas', reference: { replicationGroup: 'guests' }, units: 2 },
      ],
      quotas: [allow('elasticache', 'L-AF354865', 8), allow('elasticache', 'L-DFE45DF3', 100)],
    });
    const replicas = cacheTarget('replicas', 'albums');
    const shards = cacheTarget('shards', 'albums');
    const scaler = createElastiCacheScaler(connection, OPTIONS);
    expect(await scaler.quotas([replicas, shards], signal)).toMatchObject([
      { quota: 'L-DFE45DF3', limit: 100, used: 9, perUnit: { [replicas.id]: 3, [shards.id]: 2 } },
      { quota: 'L-AF354865', resource: 'albums', limit: 8, used: 6 },
    ]);
    const seen = (await scaler.read([replicas], signal)).get(replicas.id);
    const write = seen && scaler.apply(replicas, seen, { kind: 'count', units: 2 }, 'key', signal);
    await expect(write).rejects.toMatchObject({ vendorCode: 'NodeQuotaForClusterExceeded' });
  });
});

test('the test of a connection reads the same limits: those of the account, else the default', async () => {
  await sandbox.loadWorld({ quotas: [{ region: REGION, service: 'ec2', code: 'L-1216C47A', limit: 640 }] });
  const options = { guard: UNGUARDED, regions: [REGION], resourceArns: [] };
  const limit = (code: string) =>
    createAwsChecker(connection, options).quota?.(REGION, { quotaService: 'ec2', code } as Quota, signal);
  expect([await limit('L-1216C47A'), await limit('L-34B43A08')]).toEqual([640, 200_000]);
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
