import { UNGUARDED } from '../../../../../activities/calls/call-guard.ts';
import { type ReadCache, UNCACHED } from '../../../../../activities/calls/read-cache.ts';
import type { Ec2Api, RunningMachine } from '../../../../../activities/scalers/aws/_ec2-api.ts';
import type { EcsService } from '../../../../../activities/scalers/aws/_ecs-api.ts';
import { ecsQuotas, fargateShares } from '../../../../../activities/scalers/aws/_ecs-quotas.ts';
import { createEcsUsageApi, type FargateTask } from '../../../../../activities/scalers/aws/_ecs-usage-api.ts';
import { lambdaQuotas } from '../../../../../activities/scalers/aws/_lambda-quotas.ts';
import { createQuotaLimits, type QuotaLimits } from '../../../../../activities/scalers/aws/_quotas.ts';
import { type MachineUse, vcpuQuotas } from '../../../../../activities/scalers/aws/_vcpu-quotas.ts';
import { ProviderError } from '../../../../../domain/errors.ts';
import { EC2_VCPU_QUOTAS, vcpuQuotaOf } from '../../../../../domain/services/ec2-vcpu-quotas.ts';
import { target } from '../../../../support/planning.ts';
import { type ScriptedVendor, startScriptedVendor } from '../../../../support/scripted-vendor.ts';

const signal = new AbortController().signal;
const limits = async () => 100;

let vendor: ScriptedVendor;
beforeAll(async () => {
  vendor = await startScriptedVendor();
});
afterAll(() => vendor.stop());
beforeEach(() => vendor.reset());

const access = () => ({
  connection: { mode: 'sandbox', endpoint: vendor.endpoint } as const,
  guard: UNGUARDED,
});

describe('limits from Service Quotas', () => {
  const FARGATE = { quotaService: 'fargate', code: 'L-3032A538' };
  const limit = () => createQuotaLimits(access())('eu-west-1', FARGATE, signal);
  const refusal = (code: string) => ({ status: 400, body: { __type: code, Message: 'no' } });

  test("the account's own value is asked for first", async () => {
    vendor.answer = () => ({ body: { Quota: { Value: 4_000 } } });
    expect(await limit()).toBe(4_000);
    expect(vendor.received.map(({ operation, body }) => [operation, JSON.parse(body)])).toEqual([
      ['GetServiceQuota', { ServiceCode: 'fargate', QuotaCode: 'L-3032A538' }],
    ]);
  });

  test('where the account has none, the default holds', async () => {
    vendor.answer = ({ operation }) =>
      operation === 'GetServiceQuota'
        ? refusal('NoSuchResourceException')
        : { body: { Quota: { Value: 6 } } };
    expect(await limit()).toBe(6);
  });

  test.each([
    ['AccessDeniedException', 'PermissionDenied'],
    ['TooManyRequestsException', 'Throttled'],
    ['ServiceException', 'Transient'],
  ])('%s is %s and never the default', async (code, kind) => {
    vendor.answer = () => refusal(code);
    await expect(limit()).rejects.toMatchObject({ kind });
    expect(vendor.received).toHaveLength(1);
  });

  test('a quota nobody knows is NotFound', async () => {
    vendor.answer = () => refusal('NoSuchResourceException');
    await expect(limit()).rejects.toMatchObject({ kind: 'NotFound' });
  });

  test.each([
    ['no value', {}],
    [
      'a value with a reason why it is none',
      { Value: 0, ErrorReason: { ErrorCode: 'DEPENDENCY_SERVICE_ERROR' } },
    ],
  ])('%s is no number', async (_what, Quota) => {
    vendor.answer = () => ({ body: { Quota } });
    await expect(limit()).rejects.toMatchObject({ kind: 'Transient' });
  });
});

describe('vCPU quotas of EC2', () => {
  test.each([
    ['m5.large', 'on-demand', 'L-1216C47A'],
    ['t3.medium', 'spot', 'L-34B43A08'],
    ['im4gn.large', 'on-demand', 'L-1216C47A'],
    ['is4gen.large', 'on-demand', 'L-1216C47A'],
    ['inf2.xlarge', 'on-demand', 'L-1945791B'],
    ['trn1.2xlarge', 'spot', 'L-6B0D517C'],
    ['dl1.24xlarge', 'on-demand', 'L-6E869C2A'],
    ['hpc7g.4xlarge', 'on-demand', 'L-F7808C92'],
    ['g5.xlarge', 'spot', 'L-3819A6DF'],
    ['gr6.4xlarge', 'on-demand', 'L-DB2E81BA'],
    ['vt1.3xlarge', 'on-demand', 'L-DB2E81BA'],
    ['p5.48xlarge', 'on-demand', 'L-417A185B'],
    ['p4d.24xlarge', 'spot', 'L-7212CCBC'],
    ['p5.48xlarge', 'spot', 'L-C4BD4855'],
    ['u-6tb1.56xlarge', 'on-demand', 'L-43DA4232'],
    ['u7i-12tb.224xlarge', 'on-demand', 'L-43DA4232'],
    ['x2gd.large', 'on-demand', 'L-7295265B'],
    ['mac2.metal', 'on-demand', undefined],
    ['hpc7g.4xlarge', 'spot', undefined],
  ] as const)('%s %s counts against %s', (type, purchase, code) => {
    expect(vcpuQuotaOf(type, purchase)?.code).toBe(code);
  });

  test('are sorted by code, and no type counts against two of a purchase', () => {
    const codes = EC2_VCPU_QUOTAS.map(({ code }) => code);
    expect(codes).toEqual([...new Set(codes)].toSorted());
    for (const type of ['m5.large', 'g5.xlarge', 'p5.48xlarge', 'i3.large', 'inf1.xlarge', 'trn1.2xlarge']) {
      const spot = EC2_VCPU_QUOTAS.filter(({ purchase, types }) => purchase === 'spot' && types.test(type));
      expect(spot).toHaveLength(1);
    }
  });

  const VCPUS: Readonly<Record<string, number>> = {
    'm5.large': 2,
    'm5.xlarge': 4,
    'c5.xlarge': 4,
    'g5.xlarge': 4,
  };

  class FakeEc2 implements Pick<Ec2Api, 'running' | 'vcpus'> {
    readonly calls: string[] = [];
    machines: readonly RunningMachine[] = [];
    sizes = VCPUS;
    async vcpus(region: string, types: readonly string[]) {
      this.calls.push(`types ${region} ${types.join()}`);
      return new Map(Object.entries(this.sizes).filter(([type]) => types.includes(type)));
    }
    async running(region: string) {
      this.calls.push(`running ${region}`);
      return this.machines;
    }
  }

  const use = (id: string, types: readonly string[], spotPercent = 0): MachineUse => ({
    target: { id, region: 'eu-west-1' },
    machines: types.map((instanceType) => ({ instanceType, units: 1 })),
    groups: [`${id}-group`],
    spotPercent,
  });

  test('say how many units of a target run or are about to, of whatever purchase, by their weights', async () => {
    const ec2 = new FakeEc2();
    const of = (group: string, instanceType: string, spot = false) => ({ instanceType, spot, group });
    ec2.machines = [
      of('a-group', 'm5.large'),
      of('a-group', 'm5.xlarge', true),
      of('a-group', 'c5.xlarge'),
      of('others', 'm5.large'),
      { instanceType: 'm5.large', spot: false },
    ];
    const weighted = {
      ...use('a', ['m5.large', 'm5.xlarge']),
      machines: [
        { instanceType: 'm5.large', units: 2 },
        { instanceType: 'm5.xlarge', units: 4 },
      ],
    };
    const readings = await vcpuQuotas(ec2, limits, UNCACHED)([weighted, use('b', ['m5.large'])], signal);
    // The c5.xlarge is of no type that is listed any more: the least of the weights.
    expect(readings).toMatchObject([{ quota: 'L-1216C47A', used: 10, counted: { a: 8, b: 0 } }]);
  });

  test('count every machine of the account that runs, by family and purchase', async () => {
    const ec2 = new FakeEc2();
    ec2.machines = [
      { instanceType: 'm5.large', spot: false },
      { instanceType: 'c5.xlarge', spot: false },
      { instanceType: 'm5.xlarge', spot: true },
      { instanceType: 'g5.xlarge', spot: false },
    ];
    const readings = await vcpuQuotas(ec2, limits, UNCACHED)([use('a', ['m5.large'], 25)], signal);
    expect(readings).toEqual([
      expect.objectContaining({
        quota: 'L-1216C47A',
        quotaService: 'ec2',
        limit: 100,
        used: 6,
        perUnit: { a: 1.5 },
      }),
      expect.objectContaining({ quota: 'L-34B43A08', used: 4, perUnit: { a: 0.5 }, unit: 'vCPU' }),
    ]);
  });

  test('take the largest type a machine may be of, in each family', async () => {
    const readings = await vcpuQuotas(
      new FakeEc2(),
      limits,
      UNCACHED,
    )([use('a', ['m5.large', 'm5.xlarge', 'g5.xlarge'])], signal);
    expect(readings.map(({ quota, perUnit }) => [quota, perUnit.a])).toEqual([
      ['L-1216C47A', 4],
      ['L-DB2E81BA', 4],
    ]);
  });

  test('take the most vCPUs that a unit may be, where a machine is several units', async () => {
    const machines = [
      { instanceType: 'm5.xlarge', units: 4 },
      { instanceType: 'm5.large', units: 1 },
    ];
    const [reading] = await vcpuQuotas(
      new FakeEc2(),
      limits,
      UNCACHED,
    )([{ ...use('a', []), machines }], signal);
    expect(reading?.perUnit).toEqual({ a: 2 });
  });

  test('count what a changed share of interruptible machines has replaced', async () => {
    const replaced = { by: 'spot', units: 3 } as const;
    const readings = await vcpuQuotas(
      new FakeEc2(),
      limits,
      UNCACHED,
    )([{ ...use('a', ['m5.xlarge'], 25), replaced }], signal);
    expect(readings).toMatchObject([
      { quota: 'L-1216C47A', perUnit: { a: 3 } },
      { quota: 'L-34B43A08', perUnit: { a: 1 }, perRaise: { a: 12 } },
    ]);
    expect(readings[0]).not.toHaveProperty('perRaise');
  });

  test('keep the sizes of types for a day, and neither limits nor use; ask for nothing where no quota counts', async () => {
    const ec2 = new FakeEc2();
    const kept = new Map<string, unknown>();
    const cache: ReadCache = {
      cached: async <T>(key: string, ttlMs: number, read: () => Promise<T>) => {
        expect(ttlMs).toBe(24 * 3_600_000);
        if (!kept.has(key)) kept.set(key, JSON.parse(JSON.stringify(await read())));
        return kept.get(key) as T;
      },
    };
    const asked: string[] = [];
    const counting: QuotaLimits = async (_region, { code }) => {
      asked.push(code);
      return 100 + asked.length;
    };
    const quotas = vcpuQuotas(ec2, counting, cache);
    const first = await quotas([use('a', ['m5.large'])], signal);
    ec2.machines = [{ instanceType: 'm5.large', spot: false }];
    const second = await quotas([use('a', ['m5.large'])], signal);
    expect([first[0], second[0]]).toMatchObject([
      { limit: 101, used: 0 },
      { limit: 102, used: 2 },
    ]);
    expect(await quotas([use('m', ['mac2.metal'])], signal)).toEqual([]);
    expect(ec2.calls).toEqual(['running eu-west-1', 'types eu-west-1 m5.large', 'running eu-west-1']);
    expect([...kept.keys()]).toEqual(['aws/eu-west-1/vcpus/m5.large']);
  });

  test('an answer that lacks a type is not kept', async () => {
    let refused = 0;
    const cache: ReadCache = {
      cached: (_key, _ttlMs, read) =>
        read().catch((error: unknown) => {
          refused += 1;
          throw error;
        }),
    };
    const quotas = vcpuQuotas(new FakeEc2(), limits, cache);
    await expect(quotas([use('a', ['m9.large'])], signal)).rejects.toMatchObject({ kind: 'Transient' });
    expect(refused).toBe(1);
  });

  test('ask for the sizes of many types a hundred at a time, and of none that counts elsewhere', async () => {
    const ec2 = new FakeEc2();
    const types = Array.from({ length: 150 }, (_, index) => `m${index}.x`);
    ec2.machines = [
      ...types.map((instanceType) => ({ instanceType, spot: false })),
      { instanceType: 'g5.xlarge', spot: false },
      { instanceType: 'm9.unknown', spot: true },
    ];
    ec2.sizes = { ...VCPUS, ...Object.fromEntries(types.map((type) => [type, 1])) };
    await vcpuQuotas(ec2, limits, UNCACHED)([use('a', ['m5.large'])], signal);
    const asked = ec2.calls.filter((call) => call.startsWith('types')).map((call) => call.split(',').length);
    expect(asked).toEqual([100, 51]);
  });
});

describe('quotas of ECS', () => {
  const line = (provider: string, weight: number, base = 0) => ({ provider, weight, base });
  test.each([
    ['a Fargate launch type', 'FARGATE', [], { onDemand: 1, spot: 0 }],
    ['machines of their own', 'EC2', [], { onDemand: 0, spot: 0 }],
    ['weights', undefined, [line('FARGATE', 1, 2), line('FARGATE_SPOT', 3)], { onDemand: 0.25, spot: 0.75 }],
    ['part on machines', undefined, [line('FARGATE', 1), line('machines', 1)], { onDemand: 0.5, spot: 0 }],
    [
      'a base without a weight',
      undefined,
      [line('FARGATE', 0, 5), line('FARGATE_SPOT', 0)],
      { onDemand: 1, spot: 0 },
    ],
    [
      'a base beside a weight',
      undefined,
      [line('FARGATE', 0, 5), line('FARGATE_SPOT', 1)],
      { onDemand: 0, spot: 1 },
    ],
  ] as const)('further tasks go to Fargate by %s', (_what, launchType, strategy, shares) => {
    expect(fargateShares({ launchType, strategy })).toEqual(shares);
  });

  const service = (fields: Partial<EcsService> = {}): EcsService => ({
    service: 'gallery',
    status: 'ACTIVE',
    desiredUnits: 4,
    runningUnits: 4,
    deployments: 1,
    lastEvent: '',
    blockedBy: '',
    launchType: 'FARGATE',
    strategy: [],
    taskDefinition: 'gallery:1',
    ...fields,
  });

  function quotas(services: Readonly<Record<string, EcsService>>, tasks: readonly FargateTask[] = []) {
    const calls: string[] = [];
    const reader = ecsQuotas({
      services: async (_region, targets) =>
        targets.flatMap(({ id }) =>
          services[id] ? [{ id, name: `weddings/${id}`, service: services[id] }] : [],
        ),
      usage: {
        vcpusOf: async (region, definition) => {
          calls.push(`size ${region} ${definition}`);
          return definition === 'gallery:1' ? 0.5 : 2;
        },
        fargateTasks: async (region) => {
          calls.push(`tasks ${region}`);
          return tasks;
        },
      },
      limits,
    });
    const targets = Object.keys(services).map((id) => target({ id, region: 'eu-west-1' }));
    return { calls, read: () => reader.quotas(targets, signal) };
  }

  test('count vCPUs of every task of the account, on demand and interruptible apart', async () => {
    const mixed = service({
      launchType: undefined,
      strategy: [line('FARGATE', 1), line('FARGATE_SPOT', 1)],
      taskDefinition: 'albums:3',
    });
    const tasks = [
      { definition: 'gallery:1', service: 'weddings/a', vcpus: 0.5, spot: false },
      { definition: 'others:9', service: 'others/a', vcpus: 4, spot: false },
      { definition: 'others:9', service: 'weddings/c', vcpus: 2, spot: true },
    ];
    const { calls, read } = quotas({ a: service(), b: service(), c: mixed }, tasks);
    expect(await read()).toEqual([
      {
        provider: 'aws',
        quota: 'L-3032A538',
        title: 'Fargate On-Demand vCPU resource count',
        quotaService: 'fargate',
        region: 'eu-west-1',
        unit: 'vCPU',
        limit: 100,
        used: 4.5,
        perUnit: { a: 0.5, b: 0.5, c: 1 },
        counted: { a: 1, b: 0, c: 1 },
      },
      expect.objectContaining({ quota: 'L-36FBB829', used: 2, perUnit: { c: 1 } }),
    ]);
    // What runs already has its size with it.
    expect(calls).toEqual(['tasks eu-west-1', 'size eu-west-1 albums:3']);
  });

  test('ask for nothing where no service is on Fargate', async () => {
    const { calls, read } = quotas({ a: service({ launchType: 'EC2' }) });
    expect(await read()).toEqual([]);
    expect(calls).toEqual([]);
  });

  test('a service whose tasks have no size to be known is said, not guessed', async () => {
    const { read } = quotas({ a: service({ taskDefinition: '' }) });
    await expect(read()).rejects.toMatchObject({ kind: 'InvalidTarget' });
  });
});

describe('what runs on Fargate', () => {
  const usage = () => createEcsUsageApi(access());

  test('is every task of every cluster, page by page, without those on machines or gone meanwhile', async () => {
    const task = (taskArn: string, fields: object) => ({
      taskArn,
      clusterArn: 'arn:aws:ecs:eu-west-1:123456789012:cluster/weddings',
      group: 'service:gallery',
      cpu: '512',
      launchType: 'FARGATE',
      taskDefinitionArn: 'gallery:1',
      ...fields,
    });
    vendor.answer = ({ operation, body }) => {
      const { nextToken, cluster } = JSON.parse(body) as { nextToken?: string; cluster?: string };
      switch (operation) {
        case 'ListClusters':
          return { body: nextToken ? { clusterArns: ['c2'] } : { clusterArns: ['c1'], nextToken: 'more' } };
        case 'ListTasks':
          if (cluster === 'c2') return { body: { taskArns: [] } };
          return {
            body: nextToken ? { taskArns: ['t3', 't4'] } : { taskArns: ['t1', 't2'], nextToken: 'more' },
          };
        default:
          return {
            body: {
              tasks: [
                task('t1', {}),
                task('t2', { capacityProviderName: 'FARGATE_SPOT', cpu: '1 vCPU', group: 'family:gallery' }),
                task('t3', { launchType: 'EC2', cpu: undefined }),
              ],
              failures: [{ arn: 't4', reason: 'MISSING' }],
            },
          };
      }
    };
    expect(await usage().fargateTasks('eu-west-1', signal)).toEqual([
      { definition: 'gallery:1', service: 'weddings/gallery', vcpus: 0.5, spot: false },
      { definition: 'gallery:1', service: '', vcpus: 1, spot: true },
    ]);
    expect(vendor.received.map(({ operation }) => operation)).toEqual([
      'ListClusters',
      'ListClusters',
      'ListTasks',
      'ListTasks',
      'DescribeTasks',
      'ListTasks',
    ]);
  });

  test.each([
    ['256', 0.25],
    ['.5 vCPU', 0.5],
    ['4 vcpu', 4],
  ])('reads the size %s as %d vCPUs', async (cpu, vcpus) => {
    vendor.answer = () => ({ body: { taskDefinition: { cpu } } });
    expect(await usage().vcpusOf('eu-west-1', 'gallery:1', signal)).toBe(vcpus);
  });

  test.each([undefined, '', 'much', '0'])('a size of %p is no number', async (cpu) => {
    vendor.answer = () => ({ body: { taskDefinition: { cpu } } });
    const size = usage().vcpusOf('eu-west-1', 'gallery:1', signal);
    await expect(size).rejects.toBeInstanceOf(ProviderError);
  });
});

describe('quotas of Lambda', () => {
  const api = (reserved: Readonly<Record<string, number>> = {}) => {
    const calls: string[] = [];
    return {
      calls,
      reservedUnits: async (_region: string, name: string) => {
        calls.push(`reserved ${name}`);
        return reserved[name] ?? null;
      },
      requestedOf: async (_region: string, name: string) => {
        calls.push(`list ${name}`);
        return new Map([
          ['live', 20],
          ['7', 5],
        ]);
      },
      accountLimits: async (region: string) => {
        calls.push(`account ${region}`);
        return { concurrentUnits: 1_000, unreservedUnits: 700 };
      },
    };
  };
  const lambda = (id: string, name: string) =>
    target({
      id,
      service: 'aws.lambda',
      region: 'eu-west-1',
      reference: { function: name, qualifier: 'live' },
    });
  const nameOf = ({ region, reference }: ReturnType<typeof lambda>) => ({
    region,
    function: reference.function ?? '',
    qualifier: reference.qualifier ?? '',
  });

  test("without reserved concurrency are the account's, less what is never given away", async () => {
    const calls = api();
    const readings = await lambdaQuotas(calls, nameOf).quotas([lambda('a', 'f'), lambda('b', 'g')], signal);
    expect(readings).toMatchObject([
      { quota: 'L-B99A9384', limit: 1_000, used: 300, withheld: 100, perUnit: { a: 1, b: 1 } },
    ]);
    expect(readings[0]?.counted).toEqual({ a: 20, b: 20 });
    expect(calls.calls).toEqual(['reserved f', 'list f', 'reserved g', 'list g', 'account eu-west-1']);
  });

  test("with reserved concurrency are the function's own, and nothing of the account's", async () => {
    const calls = api({ f: 50 });
    const readings = await lambdaQuotas(calls, nameOf).quotas([lambda('a', 'f')], signal);
    expect(readings).toMatchObject([
      {
        resource: 'f',
        limit: 50,
        used: 25,
        perUnit: { a: 1 },
        counted: { a: 20 },
        remedy: expect.stringContaining('put-function-concurrency'),
      },
    ]);
    expect(calls.calls).toEqual(['reserved f', 'list f']);
  });
});
