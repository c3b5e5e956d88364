import type { ActivityDependencies } from '../../../activities/dependencies.ts';
import { type ReconcileRequest, reconcileTarget } from '../../../activities/reconcile.ts';
import { createVendorWatch } from '../../../activities/vendor-watch.ts';
import { ProviderError } from '../../../domain/errors.ts';
import type { ScalingTarget } from '../../../domain/fleet.ts';
import { type OwnedFields, planFloor } from '../../../domain/owned-fields.ts';
import type { Scaler } from '../../../domain/scaler.ts';
import { claimsOfRun, claimTargets, countingClaims } from '../../../store/claims.ts';
import { acceptDrift, releaseClaims } from '../../../store/releases.ts';
import { acceptRun } from '../../../store/runs.ts';
import { activityDependencies } from '../../support/activity-dependencies.ts';
import { FakeScaler } from '../../support/fake-scaler.ts';
import { testDatabase } from '../../support/postgres.ts';

const range = (minimumUnits: number, maximumUnits: number): OwnedFields => ({
  kind: 'range',
  minimumUnits,
  maximumUnits,
});

let database: Awaited<ReturnType<typeof testDatabase>>;
let scaler: FakeScaler;
let deps: ActivityDependencies;
let target: ScalingTarget;
let count = 0;

beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.close());

beforeEach(async () => {
  count += 1;
  scaler = new FakeScaler();
  target = {
    id: `aws.ecs/eu-west-1/api-${count}`,
    service: 'aws.ecs',
    region: 'eu-west-1',
    reference: { cluster: 'c', service: `api-${count}` },
    workload: 'api',
    markets: ['gb'],
    capacityPerUnit: 10,
    maximumUnits: 500,
    hourlyUsdPerUnit: 0.1,
    critical: false,
    requiresStabilization: false,
    leadTimeMinutes: 10,
    loadSource: { kind: 'observations' },
    autoscaled: true,
    baselineUnits: 6,
  };
  scaler.edit(target.id, range(6, 60));
  await database.db
    .insertInto('targets')
    .values({ id: target.id, kind: 'scaling', service: target.service, spec: JSON.stringify(target) })
    .execute();
  deps = activityDependencies(database.db, scaler);
});

async function newRun(): Promise<string> {
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
  return accepted.run.id;
}

async function claim(runId: string, floorUnits: number): Promise<void> {
  const row = await database.db
    .selectFrom('targets')
    .select('generation')
    .where('id', '=', target.id)
    .executeTakeFirstOrThrow();
  const state = (await scaler.read([target])).get(target.id);
  const result = await claimTargets(
    database.db,
    runId,
    0,
    [
      {
        targetId: target.id,
        kind: 'floor',
        floorUnits,
        startsAtMs: 0,
        endsAtMs: 1,
        seen: state?.owned ?? range(0, 0),
        generation: row.generation,
      },
    ],
    deps.patience,
  );
  expect(result).toEqual({ status: 'claimed', released: [] });
}

async function preState(): Promise<unknown> {
  const { pre_state } = await database.db
    .selectFrom('targets')
    .select('pre_state')
    .where('id', '=', target.id)
    .executeTakeFirstOrThrow();
  return pre_state;
}

/** Undoes as a cell does: again and again while nothing is proven. */
async function undo(runId: string, overrides: Partial<ReconcileRequest> = {}) {
  for (;;) {
    const result = await reconcile(runId, { direction: 'undo', ...overrides });
    if (result.status !== 'unproven') return result;
    await new Promise((resolve) => setTimeout(resolve, result.provenInMs + 10));
  }
}

function reconcile(runId: string, overrides: Partial<ReconcileRequest> = {}) {
  const request = {
    targetId: target.id,
    runId,
    owner: `${runId}/1`,
    direction: 'forward',
    gate: 'open',
    ...overrides,
  } as const;
  return reconcileTarget(deps, request, createVendorWatch(1_000));
}

async function letGo(...runIds: readonly (string | undefined)[]): Promise<void> {
  for (const runId of runIds) if (runId !== undefined) await releaseClaims(database.db, runId);
}

const live = () => scaler.states.get(target.id)?.owned;

test('applying twice writes once', async () => {
  const run = await newRun();
  await claim(run, 40);
  await reconcile(run);
  expect(await reconcile(run)).toMatchObject({ status: 'inForce', restored: false });
  expect(live()).toEqual(range(40, 60));
  expect(scaler.writes).toHaveLength(1);
});

test('a floor above the maximum lifts the maximum, and release gives both back', async () => {
  const run = await newRun();
  await claim(run, 100);
  await reconcile(run);
  expect(live()).toEqual(range(100, 100));
  await releaseClaims(database.db, run);
  expect(await undo(run)).toMatchObject({ status: 'inForce', restored: true });
  expect(live()).toEqual(range(6, 60));
});

test.each([
  ['first claimed first released', 0, 1],
  ['last claimed first released', 1, 0],
])('two runs: the higher floor holds, %s', async (_name, first, second) => {
  const runs = [await newRun(), await newRun()] as const;
  await claim(runs[0], 40);
  await reconcile(runs[0]);
  await claim(runs[1], 30);
  await reconcile(runs[1]);
  expect(live()).toEqual(range(40, 60));
  const floors = [40, 30];
  await releaseClaims(database.db, runs[first as 0 | 1]);
  await undo(runs[first as 0 | 1]);
  expect(live()).toEqual(range(floors[second] ?? 0, 60));
  await releaseClaims(database.db, runs[second as 0 | 1]);
  await undo(runs[second as 0 | 1]);
  expect(live()).toEqual(range(6, 60));
});

test('a value a person raised is kept as a claim and never lowered', async () => {
  const run = await newRun();
  await claim(run, 40);
  await reconcile(run);
  scaler.edit(target.id, range(80, 90));
  await reconcile(run);
  await releaseClaims(database.db, run);
  expect(await reconcile(run, { direction: 'undo' })).toMatchObject({ status: 'inForce', restored: false });
  expect(live()).toEqual(range(80, 90));
  const [manual] = await countingClaims(database.db, target.id);
  expect(manual).toMatchObject({ kind: 'manual', floorUnits: 80 });
});

test("a value a person raised below a claim that cannot be had stays when that claim doesn't count", async () => {
  const run = await newRun();
  await claim(run, 400);
  scaler.edit(target.id, range(20, 60));
  scaler.refuse = (_target, want) =>
    want.kind === 'range' && want.minimumUnits > 300
      ? new ProviderError('QuotaExceeded', 'the account allows 300', { highestAcceptableUnits: 300 })
      : null;
  expect(await reconcile(run)).toMatchObject({ status: 'refused' });
  expect(live()).toEqual(range(20, 60));
  await releaseClaims(database.db, run);
  await undo(run);
  expect(live()).toEqual(range(20, 60));
});

test('a value a person raised below a claim that comes to be is what the release goes back to', async () => {
  const run = await newRun();
  await claim(run, 40);
  scaler.edit(target.id, range(20, 60));
  await reconcile(run);
  expect(live()).toEqual(range(40, 60));
  await releaseClaims(database.db, run);
  await undo(run);
  expect(live()).toEqual(range(20, 60));
});

test("a share that a person left with their own floor is not replaced by the fleet's", async () => {
  target = { ...target, spotPercent: 80 };
  await database.db
    .updateTable('targets')
    .set({ spec: JSON.stringify(target) })
    .where('id', '=', target.id)
    .execute();
  const plan: Scaler['plan'] = (now, ask) =>
    planFloor(now, ask, { maximumUnits: 1_000, unitName: 'instances' });
  Object.assign(scaler, { plan });
  const shared = (minimumUnits: number): OwnedFields => {
    return { kind: 'range', minimumUnits, maximumUnits: 60, onDemandPercent: 100 };
  };
  const left = shared(50);
  scaler.edit(target.id, shared(6));
  const run = await newRun();
  await claim(run, 20);
  scaler.edit(target.id, left);
  await reconcile(run);
  await releaseClaims(database.db, run);
  await undo(run);
  expect(live()).toEqual(left);
});

test.each<[string, (...runs: readonly string[]) => Promise<void>]>([
  [
    'before the release',
    async (run, other) => {
      await reconcile(run ?? '');
      await letGo(run, other);
    },
  ],
  ['after it', letGo],
])(
  'a maximum that a person lifts above our minimum keeps the floor they raised before, seen %s',
  async (_when, release) => {
    const run = await newRun();
    await claim(run, 30);
    await reconcile(run);
    scaler.edit(target.id, range(50, 60));
    await reconcile(run);
    const other = await newRun();
    await claim(other, 70);
    await reconcile(run);
    expect(live()).toEqual(range(70, 70));
    scaler.edit(target.id, range(70, 90));
    await release(run, other);
    await undo(run);
    expect(live()).toEqual(range(50, 90));
  },
);

test('a maximum that a person lifts above a write of ours that nobody knows of keeps nothing of it', async () => {
  const run = await newRun();
  await claim(run, 40);
  scaler.loseNextAnswer = true;
  await expect(reconcile(run)).rejects.toMatchObject({ kind: 'Transient' });
  scaler.edit(target.id, range(40, 90));
  await letGo(run);
  await undo(run);
  expect(live()).toEqual(range(6, 90));
});

test('a maximum that a person lifts above an undo of ours that nobody knows of stays', async () => {
  const run = await newRun();
  await claim(run, 80);
  await reconcile(run);
  expect(live()).toEqual(range(80, 80));
  await letGo(run);
  scaler.loseNextAnswer = true;
  await expect(undo(run)).rejects.toMatchObject({ kind: 'Transient' });
  expect(live()).toEqual(range(6, 60));
  scaler.edit(target.id, range(6, 90));
  await undo(run);
  expect(live()).toEqual(range(6, 90));
});

test('what is ours and a person takes back leaves the floor that they raised before', async () => {
  const [run, other] = [await newRun(), await newRun()];
  await claim(run, 20);
  await reconcile(run);
  scaler.edit(target.id, range(30, 60));
  await claim(other, 50);
  await reconcile(other);
  expect(live()).toEqual(range(50, 60));
  await letGo(run, other);
  scaler.edit(target.id, range(40, 60));
  await undo(other);
  expect(live()).toEqual(range(30, 60));
});

test('an undo gives back beside a claim of another run that nobody can meet', async () => {
  const mine = await newRun();
  await claim(mine, 40);
  await reconcile(mine);
  target = { ...target, maximumUnits: 100 };
  await database.db
    .updateTable('targets')
    .set({ spec: JSON.stringify(target) })
    .where('id', '=', target.id)
    .execute();
  const [some, other] = [await newRun(), await newRun()];
  await claim(some, 30);
  await claim(other, 400);
  await releaseClaims(database.db, mine);
  expect(await undo(mine)).toMatchObject({ status: 'inForce', restored: false });
  expect(live()).toEqual(range(30, 60));
  expect(await claimsOfRun(database.db, other)).toMatchObject([{ unreachable: false }]);
});

describe('a claim that the vendor has taken, and that is past a limit of the fleet since', () => {
  async function importAgain(changes: Partial<ScalingTarget>): Promise<void> {
    target = { ...target, ...changes };
    await database.db
      .updateTable('targets')
      .set({ spec: JSON.stringify(target) })
      .where('id', '=', target.id)
      .execute();
  }

  async function bothInForce(): Promise<readonly [mine: string, other: string]> {
    const [mine, other] = [await newRun(), await newRun()];
    await claim(mine, 40);
    await claim(other, 150);
    await reconcile(other);
    return [mine, other];
  }

  test('is not lowered by the undo of another run', async () => {
    const [mine] = await bothInForce();
    await importAgain({ maximumUnits: 100 });
    await letGo(mine);
    expect(await undo(mine)).toMatchObject({ status: 'inForce', restored: false });
    expect(live()).toEqual(range(150, 150));
  });

  test('is not lowered where a claim that nobody can meet is left out', async () => {
    const [mine] = await bothInForce();
    await importAgain({ maximumUnits: 100 });
    await claim(await newRun(), 400);
    await letGo(mine);
    await undo(mine);
    expect(live()).toEqual(range(150, 150));
  });

  test('is not lowered when its own run or another looks again', async () => {
    const [mine, other] = await bothInForce();
    await importAgain({ maximumUnits: 100 });
    for (const run of [mine, other]) {
      expect(await reconcile(run)).toMatchObject({ status: 'inForce' });
      expect(live()).toEqual(range(150, 150));
    }
    expect(await claimsOfRun(database.db, other)).toMatchObject([{ unreachable: false }]);
  });

  test('holds what is no more asked for no longer than it is claimed itself', async () => {
    const [mine, other] = await bothInForce();
    const third = await newRun();
    await claim(third, 200);
    await reconcile(third);
    await importAgain({ maximumUnits: 100 });
    await letGo(third);
    await undo(third);
    expect(live()).toEqual(range(150, 150));
    await letGo(other, mine);
    expect(await undo(mine)).toMatchObject({ restored: true });
    expect(live()).toEqual(range(6, 60));
  });

  test('keeps its machine class where no rung of the ladder carries it any more', async () => {
    const plan: Scaler['plan'] = (now, ask) =>
      planFloor(now, ask, { maximumUnits: 1_000, unitName: 'instances' });
    Object.assign(scaler, { plan });
    const rung = (name: string, units: number) => ({ kind: 'class', className: name, units }) as const;
    await importAgain({
      classes: [
        { name: 'large', units: 8 },
        { name: 'xlarge', units: 16 },
      ],
    });
    scaler.edit(target.id, rung('large', 8));
    const [mine, other] = [await newRun(), await newRun()];
    await claim(mine, 9);
    await claim(other, 12);
    await reconcile(other);
    await importAgain({
      classes: [
        { name: 'large', units: 8 },
        { name: 'xlarge', units: 10 },
      ],
    });
    scaler.edit(target.id, rung('xlarge', 10));
    await letGo(mine);
    expect(await undo(mine)).toMatchObject({ status: 'inForce', restored: false });
    expect(live()).toEqual(rung('xlarge', 10));
  });
});

describe('a worker that slept over the end of its lease enters nothing of what it had read', () => {
  /** Reads now, and goes on after `meanwhile`, when its lease is long over. */
  async function sleeping(runId: string, direction: 'forward' | 'undo', meanwhile: () => Promise<unknown>) {
    const found = await scaler.read([target]);
    const drowsy = Object.assign(Object.create(scaler), {
      read: async () => {
        await database.db
          .updateTable('targets')
          .set({ lease_expires_at: new Date(0) })
          .where('id', '=', target.id)
          .execute();
        await meanwhile();
        return found;
      },
    });
    const adapters = { ...deps.adapters, scaler: async () => drowsy };
    const request = { targetId: target.id, runId, owner: 'sleeper/1', direction, gate: 'open' } as const;
    return reconcileTarget({ ...deps, adapters }, request, createVendorWatch(1_000));
  }

  test('a write is not sent', async () => {
    const run = await newRun();
    await claim(run, 40);
    await expect(sleeping(run, 'forward', async () => undefined)).rejects.toMatchObject({ kind: 'Stale' });
    expect(scaler.writes).toHaveLength(0);
  });

  test("a value of our own later on is not taken for a person's", async () => {
    const run = await newRun();
    await claim(run, 40);
    scaler.edit(target.id, range(6, 80));
    await expect(sleeping(run, 'forward', () => reconcile(run))).rejects.toMatchObject({ kind: 'Stale' });
    await releaseClaims(database.db, run);
    await undo(run);
    expect(live()).toEqual(range(6, 80));
  });

  test('the pre-state is not forgotten while somebody else has raised the target', async () => {
    const [first, second] = [await newRun(), await newRun()];
    await claim(first, 3);
    await releaseClaims(database.db, first);
    await sleeping(first, 'undo', async () => {
      await claim(second, 40);
      await reconcile(second);
      await releaseClaims(database.db, second);
    });
    expect(await preState()).toEqual(range(6, 60));
    await undo(second);
    expect(live()).toEqual(range(6, 60));
  });
});

test('a manual claim ends when the person takes the value back', async () => {
  const run = await newRun();
  await claim(run, 40);
  await reconcile(run);
  scaler.edit(target.id, range(80, 90));
  await reconcile(run);
  scaler.edit(target.id, range(40, 60));
  await reconcile(run);
  expect((await countingClaims(database.db, target.id)).map((c) => c.kind)).toEqual(['floor']);
  await releaseClaims(database.db, run);
  await reconcile(run, { direction: 'undo' });
  expect(live()).toEqual(range(6, 60));
});

test('a value lowered inside the window is raised again twice, then a person is asked', async () => {
  const run = await newRun();
  await claim(run, 40);
  await reconcile(run);
  for (const _ of [1, 2]) {
    scaler.edit(target.id, range(10, 60));
    await reconcile(run);
    expect(live()).toEqual(range(40, 60));
  }
  scaler.edit(target.id, range(10, 60));
  for (const _ of [1, 2, 3]) {
    expect(await reconcile(run)).toMatchObject({ status: 'contested' });
    expect(live()).toEqual(range(10, 60));
  }
  scaler.edit(target.id, range(40, 60));
  expect(await reconcile(run)).toMatchObject({ status: 'inForce' });
});

test('a maximum that a person lifts keeps nothing of our minimum', async () => {
  const run = await newRun();
  await claim(run, 40);
  await reconcile(run);
  scaler.edit(target.id, range(40, 90));
  await reconcile(run);
  await releaseClaims(database.db, run);
  await undo(run);
  expect(live()).toEqual(range(6, 90));
});

describe('of a maximum that a person lifted', () => {
  /** A claim of 40 in force on 6 to 60, a person's edits one after the other, each looked at. */
  async function edited(...edits: readonly (readonly [number, number])[]): Promise<string> {
    const run = await newRun();
    await claim(run, 40);
    await reconcile(run);
    for (const edit of edits) {
      scaler.edit(target.id, range(...edit));
      await reconcile(run);
    }
    return run;
  }

  test.each<[string, readonly (readonly [number, number])[], OwnedFields, OwnedFields]>([
    [
      'what they lower it to stays',
      [
        [40, 90],
        [40, 70],
      ],
      range(40, 70),
      range(6, 70),
    ],
    [
      'nothing stays that they lower to what was there',
      [
        [40, 90],
        [40, 60],
      ],
      range(40, 60),
      range(6, 60),
    ],
    [
      'all stays when they take back their floor alone',
      [
        [80, 100],
        [40, 100],
      ],
      range(40, 100),
      range(6, 100),
    ],
    [
      'what they lower it to stays with their floor',
      [
        [80, 100],
        [80, 90],
      ],
      range(80, 90),
      range(80, 90),
    ],
    [
      'what they lower it to stays without their floor',
      [
        [80, 100],
        [40, 90],
      ],
      range(40, 90),
      range(6, 90),
    ],
    [
      'all stays when what they lower is a floor of ours',
      [
        [40, 90],
        [20, 90],
      ],
      range(40, 90),
      range(6, 90),
    ],
  ])('%s', async (_what, edits, during, after) => {
    const run = await edited(...edits);
    expect(live()).toEqual(during);
    await letGo(run);
    await undo(run);
    expect(live()).toEqual(after);
  });

  test('nothing is ours that we lifted higher still', async () => {
    const run = await edited([40, 90]);
    const other = await newRun();
    await claim(other, 150);
    await reconcile(other);
    await letGo(other);
    scaler.edit(target.id, range(40, 150));
    await undo(other);
    expect(live()).toEqual(range(40, 90));
    await letGo(run);
    await undo(run);
    expect(live()).toEqual(range(6, 90));
  });

  test('a floor of ours that they lower again and again is raised twice for all that', async () => {
    const run = await edited([40, 90], [20, 90], [20, 80]);
    expect(live()).toEqual(range(40, 80));
    scaler.edit(target.id, range(20, 70));
    expect(await reconcile(run)).toMatchObject({ status: 'contested' });
  });
});

test('a count that somebody lowers while the gate is closed is no wish to keep it', async () => {
  scaler.edit(target.id, { kind: 'count', units: 4 });
  const run = await newRun();
  await claim(run, 10);
  await reconcile(run);
  await releaseClaims(database.db, run);
  await reconcile(run, { direction: 'undo', gate: 'closed' });
  scaler.edit(target.id, { kind: 'count', units: 8 });
  expect(await reconcile(run, { direction: 'undo', gate: 'closed' })).toMatchObject({ status: 'gated' });
  await undo(run, { gate: 'open' });
  expect(live()).toEqual({ kind: 'count', units: 4 });
});

test('an answer lost after the effect is proven by a read and not sent again', async () => {
  const run = await newRun();
  await claim(run, 40);
  scaler.loseNextAnswer = true;
  await expect(reconcile(run)).rejects.toMatchObject({ kind: 'Transient' });
  expect(await reconcile(run)).toMatchObject({ status: 'inForce' });
  expect(scaler.writes).toHaveLength(1);
  const intents = await database.db
    .selectFrom('intents')
    .select('outcome')
    .where('target_id', '=', target.id)
    .execute();
  expect(intents).toEqual([{ outcome: 'proven' }]);
});

test('a retry of an unknown write keeps its key; the undo has its own', async () => {
  const run = await newRun();
  await claim(run, 40);
  scaler.delayNextEffect = () => undefined;
  await expect(reconcile(run)).rejects.toMatchObject({ kind: 'Transient' });
  await reconcile(run);
  await releaseClaims(database.db, run);
  await reconcile(run, { direction: 'undo' });
  const rows = await database.db
    .selectFrom('intents')
    .select(['generation', 'direction', 'key'])
    .where('target_id', '=', target.id)
    .orderBy('generation')
    .execute();
  expect(rows.map((row) => row.direction)).toEqual(['forward', 'undo']);
  expect(scaler.writes.map((write) => write.key)).toEqual(rows.map((row) => row.key));
});

test('a repeat that a fence refuses says nothing about what was sent before', async () => {
  const run = await newRun();
  await claim(run, 40);
  scaler.loseNextAnswer = true;
  await expect(reconcile(run)).rejects.toMatchObject({ kind: 'Transient' });
  const stale = Object.assign(Object.create(scaler), {
    read: async () => new Map([[target.id, { owned: range(6, 60), servingUnits: 6, fence: null }]]),
    apply: () => Promise.reject(new ProviderError('Stale', 'it has moved')),
  });
  const seeing = deps;
  deps = { ...deps, adapters: { ...deps.adapters, scaler: async () => stale } };
  await expect(reconcile(run)).rejects.toMatchObject({ kind: 'Stale' });
  deps = seeing;
  await reconcile(run);
  await letGo(run);
  expect(await undo(run)).toMatchObject({ restored: true });
  expect(live()).toEqual(range(6, 60));
});

test('a write that was not sent, because an old answer showed it done, is made after all', async () => {
  const run = await newRun();
  await claim(run, 40);
  await reconcile(run);
  await letGo(run);
  const seeing = deps;
  const unsent = Object.assign(Object.create(scaler), { apply: async () => ({ vendorRequestId: '' }) });
  deps = { ...deps, adapters: { ...deps.adapters, scaler: async () => unsent } };
  await expect(reconcile(run, { direction: 'undo' })).rejects.toMatchObject({ kind: 'Transient' });
  deps = seeing;
  expect(await undo(run)).toMatchObject({ restored: true });
  expect(live()).toEqual(range(6, 60));
});

test('a write that times out and lands after the undo is found and put right', async () => {
  const run = await newRun();
  await claim(run, 40);
  let land = () => {};
  scaler.delayNextEffect = (effect) => {
    land = effect;
  };
  await expect(reconcile(run)).rejects.toMatchObject({ kind: 'Transient' });
  await releaseClaims(database.db, run);
  const early = await reconcile(run, { direction: 'undo' });
  expect(early).toMatchObject({ status: 'unproven' });
  land();
  expect(live()).toEqual(range(40, 60));
  await reconcile(run, { direction: 'undo' });
  await new Promise((resolve) => setTimeout(resolve, 350));
  expect(await reconcile(run, { direction: 'undo' })).toMatchObject({ status: 'inForce', restored: true });
  expect(live()).toEqual(range(6, 60));
});

test('a restore is declared by a read after the write, not by the acceptance', async () => {
  const run = await newRun();
  await claim(run, 40);
  await reconcile(run);
  await releaseClaims(database.db, run);
  expect(await reconcile(run, { direction: 'undo' })).toMatchObject({ status: 'unproven' });
  expect(await preState()).toEqual(range(6, 60));
  expect(await reconcile(run, { direction: 'undo' })).toMatchObject({ status: 'inForce', restored: true });
  expect(await preState()).toBeNull();
});

test('an answer from before our last write is read again, and only for a while', async () => {
  const run = await newRun();
  await claim(run, 40);
  await reconcile(run);
  scaler.edit(target.id, range(6, 60));
  const eventually = { ...deps, patience: { ...deps.patience, oldAnswerMs: 60_000 } };
  const request = {
    targetId: target.id,
    runId: run,
    owner: 'o/1',
    direction: 'forward',
    gate: 'open',
  } as const;
  const asked = reconcileTarget(eventually, request, createVendorWatch(1_000));
  await expect(asked).rejects.toMatchObject({ kind: 'Stale' });
  expect(scaler.writes).toHaveLength(1);
  await reconcile(run);
  expect(live()).toEqual(range(40, 60));
});

test('a person who lowers their own value, still above the claims, keeps it', async () => {
  const run = await newRun();
  await claim(run, 40);
  await reconcile(run);
  scaler.edit(target.id, range(80, 90));
  await reconcile(run);
  scaler.edit(target.id, range(50, 90));
  await reconcile(run);
  expect(live()).toEqual(range(50, 90));
  await releaseClaims(database.db, run);
  await undo(run);
  expect(live()).toEqual(range(50, 90));
});

test('an undo raises nothing that a person set below the pre-state', async () => {
  const run = await newRun();
  await claim(run, 40);
  await reconcile(run);
  scaler.edit(target.id, range(2, 20));
  await releaseClaims(database.db, run);
  expect(await undo(run)).toMatchObject({ status: 'inForce', restored: true });
  expect(live()).toEqual(range(2, 20));
});

test('an unknown write that nobody looks after any more keeps no later run away', async () => {
  const first = await newRun();
  await claim(first, 40);
  scaler.delayNextEffect = () => undefined;
  await expect(reconcile(first)).rejects.toMatchObject({ kind: 'Transient' });
  await releaseClaims(database.db, first);
  await acceptDrift(database.db, target.id);
  await new Promise((resolve) => setTimeout(resolve, 350));
  const second = await newRun();
  await claim(second, 30);
  await reconcile(second);
  expect(live()).toEqual(range(30, 60));
});

test('another run beyond the quota fails alone and mine is applied', async () => {
  const mine = await newRun();
  const other = await newRun();
  await claim(mine, 40);
  await claim(other, 400);
  scaler.refuse = (_target, want) =>
    want.kind === 'range' && want.minimumUnits > 300
      ? new ProviderError('QuotaExceeded', 'the account allows 300', { highestAcceptableUnits: 300 })
      : null;
  expect(await reconcile(mine)).toMatchObject({ status: 'inForce' });
  expect(live()).toEqual(range(40, 60));
  expect(await claimsOfRun(database.db, other)).toMatchObject([{ unreachable: true }]);
  expect(await claimsOfRun(database.db, mine)).toMatchObject([{ unreachable: false }]);
});

test('my own claim beyond the quota is refused to me', async () => {
  const run = await newRun();
  await claim(run, 400);
  scaler.refuse = () => new ProviderError('QuotaExceeded', 'the account allows 300');
  expect(await reconcile(run)).toMatchObject({ status: 'refused', kind: 'QuotaExceeded' });
  expect(live()).toEqual(range(6, 60));
});

test('a failed read is never a number: nothing is written', async () => {
  const run = await newRun();
  await claim(run, 40);
  scaler.readErrors.push(new ProviderError('Transient', '503'));
  await expect(reconcile(run)).rejects.toMatchObject({ kind: 'Transient' });
  expect(scaler.writes).toHaveLength(0);
});

test('while the gate is closed a minimum goes down and a maximum stays', async () => {
  const run = await newRun();
  await claim(run, 100);
  await reconcile(run);
  await releaseClaims(database.db, run);
  expect(await reconcile(run, { direction: 'undo', gate: 'closed' })).toMatchObject({ status: 'gated' });
  expect(live()).toEqual(range(6, 100));
});

test('while the gate is closed a count stays', async () => {
  scaler.edit(target.id, { kind: 'count', units: 4 });
  const run = await newRun();
  await claim(run, 10);
  await reconcile(run);
  await releaseClaims(database.db, run);
  expect(await reconcile(run, { direction: 'undo', gate: 'closed' })).toMatchObject({ status: 'gated' });
  expect(live()).toEqual({ kind: 'count', units: 10 });
  await undo(run, { gate: 'open' });
  expect(live()).toEqual({ kind: 'count', units: 4 });
});

test('units by halves are claimed, raised by a person and given back as they were', async () => {
  scaler.edit(target.id, range(0.5, 16));
  const run = await newRun();
  await claim(run, 4);
  await reconcile(run);
  scaler.edit(target.id, range(6.5, 16));
  await reconcile(run);
  expect(await countingClaims(database.db, target.id)).toMatchObject([
    { floorUnits: 6.5 },
    { floorUnits: 4 },
  ]);
  scaler.edit(target.id, range(4, 16));
  await reconcile(run);
  await releaseClaims(database.db, run);
  expect(await undo(run)).toMatchObject({ status: 'inForce', restored: true });
  expect(live()).toEqual(range(0.5, 16));
});

describe('a write of several calls that breaks off', () => {
  const units = (value: number): OwnedFields => ({ kind: 'count', units: value });

  /** A target whose next write leaves `left` behind and nobody knows what else. */
  async function breakingOff(spec: Partial<ScalingTarget>, left: number): Promise<string> {
    target = { ...target, ...spec };
    await database.db
      .updateTable('targets')
      .set({ service: target.service, spec: JSON.stringify(target) })
      .where('id', '=', target.id)
      .execute();
    scaler.edit(target.id, units(3));
    const run = await newRun();
    await claim(run, 8);
    await reconcile(run);
    await releaseClaims(database.db, run);
    scaler.refuse = () => {
      scaler.refuse = () => null;
      scaler.edit(target.id, units(left));
      return new ProviderError('Transient', 'some are being deleted');
    };
    await expect(reconcile(run, { direction: 'undo' })).rejects.toMatchObject({ kind: 'Transient' });
    return run;
  }

  test('leaves a count of ours on the way, which goes on to what was there', async () => {
    const run = await breakingOff({ service: 'aws.rds', lever: 'readers' }, 5);
    expect(await undo(run)).toMatchObject({ status: 'inForce', restored: true });
    expect(live()).toEqual(units(3));
  });

  test('and is given up later leaves a count that is ours still', async () => {
    const run = await breakingOff({ service: 'aws.rds', lever: 'readers' }, 5);
    expect(await undo(run)).toMatchObject({ status: 'inForce', restored: true });
    const [first, other] = [await newRun(), await newRun()];
    await claim(first, 8);
    await claim(other, 8);
    scaler.refuse = () => {
      scaler.refuse = () => null;
      scaler.edit(target.id, units(5));
      return new ProviderError('Transient', 'some are being created');
    };
    await expect(reconcile(first)).rejects.toMatchObject({ kind: 'Transient' });
    await letGo(first);
    await new Promise((resolve) => setTimeout(resolve, deps.patience.longestVendorDelayMs + 10));
    expect(await reconcile(first, { direction: 'undo' })).toMatchObject({ owned: units(5) });
    await letGo(other);
    expect(await undo(other)).toMatchObject({ status: 'inForce', restored: true });
    expect(live()).toEqual(units(3));
  });

  test('is read again where an old answer shows it before its last call', async () => {
    const run = await breakingOff({ service: 'aws.rds', lever: 'readers' }, 5);
    expect(await undo(run)).toMatchObject({ status: 'inForce', restored: true });
    await claim(await newRun(), 2);
    scaler.edit(target.id, units(4));
    deps = { ...deps, patience: { ...deps.patience, oldAnswerMs: 60_000 } };
    await expect(reconcile(run, { direction: 'undo' })).rejects.toMatchObject({ kind: 'Stale' });
    scaler.edit(target.id, units(9));
    expect(await reconcile(run, { direction: 'undo' })).toMatchObject({ owned: units(9) });
  });

  test("leaves a person's count alone that is beyond the way", async () => {
    const run = await breakingOff({ service: 'aws.rds', lever: 'readers' }, 11);
    await reconcile(run, { direction: 'undo' });
    expect(live()).toEqual(units(11));
  });
});

test('a target under another lease is left alone', async () => {
  const run = await newRun();
  await claim(run, 40);
  await database.db
    .updateTable('targets')
    .set({ lease_owner: 'somebody', lease_expires_at: new Date(Date.now() + 60_000) })
    .where('id', '=', target.id)
    .execute();
  await expect(reconcile(run)).rejects.toThrow(/nothing was sent/);
  expect(scaler.writes).toHaveLength(0);
});

test('a closed run can claim nothing more', async () => {
  const run = await newRun();
  await releaseClaims(database.db, run);
  const result = await claimTargets(database.db, run, 0, [], deps.patience);
  expect(result).toEqual({ status: 'closed' });
});

test('a claim made on an outdated snapshot is refused whole', async () => {
  const run = await newRun();
  const result = await claimTargets(
    database.db,
    run,
    0,
    [
      {
        targetId: target.id,
        kind: 'floor',
        floorUnits: 9,
        startsAtMs: 0,
        endsAtMs: 1,
        seen: range(6, 60),
        generation: 99,
      },
    ],
    deps.patience,
  );
  expect(result).toEqual({ status: 'moved', targetIds: [target.id] });
  expect(await claimsOfRun(database.db, run)).toEqual([]);
});
