import type {
  ScalableTarget,
  ScalableTargetsApi,
} from '../../../../../activities/scalers/aws/_app-auto-scaling.ts';
import type {
  FunctionVersion,
  LambdaApi,
  ProvisionedConcurrency,
} from '../../../../../activities/scalers/aws/_lambda-api.ts';
import { lambdaScaler } from '../../../../../activities/scalers/aws/lambda.ts';
import { ProviderError } from '../../../../../domain/errors.ts';
import type { ScalingTarget } from '../../../../../domain/fleet.ts';
import type { OwnedFields } from '../../../../../domain/owned-fields.ts';
import type { TargetState } from '../../../../../domain/scaler.ts';

const signal = new AbortController().signal;

function target(name: string, qualifier = 'live', region = 'eu-west-1'): ScalingTarget {
  return {
    id: `aws.lambda/${region}/${name}/${qualifier}`,
    service: 'aws.lambda',
    region,
    reference: { function: name, qualifier },
    workload: 'api',
    markets: ['gb'],
    capacityPerUnit: 10,
    maximumUnits: 500,
    hourlyUsdPerUnit: 0.015,
    critical: false,
    requiresStabilization: false,
    leadTimeMinutes: 10,
    loadSource: { kind: 'observations' },
    autoscaled: false,
    baselineUnits: 0,
  };
}

const ready = (units: number): ProvisionedConcurrency => ({
  requestedUnits: units,
  availableUnits: units,
  status: 'READY',
  statusReason: '',
});

/** One region in memory, by `function:qualifier`; a write is available at once. */
class FakeLambda implements LambdaApi {
  readonly calls: string[] = [];
  readonly configs = new Map<string, ProvisionedConcurrency | null>();
  readonly ranges = new Map<string, { minimumUnits: number; maximumUnits: number }>();
  reserved: number | null = null;
  account = { concurrentUnits: 1_000, unreservedUnits: 700 };
  /** Thrown by the next write, after its effect. */
  nextError: ProviderError | undefined;

  async provisioned({ region, function: name, qualifier }: FunctionVersion) {
    this.calls.push(`get ${region}/${name}:${qualifier}`);
    const config = this.configs.get(`${name}:${qualifier}`);
    if (config === undefined) throw new ProviderError('NotFound', `no ${name}:${qualifier}`);
    return config;
  }

  async requestedOf(_region: string, functionName: string) {
    this.calls.push(`list ${functionName}`);
    return new Map(
      [...this.configs].flatMap(([id, config]): [string, number][] => {
        const [name, qualifier = ''] = id.split(':');
        return name === functionName && config ? [[qualifier, config.requestedUnits]] : [];
      }),
    );
  }

  async reservedUnits(_region: string, functionName: string) {
    this.calls.push(`reserved ${functionName}`);
    return this.reserved;
  }

  async accountLimits(region: string) {
    this.calls.push(`account ${region}`);
    return this.account;
  }

  async setProvisioned({ function: name, qualifier }: FunctionVersion, units: number) {
    this.calls.push(`put ${name}:${qualifier} ${units}`);
    this.configs.set(`${name}:${qualifier}`, ready(units));
    return this.answer();
  }

  async removeProvisioned({ function: name, qualifier }: FunctionVersion) {
    this.calls.push(`delete ${name}:${qualifier}`);
    this.configs.set(`${name}:${qualifier}`, null);
    return this.answer();
  }

  readonly scalableTargets: ScalableTargetsApi = {
    describe: async (region, resourceIds) => {
      this.calls.push(`targets ${region} ${resourceIds.length}`);
      return new Map(
        resourceIds.flatMap((resourceId): [string, ScalableTarget][] => {
          const range = this.ranges.get(resourceId);
          return range ? [[resourceId, { resourceId, ...range }]] : [];
        }),
      );
    },
    setRange: async (_region, { resourceId, minimumUnits, maximumUnits }) => {
      this.calls.push(`range ${resourceId} ${minimumUnits} ${maximumUnits}`);
      this.ranges.set(resourceId, { minimumUnits, maximumUnits });
      return this.answer();
    },
  };

  private answer(): string {
    const error = this.nextError;
    this.nextError = undefined;
    if (error) throw error;
    return 'req-1';
  }
}

const range = (minimumUnits: number, maximumUnits: number): OwnedFields => ({
  kind: 'range',
  minimumUnits,
  maximumUnits,
});
const count = (units: number): OwnedFields => ({ kind: 'count', units });

function faked(): FakeLambda {
  const api = new FakeLambda();
  api.configs.set('fixed:live', ready(6));
  api.configs.set('none:live', null);
  api.configs.set('auto:live', ready(5));
  api.ranges.set('function:auto:live', { minimumUnits: 4, maximumUnits: 20 });
  return api;
}

async function readOne(api: LambdaApi, wanted: ScalingTarget): Promise<TargetState> {
  const state = (await lambdaScaler(api).read([wanted], signal)).get(wanted.id);
  if (state === undefined) throw new Error('not read');
  return state;
}

async function apply(api: LambdaApi, wanted: ScalingTarget, want: OwnedFields) {
  return lambdaScaler(api).apply(wanted, await readOne(api, wanted), want, 'key', signal);
}

describe('aws.lambda', () => {
  test('owns the range of a scalable target, the number elsewhere, and 0 where nothing is provisioned', async () => {
    const api = faked();
    const states = await lambdaScaler(api).read([target('auto'), target('fixed'), target('none')], signal);
    expect([...states.values()]).toEqual([
      { owned: range(4, 20), servingUnits: 5, fence: null },
      { owned: count(6), servingUnits: 6, fence: null },
      { owned: count(0), servingUnits: 0, fence: null },
    ]);
  });

  test('asks for scalable targets of a region at once, and reads no reserved concurrency for a look', async () => {
    const api = faked();
    const targets = [target('auto'), target('fixed'), target('none', 'live', 'us-east-1')];
    await lambdaScaler(api).read(targets, signal);
    expect(api.calls.toSorted()).toEqual([
      'get eu-west-1/auto:live',
      'get eu-west-1/fixed:live',
      'get us-east-1/none:live',
      'targets eu-west-1 2',
      'targets us-east-1 1',
    ]);
  });

  test('throws NotFound for a function that does not exist, never a number', async () => {
    await expect(readOne(faked(), target('gone'))).rejects.toMatchObject({ kind: 'NotFound' });
  });

  test.each([
    ['$LATEST', target('fixed', '$LATEST')],
    ['an ARN', target('arn:aws:lambda:eu-west-1:123456789012:function:fixed')],
    ['no qualifier', target('fixed', '')],
  ])('refuses %s before anything is asked', async (_what, wanted) => {
    const api = faked();
    await expect(readOne(api, wanted)).rejects.toMatchObject({
      kind: 'InvalidTarget',
      message: expect.stringContaining('$LATEST cannot have provisioned concurrency'),
    });
    expect(api.calls).toEqual([]);
  });

  test.each([
    ['fixed', count(40), 'put fixed:live 40'],
    ['none', count(40), 'put none:live 40'],
    ['auto', range(40, 40), 'range function:auto:live 40 40'],
  ])('the repeat of a write on %s whose answer was lost changes nothing more', async (name, want, call) => {
    const api = faked();
    const seen = await readOne(api, target(name));
    api.nextError = new ProviderError('Transient', 'reset');
    const write = () => lambdaScaler(api).apply(target(name), seen, want, 'key', signal);
    await expect(write()).rejects.toMatchObject({ kind: 'Transient' });
    await expect(write()).resolves.toEqual({ vendorRequestId: 'req-1' });
    expect((await readOne(api, target(name))).owned).toEqual(want);
    expect(api.calls.filter((entry) => entry === call)).toHaveLength(2);
  });

  test('gives back "none" by taking the setting away, and never by a 0 or reserved concurrency', async () => {
    const api = faked();
    const before = await readOne(api, target('none'));
    await apply(api, target('none'), count(40));
    api.calls.length = 0;
    await apply(api, target('none'), before.owned);
    expect(await readOne(api, target('none'))).toEqual(before);
    expect(api.calls.filter((call) => !/^(get|targets) /.test(call))).toEqual(['delete none:live']);
  });

  test.each([
    ['a count', 'fixed', count(101)],
    ['the minimum of a range', 'auto', range(101, 101)],
  ])('refuses %s above the reserved concurrency, and writes nothing', async (_what, name, want) => {
    const api = faked();
    api.reserved = 100;
    await expect(apply(api, target(name), want)).rejects.toMatchObject({
      kind: 'QuotaExceeded',
      highestAcceptableUnits: 100,
    });
    expect(api.calls.filter((call) => /^(put|range|delete) /.test(call))).toEqual([]);
  });

  test('counts what other versions of the function have provisioned against the reserved concurrency', async () => {
    const api = faked();
    api.configs.set('fixed:7', ready(30));
    api.reserved = 100;
    await expect(apply(api, target('fixed'), count(71))).rejects.toMatchObject({
      highestAcceptableUnits: 70,
    });
    await expect(apply(api, target('fixed'), count(70))).resolves.toBeDefined();
  });

  test('reserved concurrency of 0, which blocks the function, leaves no room for anything', async () => {
    const api = faked();
    api.reserved = 0;
    await expect(apply(api, target('none'), count(1))).rejects.toMatchObject({
      kind: 'QuotaExceeded',
      highestAcceptableUnits: 0,
    });
  });

  test('lowers without looking at reserved concurrency: giving back is always possible', async () => {
    const api = faked();
    api.reserved = 0;
    await apply(api, target('fixed'), count(2));
    expect(api.calls).not.toContain('reserved fixed');
    expect((await readOne(api, target('fixed'))).owned).toEqual(count(2));
  });

  test('does not register an autoscaler where there was none, nor moves the count of one', async () => {
    const api = faked();
    await expect(apply(api, target('fixed'), range(8, 9))).rejects.toMatchObject({ kind: 'InvalidTarget' });
    await expect(apply(api, target('auto'), count(8))).rejects.toMatchObject({ kind: 'InvalidTarget' });
  });

  test.each<[string, Partial<ProvisionedConcurrency> | null, OwnedFields, OwnedFields, string]>([
    ['all is allocated', {}, count(10), count(10), 'settled'],
    [
      'available units are missing',
      { availableUnits: 4, status: 'IN_PROGRESS' },
      count(10),
      count(10),
      'moving',
    ],
    ['the units are there but Lambda is not done', { status: 'IN_PROGRESS' }, count(10), count(10), 'moving'],
    ['READY is said of fewer units', { availableUnits: 9 }, count(10), count(10), 'moving'],
    ['less is asked for than is wanted', {}, count(10), count(12), 'moving'],
    ['the minimum is not yet in force', { availableUnits: 30 }, range(4, 20), range(10, 20), 'moving'],
    ['the autoscaler has not followed yet', { availableUnits: 4 }, range(10, 20), range(10, 20), 'moving'],
    ['the minimum serves', { availableUnits: 12 }, range(10, 20), range(10, 20), 'settled'],
    ['the allocation failed', { availableUnits: 4, status: 'FAILED' }, count(10), count(10), 'failed'],
    ['an autoscaler failed to go higher', { status: 'FAILED' }, range(10, 20), range(10, 20), 'settled'],
    ['nothing is provisioned and nothing is wanted', null, count(0), count(0), 'settled'],
    ['nothing is provisioned yet', null, range(10, 20), range(10, 20), 'moving'],
  ])('when %s it is what it should be', async (_when, fields, owned, want, status) => {
    const api = faked();
    const floor = owned.kind === 'range' ? 10 : owned.kind === 'count' ? owned.units : 0;
    api.configs.set('one:live', fields && { ...ready(floor), ...fields });
    if (owned.kind === 'range') api.ranges.set('function:one:live', owned);
    const wants = new Map([[target('one').id, want]]);
    const progress = (await lambdaScaler(api).progress([target('one')], wants, signal)).get(target('one').id);
    const servingUnits = fields === null ? 0 : (fields.availableUnits ?? floor);
    expect(progress).toMatchObject({ status, servingUnits });
  });

  test("gives Lambda's own reason for an allocation that failed", async () => {
    const api = faked();
    const failed = { availableUnits: 0, status: 'FAILED', statusReason: 'FUNCTION_ERROR_INIT_FAILURE' };
    api.configs.set('one:live', { ...ready(10), ...failed });
    const wants = new Map([[target('one').id, count(10)]]);
    const progress = await lambdaScaler(api).progress([target('one')], wants, signal);
    expect(progress.get(target('one').id)).toMatchObject({
      status: 'failed',
      reason: '0 of 10 execution environments are available; Lambda says: FUNCTION_ERROR_INIT_FAILURE',
    });
  });
});
