import { deepStrictEqual, equal } from 'node:assert/strict';
import { ProviderError } from '../../../domain/errors.ts';
import type { ScalingTarget } from '../../../domain/fleet.ts';
import type { OwnedFields } from '../../../domain/owned-fields.ts';
import type { Scaler } from '../../../domain/scaler.ts';
import type { Kubectl } from '../kubectl.ts';
import type { Matrix } from '../matrix.ts';
import { raise, readOne, refusedAs, restore, set, settled } from '../scaler-moves.ts';
import { NAMESPACE, target } from './kubernetes-objects.ts';

const SERVICE = 'kubernetes.hpa';
const BEFORE: OwnedFields = { kind: 'range', minimumUnits: 3, maximumUnits: 8 };

/** Autoscalers of a real API server with its own controller; `gallery` goes from 3 to 8 to begin with. */
export async function checkHpa(matrix: Matrix, kubectl: Kubectl, scaler: Scaler): Promise<void> {
  const check = (name: string, body: () => Promise<void>) =>
    matrix.check(SERVICE, 'kube-apiserver', name, body);
  const gallery = target(SERVICE, 'gallery');
  const live = () => kubectl.object('-n', NAMESPACE, 'get', 'hpa', 'gallery');
  const replicas = async () =>
    (await kubectl.object('-n', NAMESPACE, 'get', 'deploy', 'gallery')).spec.replicas;
  const first = await live();
  const old = await readOne(scaler, gallery);
  await check('reads minimum, maximum and serving pods', async () =>
    deepStrictEqual([old.owned, old.servingUnits], [BEFORE, 3]),
  );
  await check('raises the minimum, which its controller follows, and settles', async () => {
    const want = await raiseFresh(scaler, gallery, 6);
    deepStrictEqual((await live()).spec, { ...first.spec, minReplicas: 6 });
    equal(await settled(scaler, gallery, want), 6);
    equal(await replicas(), 6);
  });
  await check('lifts the maximum where the minimum would not fit below it', async () => {
    const want = await raiseFresh(scaler, gallery, 12);
    deepStrictEqual((await live()).spec, { ...first.spec, minReplicas: 12, maxReplicas: 12 });
    equal(await settled(scaler, gallery, want), 12);
  });
  await check('is refused as Stale under an old resourceVersion', async () => {
    await refusedAs('Stale', () => set(scaler, gallery, old, BEFORE));
    equal((await live()).spec.minReplicas, 12);
  });
  await check('a minimum above the maximum is refused by the API server as InvalidTarget', async () => {
    const wrong: OwnedFields = { kind: 'range', minimumUnits: 13, maximumUnits: 12 };
    await refusedAs('InvalidTarget', () =>
      fresh(async () => set(scaler, gallery, await readOne(scaler, gallery), wrong)),
    );
    equal((await live()).spec.minReplicas, 12);
  });
  await check('restores minimum and maximum exactly, and touches nothing else', async () => {
    await fresh(() => restore(scaler, gallery, BEFORE));
    const { spec, metadata } = await live();
    deepStrictEqual(spec, first.spec);
    deepStrictEqual(metadata.labels, first.metadata.labels);
    deepStrictEqual(metadata.annotations, first.metadata.annotations);
  });
  await check('an HPA of something other than a Deployment is refused', () =>
    refusedAs('InvalidTarget', () => readOne(scaler, target(SERVICE, 'streams'))),
  );
  await check('an HPA that does not exist is NotFound', () =>
    refusedAs('NotFound', () => readOne(scaler, target(SERVICE, 'nobody'))),
  );
}

async function raiseFresh(scaler: Scaler, gallery: ScalingTarget, floorUnits: number): Promise<OwnedFields> {
  return (await fresh(() => raise(scaler, gallery, floorUnits))).want;
}

/** The controller writes the object's status, so a read may be overtaken; a run reads again too. */
async function fresh<T>(attempt: () => Promise<T>): Promise<T> {
  for (let left = 5; ; left -= 1) {
    try {
      return await attempt();
    } catch (error) {
      if (left === 0 || !(error instanceof ProviderError) || error.kind !== 'Stale') throw error;
    }
  }
}
