import type { AgentPoolApi, Pool } from '../../../../../activities/scalers/azure/_client.ts';
import { aksScaler } from '../../../../../activities/scalers/azure/aks.ts';
import { ProviderError } from '../../../../../domain/errors.ts';
import type { ScalingTarget } from '../../../../../domain/fleet.ts';
import type { OwnedFields } from '../../../../../domain/owned-fields.ts';
import type { TargetState } from '../../../../../domain/scaler.ts';

const signal = new AbortController().signal;

function target(pool: string, cluster = 'weddings'): ScalingTarget {
  return {
    id: `azure.aks/${cluster}/${pool}`,
    service: 'azure.aks',
    region: 'westeurope',
    reference: { subscriptionId: 'sub', resourceGroup: 'rg', cluster, pool },
    workload: 'api',
    markets: ['gb'],
    capacityPerUnit: 100,
    maximumUnits: 50,
    hourlyUsdPerUnit: 0.2,
    critical: false,
    requiresStabilization: false,
    leadTimeMinutes: 15,
    loadSource: { kind: 'observations' },
    autoscaled: true,
    baselineUnits: 3,
  };
}

/** One cluster in memory, with the ETag rule of the real one. */
class FakeCluster implements AgentPoolApi {
  readonly calls: string[] = [];
  readonly pools = new Map<string, Pool>();
  /** Thrown by the next put, after its effect where `afterEffect` is set. */
  nextError: { readonly error: ProviderError; readonly afterEffect: boolean } | undefined;

  add(
    name: string,
    count: number,
    range: readonly [number, number] | null,
    fields: Partial<Pool> = {},
  ): void {
    const settings = { count, vmSize: 'Standard_D4s_v5', nodeLabels: { tier: 'gold' } };
    this.pools.set(name, {
      name,
      eTag: 'e1',
      count,
      range: range === null ? null : { minimumUnits: range[0], maximumUnits: range[1] },
      provisioningState: 'Succeeded',
      provisioningError: null,
      settings,
      ...fields,
    });
  }

  async list(scope: { readonly cluster: string }): Promise<readonly Pool[]> {
    this.calls.push(`list ${scope.cluster}`);
    return [...this.pools.values()];
  }

  async get(_scope: unknown, name: string): Promise<Pool> {
    this.calls.push(`get ${name}`);
    return this.pools.get(name) as Pool;
  }

  async put(_scope: unknown, name: string, settings: Record<string, unknown>, ifMatch: string) {
    this.calls.push(`put ${name} ${JSON.stringify(settings)} ${ifMatch}`);
    const failure = this.nextError;
    this.nextError = undefined;
    if (failure?.afterEffect === false) throw failure.error;
    const pool = this.pools.get(name) as Pool;
    if (pool.eTag !== ifMatch) throw new ProviderError('Stale', 'ETag');
    const range =
      settings.minCount === undefined
        ? null
        : { minimumUnits: settings.minCount as number, maximumUnits: settings.maxCount as number };
    this.pools.set(name, {
      ...pool,
      range,
      settings,
      count: settings.count as number,
      eTag: `${ifMatch}+`,
      provisioningState: 'Updating',
    });
    if (failure !== undefined) throw failure.error;
    return 'req-1';
  }
}

const range = (minimumUnits: number, maximumUnits: number): OwnedFields => ({
  kind: 'range',
  minimumUnits,
  maximumUnits,
});

async function readOne(api: AgentPoolApi, pool: string): Promise<TargetState> {
  const wanted = target(pool);
  const state = (await aksScaler(api).read([wanted], signal)).get(wanted.id);
  if (state === undefined) throw new Error('not read');
  return state;
}

describe('azure.aks', () => {
  test('owns the range of an autoscaled pool and the count of another, fenced by the ETag', async () => {
    const api = new FakeCluster();
    api.add('auto', 3, [2, 9]);
    api.add('fixed', 4, null);
    expect(await readOne(api, 'auto')).toMatchObject({ owned: range(2, 9), servingUnits: 3, fence: 'e1' });
    expect(await readOne(api, 'fixed')).toMatchObject({ owned: { kind: 'count', units: 4 } });
  });

  test('lists a cluster once however many of its pools are read', async () => {
    const api = new FakeCluster();
    api.add('a', 3, [2, 9]);
    api.add('b', 3, [2, 9]);
    await aksScaler(api).read([target('a'), target('b'), target('a', 'other')], signal);
    expect(api.calls).toEqual(['list weddings', 'list other']);
  });

  test('sends every setting of the pool back, the node count inside the new range', async () => {
    const api = new FakeCluster();
    api.add('auto', 3, [2, 9]);
    const seen = await readOne(api, 'auto');
    const receipt = await aksScaler(api).apply(target('auto'), seen, range(5, 9), 'key', signal);
    expect(receipt).toEqual({ vendorRequestId: 'req-1' });
    const settings = {
      count: 5,
      vmSize: 'Standard_D4s_v5',
      nodeLabels: { tier: 'gold' },
      minCount: 5,
      maxCount: 9,
    };
    expect(api.calls.at(-1)).toBe(`put auto ${JSON.stringify(settings)} e1`);
  });

  test('leaves the node count alone when it restores a lower minimum', async () => {
    const api = new FakeCluster();
    api.add('auto', 7, [7, 9]);
    const seen = await readOne(api, 'auto');
    await aksScaler(api).apply(target('auto'), seen, range(2, 9), 'key', signal);
    expect(api.calls.at(-1)).toContain('"count":7');
  });

  test('throws Stale when the pool has moved, and writes nothing', async () => {
    const api = new FakeCluster();
    api.add('auto', 3, [2, 9]);
    const seen = await readOne(api, 'auto');
    api.add('auto', 4, [4, 9], { eTag: 'e2' });
    const applied = aksScaler(api).apply(target('auto'), seen, range(5, 9), 'key', signal);
    await expect(applied).rejects.toMatchObject({ kind: 'Stale' });
    expect(api.calls).toEqual(['list weddings', 'get auto']);
  });

  test('throws Stale when the pool moves between the look and the write', async () => {
    const api = new FakeCluster();
    api.add('auto', 3, [2, 9]);
    const seen = await readOne(api, 'auto');
    api.nextError = { error: new ProviderError('Stale', 'ETag'), afterEffect: false };
    const applied = aksScaler(api).apply(target('auto'), seen, range(5, 9), 'key', signal);
    await expect(applied).rejects.toMatchObject({ kind: 'Stale' });
  });

  test('sends the node count the autoscaler has reached since the read, not the one seen', async () => {
    const api = new FakeCluster();
    api.add('auto', 3, [2, 9]);
    const seen = await readOne(api, 'auto');
    api.add('auto', 7, [2, 9]);
    await aksScaler(api).apply(target('auto'), seen, range(5, 9), 'key', signal);
    expect(api.calls.at(-1)).toContain('"count":7');
  });

  test('takes the repeat of a write whose answer was lost for accepted', async () => {
    const api = new FakeCluster();
    api.add('auto', 3, [2, 9]);
    const seen = await readOne(api, 'auto');
    api.nextError = { error: new ProviderError('Transient', 'reset'), afterEffect: true };
    const apply = () => aksScaler(api).apply(target('auto'), seen, range(5, 9), 'key', signal);
    await expect(apply()).rejects.toMatchObject({ kind: 'Transient' });
    await expect(apply()).resolves.toEqual({ vendorRequestId: '' });
    expect(api.pools.get('auto')?.eTag).toBe('e1+');
  });

  test('says that a pool is busy when another change is in the way', async () => {
    const api = new FakeCluster();
    api.add('auto', 3, [2, 9]);
    const seen = await readOne(api, 'auto');
    api.nextError = { error: new ProviderError('UpdateInProgress', 'busy'), afterEffect: false };
    const applied = aksScaler(api).apply(target('auto'), seen, range(5, 9), 'key', signal);
    await expect(applied).rejects.toMatchObject({ kind: 'UpdateInProgress' });
  });

  test.each([
    ['Succeeded', 5, 'settled'],
    ['Succeeded', 4, 'moving'],
    ['Scaling', 5, 'moving'],
    ['Updating', 5, 'moving'],
    ['Failed', 5, 'failed'],
  ])('a pool that is %s with %i nodes of 5 is %s', async (provisioningState, count, status) => {
    const api = new FakeCluster();
    api.add('auto', count, [5, 9], { provisioningState });
    const wants = new Map([[target('auto').id, range(5, 9)]]);
    const progress = await aksScaler(api).progress([target('auto')], wants, signal);
    expect(progress.get(target('auto').id)).toMatchObject({
      status,
      // While it changes a pool AKS counts what was asked for, which says nothing of what serves.
      servingUnits: provisioningState === 'Succeeded' ? count : null,
    });
  });

  test('names why a change failed', async () => {
    const api = new FakeCluster();
    const provisioningError = { code: 'AllocationFailed', message: 'no room in zone 1' };
    api.add('auto', 3, [5, 9], { provisioningState: 'Failed', provisioningError });
    const wants = new Map([[target('auto').id, range(5, 9)]]);
    const progress = await aksScaler(api).progress([target('auto')], wants, signal);
    expect(progress.get(target('auto').id)).toMatchObject({
      status: 'failed',
      reason: expect.stringContaining('InsufficientCapacity, AllocationFailed no room in zone 1'),
    });
  });

  test('is not settled while the floor in force is below the one wanted', async () => {
    const api = new FakeCluster();
    api.add('auto', 8, [2, 9]);
    const wants = new Map([[target('auto').id, range(5, 9)]]);
    const progress = await aksScaler(api).progress([target('auto')], wants, signal);
    expect(progress.get(target('auto').id)?.status).toBe('moving');
  });

  test('throws NotFound for a pool the cluster does not have', async () => {
    await expect(readOne(new FakeCluster(), 'gone')).rejects.toMatchObject({ kind: 'NotFound' });
  });

  test('plans up to the vendor limit and the maximum of the target', () => {
    const { plan } = aksScaler(new FakeCluster());
    expect(plan(range(2, 9), { floorUnits: 12, maximumUnits: 50 })).toEqual(range(12, 12));
    expect(plan(range(4, 9), { floorUnits: 3, maximumUnits: 50 })).toEqual(range(4, 9));
    expect(() => plan(range(2, 9), { floorUnits: 51, maximumUnits: 50 })).toThrow(
      expect.objectContaining({ kind: 'QuotaExceeded', highestAcceptableUnits: 50 }),
    );
    expect(() => plan(range(2, 9), { floorUnits: 1001, maximumUnits: 5000 })).toThrow(
      expect.objectContaining({ kind: 'QuotaExceeded', highestAcceptableUnits: 1000 }),
    );
  });
});
