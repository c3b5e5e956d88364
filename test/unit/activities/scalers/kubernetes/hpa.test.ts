import type {
  Autoscaler,
  ClusterApi,
  Deployment,
} from '../../../../../activities/scalers/kubernetes/_client.ts';
import { hpaScaler } from '../../../../../activities/scalers/kubernetes/hpa.ts';
import type { OwnedFields } from '../../../../../domain/owned-fields.ts';
import type { TargetState } from '../../../../../domain/scaler.ts';
import { FakeCluster, target } from '../../../../support/fake-cluster.ts';

const signal = new AbortController().signal;

const range = (minimumUnits: number, maximumUnits: number): OwnedFields => ({
  kind: 'range',
  minimumUnits,
  maximumUnits,
});

const hpa = (name: string) => target(name, { service: 'kubernetes.hpa', id: `kubernetes.hpa/${name}` });

function cluster(deployment: Partial<Deployment> = {}, autoscaler: Partial<Autoscaler> = {}): FakeCluster {
  const api = new FakeCluster();
  api.addDeployment('gallery', { replicas: 4, availableReplicas: 4, ...deployment });
  api.addAutoscaler('gallery', 4, 20, autoscaler);
  return api;
}

async function readOne(api: ClusterApi, name = 'gallery'): Promise<TargetState> {
  const state = (await hpaScaler(api).read([hpa(name)], signal)).get(hpa(name).id);
  if (state === undefined) throw new Error('not read');
  return state;
}

async function progressOf(api: ClusterApi, want: OwnedFields) {
  const wants = new Map([[hpa('gallery').id, want]]);
  return (await hpaScaler(api).progress([hpa('gallery')], wants, signal)).get(hpa('gallery').id);
}

describe('kubernetes.hpa', () => {
  test('owns minimum and maximum, and serving units are the available ones of the Deployment', async () => {
    const api = cluster({ replicas: 9, availableReplicas: 7 });
    expect(await readOne(api)).toMatchObject({ owned: range(4, 20), servingUnits: 7, fence: 'hpa-1' });
  });

  test('counts the Deployment the autoscaler scales, whatever it is called', async () => {
    const api = cluster({}, { deployment: 'gallery-web' });
    api.addDeployment('gallery-web', { replicas: 6, availableReplicas: 6 });
    expect((await readOne(api)).servingUnits).toBe(6);
  });

  test('lists a namespace once however many of its autoscalers are read', async () => {
    const api = cluster();
    api.addDeployment('uploads', {});
    api.addAutoscaler('uploads', 1, 2);
    const elsewhere = target('gallery', {
      id: 'other',
      reference: { ...hpa('gallery').reference, cluster: 'core' },
    });
    await hpaScaler(api).read([hpa('gallery'), hpa('uploads'), elsewhere], signal);
    expect(api.calls.toSorted()).toEqual([
      'list autoscalers core/weddings',
      'list autoscalers edge/weddings',
      'list deployments core/weddings',
      'list deployments edge/weddings',
    ]);
  });

  test('sends the whole object back with only the range changed, fenced by the version seen', async () => {
    const api = cluster();
    const stored = JSON.parse(JSON.stringify(await readOne(api))) as TargetState;
    await hpaScaler(api).apply(hpa('gallery'), stored, range(10, 40), 'key', signal);
    const { body } = cluster().autoscalers.get('gallery') as Autoscaler;
    expect(api.puts).toEqual([{ ...body, spec: { ...body.spec, minReplicas: 10, maxReplicas: 40 } }]);
    expect(api.puts[0]?.metadata.resourceVersion).toBe('hpa-1');
  });

  test('never touches the replicas', async () => {
    const api = cluster();
    await hpaScaler(api).apply(hpa('gallery'), await readOne(api), range(10, 20), 'key', signal);
    expect(api.calls.filter((call) => call.startsWith('scale'))).toEqual([]);
    expect(api.deployments.get('gallery')?.replicas).toBe(4);
  });

  test('throws Stale when the autoscaler has moved since it was seen', async () => {
    const api = cluster();
    const seen = await readOne(api);
    await hpaScaler(api).apply(hpa('gallery'), seen, range(10, 20), 'key', signal);
    const again = hpaScaler(api).apply(hpa('gallery'), seen, range(12, 20), 'key', signal);
    await expect(again).rejects.toMatchObject({ kind: 'Stale' });
    expect((await readOne(api)).owned).toEqual(range(10, 20));
  });

  test('refuses to set a count, or to write without what was read', async () => {
    const api = cluster();
    const seen = await readOne(api);
    const refused = { kind: 'InvalidTarget' };
    const apply = (state: TargetState, want: OwnedFields) =>
      hpaScaler(api).apply(hpa('gallery'), state, want, 'key', signal);
    await expect(apply(seen, { kind: 'count', units: 9 })).rejects.toMatchObject(refused);
    await expect(apply({ ...seen, body: undefined }, range(9, 20))).rejects.toMatchObject(refused);
    await expect(apply({ ...seen, fence: null }, range(9, 20))).rejects.toMatchObject(refused);
    expect(api.puts).toEqual([]);
  });

  test.each<[Partial<Deployment>, number, string, string]>([
    [{ replicas: 10, availableReplicas: 10 }, 10, 'settled', ''],
    [{ replicas: 12, availableReplicas: 11 }, 10, 'settled', ''],
    [{ replicas: 10, availableReplicas: 9 }, 10, 'moving', '9 of 10'],
    [{ replicas: 5, availableReplicas: 12 }, 10, 'moving', 'asks for 5'],
    [{ replicas: 10, availableReplicas: 10 }, 4, 'moving', 'guarantees 4'],
    [{ replicas: 10, availableReplicas: 10, observed: false }, 10, 'moving', 'not been taken up'],
    [{ replicas: 10, availableReplicas: 9, stalled: 'ProgressDeadlineExceeded' }, 10, 'failed', 'Deadline'],
  ])(
    'with the Deployment %j and a minimum of %i, a floor of 10 is %s',
    async (deployment, minimum, status, why) => {
      const progress = await progressOf(cluster(deployment, { minimumUnits: minimum }), range(10, 20));
      expect(progress).toMatchObject({ status, servingUnits: deployment.availableReplicas });
      expect(progress && 'reason' in progress ? progress.reason : '').toContain(why);
    },
  );

  test('throws NotFound for an autoscaler that is not there', async () => {
    await expect(readOne(cluster(), 'gone')).rejects.toMatchObject({ kind: 'NotFound' });
  });

  test('refuses an autoscaler of something that is no Deployment', async () => {
    const read = readOne(cluster({}, { deployment: null }));
    await expect(read).rejects.toMatchObject({
      kind: 'InvalidTarget',
      message: expect.stringContaining('gallery'),
    });
  });

  test('refuses a target whose reference is incomplete', async () => {
    const vague = { ...hpa('gallery'), reference: { cluster: 'edge', name: 'gallery' } };
    const read = hpaScaler(cluster()).read([vague], signal);
    await expect(read).rejects.toMatchObject({ kind: 'InvalidTarget' });
  });

  test('plans up to the maximum of the target, and lifts the maximum only where the floor needs it', () => {
    const { plan } = hpaScaler(new FakeCluster());
    expect(plan(range(4, 20), { floorUnits: 12, maximumUnits: 50 })).toEqual(range(12, 20));
    expect(plan(range(4, 20), { floorUnits: 30, maximumUnits: 50 })).toEqual(range(30, 30));
    expect(plan(range(4, 20), { floorUnits: 2, maximumUnits: 50 })).toEqual(range(4, 20));
    expect(() => plan(range(4, 20), { floorUnits: 51, maximumUnits: 50 })).toThrow(
      expect.objectContaining({ kind: 'QuotaExceeded', highestAcceptableUnits: 50 }),
    );
    expect(() => plan(range(4, 20), { floorUnits: 10_001, maximumUnits: 20_000 })).toThrow(
      expect.objectContaining({ kind: 'QuotaExceeded', highestAcceptableUnits: 10_000 }),
    );
  });
});
