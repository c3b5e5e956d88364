import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { ActivityDependencies } from '../../../activities/dependencies.ts';
import { LeaseBusy } from '../../../activities/lease-busy.ts';
import { reconcileTargets } from '../../../activities/reconcile-batch.ts';
import { createVendorWatch } from '../../../activities/vendor-watch.ts';
import { ProviderError } from '../../../domain/errors.ts';
import type { OwnedFields } from '../../../domain/owned-fields.ts';
import { claimTargets } from '../../../store/claims.ts';
import { acceptRun } from '../../../store/runs.ts';
import { acquireLease } from '../../../store/targets.ts';
import { activityDependencies } from '../../support/activity-dependencies.ts';
import { FakeScaler } from '../../support/fake-scaler.ts';
import { target } from '../../support/planning.ts';
import { testDatabase } from '../../support/postgres.ts';

const BEFORE: OwnedFields = { kind: 'range', minimumUnits: 6, maximumUnits: 60 };
const AFTER: OwnedFields = { kind: 'range', minimumUnits: 40, maximumUnits: 60 };

/** A vendor that counts how often, and for how many targets, it is read. */
class CountingScaler extends FakeScaler {
  readonly reads: number[] = [];
  override read(targets: Parameters<FakeScaler['read']>[0]) {
    this.reads.push(targets.length);
    return super.read(targets);
  }
}

let database: Awaited<ReturnType<typeof testDatabase>>;
let scaler: CountingScaler;
let deps: ActivityDependencies;
let runId: string;
let ids: readonly [string, string, string];
let count = 0;

beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.close());

beforeEach(async () => {
  count += 1;
  scaler = new CountingScaler();
  ids = [`a-${count}`, `b-${count}`, `c-${count}`];
  for (const id of ids) {
    scaler.edit(id, BEFORE);
    const spec = JSON.stringify(target({ id }));
    await database.db
      .insertInto('targets')
      .values({ id, kind: 'scaling', service: 'aws.ecs', spec })
      .execute();
  }
  deps = activityDependencies(database.db, scaler);
  runId = await claimedRun();
});

/** A run that claims 40 units of every target. */
async function claimedRun(): Promise<string> {
  const accepted = await acceptRun(database.db, {
    kind: 'season',
    request: {},
    dryRun: false,
    principal: 'test',
    startsAtMs: 0,
    endsAtMs: 1,
    response: () => ({ status: 202, body: {} }),
  });
  if (accepted.outcome !== 'created') throw new Error('not created');
  const requests = ids.map((targetId) => ({
    targetId,
    kind: 'floor' as const,
    floorUnits: 40,
    startsAtMs: 0,
    endsAtMs: 1,
    seen: BEFORE,
    generation: 0,
  }));
  await claimTargets(database.db, accepted.run.id, 0, requests, deps.patience);
  return accepted.run.id;
}

function reconcileAll() {
  const request = { runId, owner: 'me', direction: 'forward', gate: 'closed' } as const;
  return reconcileTargets(deps, ids, request, createVendorWatch(1_000));
}

const live = (id: string) => scaler.states.get(id)?.owned;
const inForce = { result: { status: 'inForce', restored: false } };

test('all are read in one go, and each is brought into line', async () => {
  const outcomes = await reconcileAll();
  expect(Object.fromEntries(outcomes)).toMatchObject({
    [ids[0]]: inForce,
    [ids[1]]: inForce,
    [ids[2]]: inForce,
  });
  expect(scaler.reads).toEqual([3]);
  expect(ids.map(live)).toEqual([AFTER, AFTER, AFTER]);
});

test('one that another run is writing to is left alone, and the others go on', async () => {
  await acquireLease(database.db, { targetId: ids[1], owner: 'somebody else', leaseMs: 5_000 });
  const outcomes = await reconcileAll();
  expect(outcomes.get(ids[1])).toEqual({ error: expect.any(LeaseBusy) });
  expect(scaler.reads).toEqual([2]);
  expect(ids.map(live)).toEqual([AFTER, BEFORE, AFTER]);
});

test('what a vendor refuses, or does not answer, of one target says nothing about the others', async () => {
  const [refused, unknown, fine] = ids;
  scaler.refuse = ({ id }) => {
    if (id === refused) return new ProviderError('PermissionDenied', 'not allowed');
    return id === unknown ? new ProviderError('Transient', 'no answer') : null;
  };
  expect(Object.fromEntries(await reconcileAll())).toMatchObject({
    [refused]: { result: { status: 'refused', kind: 'PermissionDenied' } },
    [unknown]: { error: { kind: 'Transient' } },
    [fine]: inForce,
  });
});

test('one that does not exist keeps no other from being read', async () => {
  scaler.states.delete(ids[0]);
  const outcomes = await reconcileAll();
  expect(outcomes.get(ids[0])).toMatchObject({ error: { kind: 'NotFound' } });
  expect(ids.slice(1).map(live)).toEqual([AFTER, AFTER]);
});

test('no lease is kept, whatever came of it', async () => {
  scaler.readErrors.push(new ProviderError('Transient', 'no answer'));
  const outcomes = await reconcileAll();
  expect([...outcomes.keys()].toSorted()).toEqual([...ids].toSorted());
  for (const targetId of ids) {
    const lease = await acquireLease(database.db, { targetId, owner: 'next', leaseMs: 5_000 });
    expect(lease.status).toBe('acquired');
  }
});
