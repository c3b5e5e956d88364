import type {
  Autoscaler,
  ComputeApi,
  ComputeOperation,
  InstanceGroup,
} from '../../../../../activities/scalers/gcp/_client.ts';
import { migScaler } from '../../../../../activities/scalers/gcp/mig.ts';
import type { ScalingTarget } from '../../../../../domain/fleet.ts';
import type { OwnedFields } from '../../../../../domain/owned-fields.ts';

const KEY = '11111111-1111-4111-8111-111111111111';
const signal = new AbortController().signal;

function target(name: string, location = 'europe-west1-b'): ScalingTarget {
  return {
    id: `gcp.mig/${name}`,
    service: 'gcp.mig',
    region: 'europe-west1',
    reference: { project: 'wed', location, name },
    workload: 'api',
    markets: ['gb'],
    capacityPerUnit: 100,
    maximumUnits: 50,
    hourlyUsdPerUnit: 0.1,
    critical: false,
    requiresStabilization: false,
    leadTimeMinutes: 10,
    loadSource: { kind: 'observations' },
    autoscaled: true,
    baselineUnits: 2,
  };
}

/** Compute Engine in memory: groups and autoscalers by name, every call recorded. */
class FakeCompute implements ComputeApi {
  readonly calls: string[] = [];
  readonly groups = new Map<string, InstanceGroup>();
  readonly autoscalers = new Map<string, Autoscaler>();
  operations: ComputeOperation[] = [{ name: 'op-1', done: true, errors: [] }];

  add(name: string, targetSize: number, range?: readonly [number, number], mode = 'ON'): void {
    const autoscaler = range === undefined ? null : `${name}-as`;
    this.groups.set(name, { name, targetSize, runningUnits: targetSize, isStable: true, autoscaler });
    if (autoscaler === null || range === undefined) return;
    const [minimumUnits, maximumUnits] = range;
    const policy = {
      mode,
      minNumReplicas: minimumUnits,
      maxNumReplicas: maximumUnits,
      coolDownPeriodSec: 60,
    };
    this.autoscalers.set(autoscaler, {
      name: autoscaler,
      group: name,
      mode,
      minimumUnits,
      maximumUnits,
      policy,
    });
  }

  async listGroups(): Promise<readonly InstanceGroup[]> {
    this.calls.push('listGroups');
    return [...this.groups.values()];
  }

  async getGroup(_scope: unknown, name: string): Promise<InstanceGroup> {
    this.calls.push(`getGroup ${name}`);
    return this.groups.get(name) as InstanceGroup;
  }

  async listAutoscalers(): Promise<readonly Autoscaler[]> {
    this.calls.push('listAutoscalers');
    return [...this.autoscalers.values()];
  }

  async getAutoscaler(_scope: unknown, name: string): Promise<Autoscaler> {
    this.calls.push(`getAutoscaler ${name}`);
    return this.autoscalers.get(name) as Autoscaler;
  }

  async patchAutoscaler(_scope: unknown, name: string, policy: object, requestId: string) {
    this.calls.push(`patch ${name} ${JSON.stringify(policy)} ${requestId}`);
    return this.next();
  }

  async resize(_scope: unknown, name: string, units: number, requestId: string) {
    this.calls.push(`resize ${name} ${units} ${requestId}`);
    return this.next();
  }

  async getOperation(_scope: unknown, name: string): Promise<ComputeOperation> {
    this.calls.push(`getOperation ${name}`);
    return this.next();
  }

  private next(): ComputeOperation {
    return (this.operations.length > 1 ? this.operations.shift() : this.operations[0]) as ComputeOperation;
  }
}

const range = (minimumUnits: number, maximumUnits: number): OwnedFields => ({
  kind: 'range',
  minimumUnits,
  maximumUnits,
});

describe('gcp.mig', () => {
  test('owns the range of an autoscaler that is on and the size of a group without one or with one off', async () => {
    const api = new FakeCompute();
    api.add('on', 3, [2, 9]);
    api.add('out-only', 3, [2, 9], 'ONLY_SCALE_OUT');
    api.add('off', 4, [2, 9], 'OFF');
    api.add('plain', 5);
    const names = ['on', 'out-only', 'off', 'plain'];
    const states = await migScaler(api).read(
      names.map((name) => target(name)),
      signal,
    );
    expect(names.map((name) => states.get(`gcp.mig/${name}`)?.owned)).toEqual([
      range(2, 9),
      range(2, 9),
      { kind: 'count', units: 4 },
      { kind: 'count', units: 5 },
    ]);
  });

  test('lists a location once however many of its groups are read', async () => {
    const api = new FakeCompute();
    for (const name of ['a', 'b', 'c']) api.add(name, 2, [1, 5]);
    await migScaler(api).read([target('a'), target('b'), target('c')], signal);
    expect(api.calls).toEqual(['listGroups', 'listAutoscalers']);
  });

  test('reads the instances that run as serving, not the target size', async () => {
    const api = new FakeCompute();
    api.add('web', 10, [10, 20]);
    const group = api.groups.get('web') as InstanceGroup;
    api.groups.set('web', { ...group, runningUnits: 6, isStable: false });
    const states = await migScaler(api).read([target('web')], signal);
    expect(states.get('gcp.mig/web')?.servingUnits).toBe(6);
    const progress = await migScaler(api).progress(
      [target('web')],
      new Map([['gcp.mig/web', range(10, 20)]]),
      signal,
    );
    expect(progress.get('gcp.mig/web')).toMatchObject({ status: 'moving', servingUnits: 6 });
  });

  test('throws when the running count is missing instead of taking it for zero', async () => {
    const api = new FakeCompute();
    api.add('web', 3, [2, 9]);
    api.groups.set('web', { ...(api.groups.get('web') as InstanceGroup), runningUnits: null });
    await expect(migScaler(api).read([target('web')], signal)).rejects.toMatchObject({ kind: 'Transient' });
  });

  test('throws NotFound for a group that is not in its location', async () => {
    const read = migScaler(new FakeCompute()).read([target('gone')], signal);
    await expect(read).rejects.toMatchObject({ kind: 'NotFound', resource: 'gcp.mig/gone' });
  });

  test('patches the whole policy as it is now, with only the range replaced', async () => {
    const api = new FakeCompute();
    api.add('web', 3, [2, 9]);
    const scaler = migScaler(api);
    const seen = (await scaler.read([target('web')], signal)).get('gcp.mig/web');
    if (seen === undefined) throw new Error('not read');
    const receipt = await scaler.apply(target('web'), seen, range(12, 12), KEY, signal);
    expect(receipt.vendorRequestId).toBe('op-1');
    const policy = { mode: 'ON', minNumReplicas: 12, maxNumReplicas: 12, coolDownPeriodSec: 60 };
    expect(api.calls.at(-1)).toBe(`patch web-as ${JSON.stringify(policy)} ${KEY}`);
  });

  test('refuses to write over a change somebody else made since the read', async () => {
    const api = new FakeCompute();
    api.add('web', 3, [2, 9]);
    const scaler = migScaler(api);
    const seen = (await scaler.read([target('web')], signal)).get('gcp.mig/web');
    if (seen === undefined) throw new Error('not read');
    api.add('web', 3, [4, 9]);
    await expect(scaler.apply(target('web'), seen, range(5, 9), KEY, signal)).rejects.toMatchObject({
      kind: 'Stale',
    });
    expect(api.calls.some((call) => call.startsWith('patch'))).toBe(false);
  });

  test('sends the same key again when its own change is already in force', async () => {
    const api = new FakeCompute();
    api.add('web', 3);
    const scaler = migScaler(api);
    const seen = (await scaler.read([target('web')], signal)).get('gcp.mig/web');
    if (seen === undefined) throw new Error('not read');
    api.add('web', 7);
    await scaler.apply(target('web'), seen, { kind: 'count', units: 7 }, KEY, signal);
    expect(api.calls.at(-1)).toBe(`resize web 7 ${KEY}`);
  });

  test.each([
    ['QUOTA_EXCEEDED', 'QuotaExceeded'],
    ['ZONE_RESOURCE_POOL_EXHAUSTED', 'InsufficientCapacity'],
    ['ZONE_RESOURCE_POOL_EXHAUSTED_WITH_DETAILS', 'InsufficientCapacity'],
    ['INTERNAL_ERROR', 'Transient'],
  ])('throws the error %s that an accepted operation ends with as %s', async (code, kind) => {
    const api = new FakeCompute();
    api.add('web', 3);
    api.operations = [
      { name: 'op-1', done: false, errors: [] },
      { name: 'op-1', done: true, errors: [{ code, message: 'no' }] },
    ];
    const scaler = migScaler(api);
    const seen = (await scaler.read([target('web')], signal)).get('gcp.mig/web');
    if (seen === undefined) throw new Error('not read');
    const applied = scaler.apply(target('web'), seen, { kind: 'count', units: 7 }, KEY, signal);
    await expect(applied).rejects.toMatchObject({ kind, vendorCode: code });
  });

  test('returns the receipt when its signal ends the watch of an accepted operation', async () => {
    const api = new FakeCompute();
    api.add('web', 3);
    api.operations = [{ name: 'op-1', done: false, errors: [] }];
    const scaler = migScaler(api);
    const seen = (await scaler.read([target('web')], signal)).get('gcp.mig/web');
    if (seen === undefined) throw new Error('not read');
    const want: OwnedFields = { kind: 'count', units: 7 };
    const receipt = await scaler.apply(target('web'), seen, want, KEY, AbortSignal.timeout(150));
    expect(receipt.vendorRequestId).toBe('op-1');
  });

  test('plans a floor by raising it and leaves alone what already guarantees it', () => {
    const { plan } = migScaler(new FakeCompute());
    expect(plan(range(2, 9), { floorUnits: 12, maximumUnits: 50 })).toEqual(range(12, 12));
    expect(plan(range(2, 9), { floorUnits: 2, maximumUnits: 50 })).toEqual(range(2, 9));
    expect(() => plan(range(2, 9), { floorUnits: 51, maximumUnits: 50 })).toThrow(
      expect.objectContaining({ kind: 'QuotaExceeded', highestAcceptableUnits: 50 }),
    );
    expect(() => plan(range(2, 9), { floorUnits: 2001, maximumUnits: 9000 })).toThrow(
      expect.objectContaining({ highestAcceptableUnits: 2000 }),
    );
  });
});
