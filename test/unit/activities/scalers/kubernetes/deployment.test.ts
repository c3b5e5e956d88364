import type { ClusterApi, Deployment } from '../../../../../activities/scalers/kubernetes/_client.ts';
import { deploymentScaler } from '../../../../../activities/scalers/kubernetes/deployment.ts';
import type { OwnedFields } from '../../../../../domain/owned-fields.ts';
import type { TargetState } from '../../../../../domain/scaler.ts';
import { FakeCluster, target } from '../../../../support/fake-cluster.ts';

const signal = new AbortController().signal;
const uploads = target('uploads', { autoscaled: false });

const count = (units: number): OwnedFields => ({ kind: 'count', units });

function cluster(fields: Partial<Deployment> = {}): FakeCluster {
  const api = new FakeCluster();
  api.addDeployment('uploads', { replicas: 3, availableReplicas: 3, ...fields });
  return api;
}

async function readOne(api: ClusterApi): Promise<TargetState> {
  const state = (await deploymentScaler(api).read([uploads], signal)).get(uploads.id);
  if (state === undefined) throw new Error('not read');
  return state;
}

describe('kubernetes.deployment', () => {
  test('owns the count and reports the available pods, fenced by the resourceVersion', async () => {
    const api = cluster({ replicas: 5, availableReplicas: 2 });
    expect(await readOne(api)).toEqual({ owned: count(5), servingUnits: 2, fence: 'deployment-1' });
  });

  test('refuses a Deployment that an HPA scales, and names that HPA', async () => {
    const api = cluster();
    api.addAutoscaler('uploads-autoscaler', 2, 9, { deployment: 'uploads' });
    await expect(readOne(api)).rejects.toMatchObject({
      kind: 'InvalidTarget',
      resource: uploads.id,
      message: expect.stringContaining('uploads-autoscaler'),
    });
  });

  test('takes no offence at the HPA of another Deployment', async () => {
    const api = cluster();
    api.addAutoscaler('uploads', 2, 9, { deployment: 'gallery' });
    expect((await readOne(api)).owned).toEqual(count(3));
  });

  test('lists a namespace once however many of its Deployments are read', async () => {
    const api = cluster();
    api.addDeployment('queue', {});
    await deploymentScaler(api).read([uploads, target('queue')], signal);
    expect(api.calls).toEqual(['list deployments edge/weddings', 'list autoscalers edge/weddings']);
  });

  test('sets the count through the scale subresource, fenced by the version seen', async () => {
    const api = cluster();
    const receipt = await deploymentScaler(api).apply(uploads, await readOne(api), count(8), 'key', signal);
    expect(api.calls.at(-1)).toBe('scale uploads 8 deployment-1');
    expect(receipt).toEqual({ vendorRequestId: 'deployment-1+' });
  });

  test('throws Stale when the Deployment has moved since it was seen', async () => {
    const api = cluster();
    const seen = await readOne(api);
    api.addDeployment('uploads', { replicas: 7, resourceVersion: 'deployment-2' });
    const applied = deploymentScaler(api).apply(uploads, seen, count(8), 'key', signal);
    await expect(applied).rejects.toMatchObject({ kind: 'Stale' });
    expect(api.deployments.get('uploads')?.replicas).toBe(7);
  });

  test('refuses to set a range, or to write without a version', async () => {
    const api = cluster();
    const seen = await readOne(api);
    const range: OwnedFields = { kind: 'range', minimumUnits: 1, maximumUnits: 2 };
    const apply = (state: TargetState, want: OwnedFields) =>
      deploymentScaler(api).apply(uploads, state, want, 'key', signal);
    await expect(apply(seen, range)).rejects.toMatchObject({ kind: 'InvalidTarget' });
    await expect(apply({ ...seen, fence: null }, count(4))).rejects.toMatchObject({ kind: 'InvalidTarget' });
  });

  test.each<[Partial<Deployment>, string]>([
    [{ replicas: 5, availableReplicas: 5 }, 'settled'],
    [{ replicas: 5, availableReplicas: 4 }, 'moving'],
    [{ replicas: 3, availableReplicas: 5 }, 'moving'],
    [{ replicas: 5, availableReplicas: 5, observed: false }, 'moving'],
    [{ replicas: 5, availableReplicas: 1, stalled: 'ProgressDeadlineExceeded: pods' }, 'failed'],
  ])('with %j a count of 5 is %s', async (fields, status) => {
    const wants = new Map([[uploads.id, count(5)]]);
    const progress = await deploymentScaler(cluster(fields)).progress([uploads], wants, signal);
    expect(progress.get(uploads.id)).toMatchObject({ status, servingUnits: fields.availableReplicas });
  });

  test('does not say how far a Deployment is of which nothing is wanted', async () => {
    const progress = deploymentScaler(cluster()).progress([uploads], new Map(), signal);
    await expect(progress).rejects.toMatchObject({ kind: 'InvalidTarget' });
  });

  test('throws NotFound for a Deployment that is not there', async () => {
    await expect(readOne(new FakeCluster())).rejects.toMatchObject({
      kind: 'NotFound',
      resource: uploads.id,
    });
  });

  test('plans absolute counts and never fewer than there are', () => {
    const { plan } = deploymentScaler(new FakeCluster());
    expect(plan(count(3), { floorUnits: 8, maximumUnits: 50 })).toEqual(count(8));
    expect(plan(count(9), { floorUnits: 8, maximumUnits: 50 })).toEqual(count(9));
    expect(() => plan(count(3), { floorUnits: 51, maximumUnits: 50 })).toThrow(
      expect.objectContaining({ kind: 'QuotaExceeded', highestAcceptableUnits: 50 }),
    );
  });
});
