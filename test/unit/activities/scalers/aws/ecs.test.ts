import type {
  ScalableTarget,
  ScalableTargetsApi,
} from '../../../../../activities/scalers/aws/_app-auto-scaling.ts';
import type {
  CapacityProvider,
  EcsApi,
  EcsService,
  ServiceName,
} from '../../../../../activities/scalers/aws/_ecs-api.ts';
import { ecsScaler } from '../../../../../activities/scalers/aws/ecs.ts';
import { ProviderError } from '../../../../../domain/errors.ts';
import type { ScalingTarget } from '../../../../../domain/fleet.ts';
import type { OwnedFields } from '../../../../../domain/owned-fields.ts';
import type { TargetState } from '../../../../../domain/scaler.ts';

const signal = new AbortController().signal;

function target(service: string, cluster = 'weddings', region = 'eu-west-1'): ScalingTarget {
  return {
    id: `aws.ecs/${region}/${cluster}/${service}`,
    service: 'aws.ecs',
    region,
    reference: { cluster, service },
    workload: 'api',
    markets: ['gb'],
    capacityPerUnit: 100,
    maximumUnits: 50,
    hourlyUsdPerUnit: 0.05,
    critical: false,
    requiresStabilization: false,
    leadTimeMinutes: 10,
    loadSource: { kind: 'observations' },
    autoscaled: true,
    baselineUnits: 3,
  };
}

/** One region in memory; services are known by name alone. */
class FakeEcs implements EcsApi {
  readonly calls: string[] = [];
  readonly services = new Map<string, EcsService>();
  readonly ranges = new Map<string, { minimumUnits: number; maximumUnits: number }>();
  readonly providers = new Map<string, CapacityProvider>();
  /** Thrown by every look at capacity providers. */
  providerError: ProviderError | undefined;
  /** Thrown by the next write, after its effect. */
  nextError: ProviderError | undefined;

  add(
    service: string,
    units: number,
    range: readonly [number, number] | null,
    fields: Partial<EcsService> = {},
  ) {
    const counts = { desiredUnits: units, runningUnits: units };
    this.services.set(service, {
      service,
      status: 'ACTIVE',
      ...counts,
      deployments: 1,
      lastEvent: '',
      blockedBy: '',
      launchType: 'FARGATE',
      taskDefinition: 'gallery:1',
      strategy: [],
      ...fields,
    });
    if (range) this.ranges.set(service, { minimumUnits: range[0], maximumUnits: range[1] });
  }

  async describeServices(region: string, cluster: string, services: readonly string[]) {
    this.calls.push(`services ${region}/${cluster} ${services.length}`);
    return services.flatMap((name) => this.services.get(name) ?? []);
  }

  async describeCapacityProviders(region: string, names: readonly string[]) {
    this.calls.push(`providers ${region} ${names.join()}`);
    if (this.providerError) throw this.providerError;
    return names.flatMap((name) => this.providers.get(name) ?? []);
  }

  readonly scalableTargets: ScalableTargetsApi = {
    describe: async (region, resourceIds) => {
      this.calls.push(`targets ${region} ${resourceIds.length}`);
      return new Map(
        resourceIds.flatMap((resourceId): [string, ScalableTarget][] => {
          const range = this.ranges.get(resourceId.split('/')[2] ?? '');
          return range ? [[resourceId, { resourceId, ...range }]] : [];
        }),
      );
    },
    setRange: async (_region, { resourceId, minimumUnits, maximumUnits }) => {
      const service = resourceId.split('/')[2] ?? '';
      this.calls.push(`range ${service} ${minimumUnits} ${maximumUnits}`);
      this.ranges.set(service, { minimumUnits, maximumUnits });
      return this.answer();
    },
  };

  async setDesiredCount({ service }: ServiceName, units: number) {
    this.calls.push(`count ${service} ${units}`);
    this.services.set(service, { ...(this.services.get(service) as EcsService), desiredUnits: units });
    return this.answer();
  }

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

async function readOne(api: EcsApi, service: string): Promise<TargetState> {
  const wanted = target(service);
  const state = (await ecsScaler(api).read([wanted], signal)).get(wanted.id);
  if (state === undefined) throw new Error('not read');
  return state;
}

describe('aws.ecs', () => {
  test('owns the range of a scalable target and the count of another service', async () => {
    const api = new FakeEcs();
    api.add('auto', 6, [4, 20], { runningUnits: 5 });
    api.add('fixed', 3, null);
    expect(await readOne(api, 'auto')).toEqual({ owned: range(4, 20), servingUnits: 5, fence: null });
    expect(await readOne(api, 'fixed')).toEqual({ owned: count(3), servingUnits: 3, fence: null });
  });

  test('reads ten services of a cluster a call, and all scalable targets of a region at once', async () => {
    const api = new FakeEcs();
    const targets = Array.from({ length: 62 }, (_, index) => target(`s${index}`, index < 12 ? 'a' : 'b'));
    for (const { reference } of targets) api.add(reference.service as string, 2, [1, 9]);
    const states = await ecsScaler(api).read([...targets, target('s0', 'a', 'us-east-1')], signal);
    expect(states.size).toBe(63);
    expect(api.calls.toSorted()).toEqual(
      [
        'services eu-west-1/a 10',
        'services eu-west-1/a 2',
        ...Array.from({ length: 5 }, () => 'services eu-west-1/b 10'),
        'services us-east-1/a 1',
        'targets eu-west-1 62',
        'targets us-east-1 1',
      ].toSorted(),
    );
  });

  test('throws NotFound for a service that does not exist or is being deleted, never a number', async () => {
    const api = new FakeEcs();
    api.add('old', 3, null, { status: 'INACTIVE' });
    await expect(readOne(api, 'gone')).rejects.toMatchObject({ kind: 'NotFound' });
    await expect(readOne(api, 'old')).rejects.toMatchObject({ kind: 'NotFound' });
  });

  test('plans the minimum up, lifts the maximum only where needed, and leaves a lower floor alone', () => {
    const { plan } = ecsScaler(new FakeEcs());
    expect(plan(range(4, 20), { floorUnits: 10, maximumUnits: 50 })).toEqual(range(10, 20));
    expect(plan(range(4, 20), { floorUnits: 30, maximumUnits: 50 })).toEqual(range(30, 30));
    expect(plan(count(4), { floorUnits: 7, maximumUnits: 50 })).toEqual(count(7));
    expect(plan(range(4, 20), { floorUnits: 4, maximumUnits: 50 })).toEqual(range(4, 20));
  });

  test('refuses a floor above the maximum of target or vendor, and says the highest it takes', () => {
    const { plan } = ecsScaler(new FakeEcs());
    const planned = (floorUnits: number, maximumUnits: number) => () =>
      plan(count(4), { floorUnits, maximumUnits });
    expect(planned(51, 50)).toThrow(
      expect.objectContaining({ kind: 'QuotaExceeded', highestAcceptableUnits: 50 }),
    );
    expect(planned(5001, 9999)).toThrow(expect.objectContaining({ highestAcceptableUnits: 5000 }));
    expect(planned(1.5, 50)).toThrow(expect.objectContaining({ kind: 'InvalidTarget' }));
  });

  test.each([
    ['auto', range(10, 20), 'range auto 10 20'],
    ['fixed', count(10), 'count fixed 10'],
  ])('the repeat of a write on %s whose answer was lost changes nothing more', async (name, want, call) => {
    const api = new FakeEcs();
    api.add('auto', 6, [4, 20]);
    api.add('fixed', 6, null);
    const seen = await readOne(api, name);
    api.nextError = new ProviderError('Transient', 'reset');
    const apply = () => ecsScaler(api).apply(target(name), seen, want, 'key', signal);
    await expect(apply()).rejects.toMatchObject({ kind: 'Transient' });
    const once = (await readOne(api, name)).owned;
    await expect(apply()).resolves.toEqual({ vendorRequestId: 'req-1' });
    expect((await readOne(api, name)).owned).toEqual(once);
    expect(once).toEqual(want);
    expect(api.calls.filter((entry) => entry === call)).toHaveLength(2);
  });

  test('restores what was read by the same verb', async () => {
    const api = new FakeEcs();
    api.add('auto', 6, [4, 20]);
    const before = await readOne(api, 'auto');
    await ecsScaler(api).apply(target('auto'), before, range(30, 30), 'key', signal);
    await ecsScaler(api).apply(target('auto'), await readOne(api, 'auto'), before.owned, 'key', signal);
    expect((await readOne(api, 'auto')).owned).toEqual(before.owned);
  });

  test('does not register an autoscaler where there was none', async () => {
    const api = new FakeEcs();
    api.add('fixed', 6, null);
    const seen = await readOne(api, 'fixed');
    const applied = ecsScaler(api).apply(target('fixed'), seen, range(8, 9), 'key', signal);
    await expect(applied).rejects.toMatchObject({ kind: 'InvalidTarget' });
    expect(api.ranges.size).toBe(0);
  });

  test.each<[string, Partial<EcsService>, readonly [number, number] | null, OwnedFields, string]>([
    ['minimum and tasks are there', { runningUnits: 12 }, [10, 20], range(10, 20), 'settled'],
    ['the minimum is not yet in force', { runningUnits: 12 }, [4, 20], range(10, 20), 'moving'],
    ['tasks are missing', { runningUnits: 9 }, [10, 20], range(10, 20), 'moving'],
    [
      'the service is being deleted',
      { runningUnits: 12, status: 'DRAINING' },
      [10, 20],
      range(10, 20),
      'failed',
    ],
    ['a count is reached', { desiredUnits: 10, runningUnits: 10 }, null, count(10), 'settled'],
    [
      'a deployment is under way',
      { desiredUnits: 10, runningUnits: 10, deployments: 2 },
      null,
      count(10),
      'moving',
    ],
    ['a count is not yet asked for', { desiredUnits: 6, runningUnits: 10 }, null, count(10), 'moving'],
  ])('when %s it is what it should be', async (_when, fields, owned, want, status) => {
    const api = new FakeEcs();
    api.add('one', 10, owned, fields);
    const progress = await ecsScaler(api).progress(
      [target('one')],
      new Map([[target('one').id, want]]),
      signal,
    );
    expect(progress.get(target('one').id)).toMatchObject({ status, servingUnits: fields.runningUnits });
  });

  test('gives the last word of ECS as the reason why tasks are missing', async () => {
    const api = new FakeEcs();
    api.add('one', 10, [10, 20], { runningUnits: 6, lastEvent: 'unable to place a task' });
    const wants = new Map([[target('one').id, range(10, 20)]]);
    const progress = await ecsScaler(api).progress([target('one')], wants, signal);
    expect(progress.get(target('one').id)).toMatchObject({
      reason: '6 of 10 tasks run; ECS says: unable to place a task',
    });
  });

  describe('with capacity providers', () => {
    const NO_ROOM = 'unable to place a task because no container instance met all of its requirements';
    const on = (...providers: readonly string[]): Partial<EcsService> => ({
      launchType: undefined,
      strategy: providers.map((provider) => ({ provider, weight: 1, base: 0 })),
    });
    const machines = (fields: Partial<CapacityProvider> = {}): CapacityProvider => ({
      name: 'machines',
      group: 'weddings-ecs',
      managedScaling: 'ENABLED',
      targetPercent: 90,
      ...fields,
    });
    const progressOf = async (api: FakeEcs, want: OwnedFields) =>
      (await ecsScaler(api).progress([target('one')], new Map([[target('one').id, want]]), signal)).get(
        target('one').id,
      );

    test('asks for more tasks and leaves the strategy as it is', async () => {
      const api = new FakeEcs();
      api.add('one', 4, null, on('machines', 'FARGATE_SPOT'));
      await ecsScaler(api).apply(target('one'), await readOne(api, 'one'), count(10), 'key', signal);
      expect(api.calls.filter((call) => call.startsWith('count'))).toEqual(['count one 10']);
      expect(api.services.get('one')?.strategy).toEqual(on('machines', 'FARGATE_SPOT').strategy);
    });

    test('is moving until the tasks run, however many are asked for', async () => {
      const api = new FakeEcs();
      api.add('one', 10, null, { ...on('machines'), runningUnits: 4 });
      expect(await progressOf(api, count(10))).toMatchObject({ status: 'moving', servingUnits: 4 });
      api.add('one', 10, null, on('machines'));
      expect(await progressOf(api, count(10))).toEqual({ status: 'settled', servingUnits: 10 });
      expect(api.calls.filter((call) => call.startsWith('providers'))).toEqual([]);
    });

    test.each([
      [
        'grows by itself',
        machines(),
        /group weddings-ecs: managed scaling adds instances for 90 % of use, up to/,
      ],
      [
        'does not grow',
        machines({ managedScaling: 'DISABLED' }),
        /group weddings-ecs: managed scaling is off/,
      ],
      ['has no group', machines({ group: '' }), /capacity provider machines has no room; ECS says/],
    ])('says why tasks find no room on a provider that %s', async (_what, provider, words) => {
      const api = new FakeEcs();
      api.providers.set('machines', provider);
      api.add('one', 10, null, {
        ...on('machines', 'FARGATE'),
        runningUnits: 6,
        lastEvent: 'has started 2 tasks',
        blockedBy: NO_ROOM,
      });
      const progress = await progressOf(api, count(10));
      expect(progress).toMatchObject({ status: 'moving', servingUnits: 6 });
      expect(progress).toMatchObject({ reason: expect.stringMatching(words) });
      expect(progress).toMatchObject({ reason: expect.stringContaining(`ECS says: ${NO_ROOM}`) });
      expect(api.calls).toContain('providers eu-west-1 machines');
    });

    test.each<[string, Partial<EcsService>]>([
      ['tasks that are only starting', { ...on('machines'), runningUnits: 6 }],
      [
        'Fargate, which has no group',
        { ...on('FARGATE'), runningUnits: 6, blockedBy: 'unable to place a task' },
      ],
      ['a launch type', { runningUnits: 6, blockedBy: 'unable to place a task' }],
      ['tasks that all run', { ...on('machines'), blockedBy: NO_ROOM }],
    ])('asks for no capacity provider where that tells nothing more: %s', async (_what, fields) => {
      const api = new FakeEcs();
      api.add('one', 10, null, fields);
      await progressOf(api, count(10));
      expect(api.calls.filter((call) => call.startsWith('providers'))).toEqual([]);
    });

    test('a provider that cannot be read takes nothing from what is known of the tasks', async () => {
      const api = new FakeEcs();
      api.providerError = new ProviderError('PermissionDenied', 'no');
      api.add('one', 10, null, { ...on('machines'), runningUnits: 6, blockedBy: NO_ROOM });
      expect(await progressOf(api, count(10))).toEqual({
        status: 'moving',
        servingUnits: 6,
        reason: `6 of 10 tasks run; ECS says: ${NO_ROOM}`,
        lacks: 'InsufficientCapacity',
      });
    });
  });
});
