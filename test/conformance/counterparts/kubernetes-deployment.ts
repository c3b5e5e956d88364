import { deepStrictEqual, equal, ok } from 'node:assert/strict';
import type { Scaler } from '../../../domain/scaler.ts';
import type { Kubectl } from '../kubectl.ts';
import { GUEST, STRANGER } from '../kubernetes-cluster.ts';
import type { Matrix } from '../matrix.ts';
import { eventually } from '../processes.ts';
import { progressOf, raise, readOne, refusedAs, restore, set, settled } from '../scaler-moves.ts';
import { NAMESPACE, NODE_PODS, node, target } from './kubernetes-objects.ts';

const SERVICE = 'kubernetes.deployment';

/** Deployments of a real API server; `uploads` has three pods to begin with. */
export async function checkDeployment(matrix: Matrix, kubectl: Kubectl, scaler: Scaler): Promise<void> {
  const check = (name: string, body: () => Promise<void>) =>
    matrix.check(SERVICE, 'kube-apiserver', name, body);
  const uploads = target(SERVICE, 'uploads');
  const live = () => kubectl.object('-n', NAMESPACE, 'get', 'deploy', 'uploads');
  const before = (await live()).spec;
  const old = await readOne(scaler, uploads);
  await check('reads count and serving pods', async () =>
    deepStrictEqual([old.owned, old.servingUnits], [{ kind: 'count', units: 3 }, 3]),
  );
  await check('raises the count, and settles when the pods are ready', async () => {
    const { want } = await raise(scaler, uploads, 40);
    equal(await settled(scaler, uploads, want), 40);
    const { spec, status } = await live();
    deepStrictEqual([spec.replicas, status.readyReplicas], [40, 40]);
  });
  await check('is refused as Stale under an old resourceVersion', async () => {
    await refusedAs('Stale', () => set(scaler, uploads, old, { kind: 'count', units: 50 }));
    equal((await live()).spec.replicas, 40);
  });
  await check('pods without a node are moving, and settle when one comes', async () => {
    const { want } = await raise(scaler, uploads, NODE_PODS + 20);
    await eventually('pods on the first node', async () => (await live()).status.readyReplicas > 40);
    const progress = await progressOf(scaler, uploads, want);
    equal(progress.status, 'moving');
    ok((progress.servingUnits ?? 0) <= NODE_PODS, `${progress.servingUnits} pods on one node`);
    await kubectl.apply(node(2));
    equal(await settled(scaler, uploads, want), NODE_PODS + 20);
  });
  await check('restores the count exactly, and touches nothing else', async () => {
    await restore(scaler, uploads, old.owned);
    deepStrictEqual((await live()).spec, before);
  });
  await check('a Deployment that an HPA scales is refused', () =>
    refusedAs('InvalidTarget', () => readOne(scaler, target(SERVICE, 'gallery'))),
  );
  await check('a Deployment that does not exist is NotFound', () =>
    refusedAs('NotFound', () => readOne(scaler, target(SERVICE, 'nobody'))),
  );
  await check('somebody without rights, and somebody unknown, is PermissionDenied', async () => {
    for (const context of [GUEST, STRANGER]) {
      await refusedAs('PermissionDenied', () => readOne(scaler, target(SERVICE, 'uploads', context)));
    }
  });
}
