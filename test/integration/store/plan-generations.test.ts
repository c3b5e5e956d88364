import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { OwnedFields } from '../../../domain/owned-fields.ts';
import type { Plan, PlanContent, PlannedFloor } from '../../../domain/plan.ts';
import { claimTargets, markAccepted, markSettled, markUnreachable } from '../../../store/claims.ts';
import { readJournal } from '../../../store/journal.ts';
import { adoptGeneration, type Generation } from '../../../store/plan-generations.ts';
import { savePlan } from '../../../store/plans.ts';
import { releaseClaims } from '../../../store/releases.ts';
import { acceptRun } from '../../../store/runs.ts';
import { target as targetOf } from '../../support/planning.ts';
import { type TestDatabase, testDatabase } from '../../support/postgres.ts';

const BEFORE: OwnedFields = { kind: 'range', minimumUnits: 2, maximumUnits: 60 };
const WINDOW = { startsAtMs: 1_000, endsAtMs: 2_000 };
const FIRST: Plan = planOf('first');
const SECOND: Plan = planOf('second');

let database: TestDatabase;
let runId: string;

function planOf(id: string): Plan {
  return { id, content: { validUntilMs: 5_000 } as unknown as PlanContent };
}

beforeAll(async () => {
  database = await testDatabase();
  for (const id of ['short', 'helper', 'fresh']) {
    const spec = targetOf({ id });
    await database.db
      .insertInto('targets')
      .values({ id, kind: 'scaling', service: spec.service, spec: JSON.stringify(spec) })
      .execute();
  }
});
afterAll(() => database.close());

/** A run whose first plan gives `short` 10 units, which no vendor takes, and `helper` 4, which serve. */
beforeEach(async () => {
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
  runId = accepted.run.id;
  await savePlan(database.db, FIRST, runId);
  const request = { kind: 'floor', seen: BEFORE, generation: 0, ...WINDOW } as const;
  await claimTargets(
    database.db,
    runId,
    0,
    [
      { ...request, targetId: 'short', floorUnits: 10 },
      { ...request, targetId: 'helper', floorUnits: 4 },
    ],
    { longestVendorDelayMs: 0 },
  );
  await markAccepted(database.db, 'helper', 4);
  await markSettled(database.db, { runId, step: 0, targetId: 'helper' }, 4);
  await markUnreachable(database.db, 'short', 9, { kind: 'InsufficientCapacity', message: 'no room' });
});

function generation(changes: Partial<Generation> = {}): Generation {
  const grown = [floor('helper', 7), floor('fresh', 3)];
  return {
    runId,
    plan: SECOND,
    replaces: FIRST.id,
    shortage: { targetId: 'short', step: 0, floorUnits: 10, keptUnits: 2, servingUnits: 2 },
    grown,
    fromMs: WINDOW.startsAtMs,
    untilMs: WINDOW.endsAtMs,
    entries: [{ kind: 'fallback', key: 'short', body: { planId: SECOND.id } }],
    ...changes,
  };
}

function floor(targetId: string, floorUnits: number): PlannedFloor {
  return { targetId, step: 0, floorUnits } as unknown as PlannedFloor;
}

/** Claims of the run, and the plan it carries out. */
async function stands() {
  const claims = await database.db
    .selectFrom('claims')
    .select(['target_id', 'floor_units', 'state', 'unreachable', 'accepted_at', 'settled_at'])
    .where('run_id', '=', runId)
    .orderBy('target_id')
    .execute();
  const run = await database.db
    .selectFrom('runs')
    .select('plan_id')
    .where('id', '=', runId)
    .executeTakeFirstOrThrow();
  const rows = claims.map((claim) => {
    const { target_id, floor_units, state, unreachable, accepted_at, settled_at } = claim;
    return [target_id, floor_units, state, unreachable, accepted_at !== null, settled_at !== null];
  });
  return { plan: run.plan_id, claims: rows };
}

const adopted = () =>
  readJournal(database.db, runId, 0, 1_000).then(
    (all) => all.filter(({ kind }) => kind === 'fallback').length,
  );

test('plan and claims change together: the short one counts again, and those that stand in settle anew', async () => {
  expect(await adoptGeneration(database.db, generation())).toBe('adopted');
  expect(await stands()).toEqual({
    plan: 'second',
    claims: [
      ['fresh', 3, 'planned', false, false, false],
      ['helper', 7, 'live', false, false, false],
      ['short', 2, 'live', false, true, true],
    ],
  });
  expect(await adopted()).toBe(1);
});

test('a repeat changes nothing', async () => {
  await adoptGeneration(database.db, generation());
  const before = await stands();
  expect(await adoptGeneration(database.db, generation())).toBe('adopted');
  expect(await stands()).toEqual(before);
  expect(await adopted()).toBe(1);
});

test('a repeat changes nothing after a later one was made either', async () => {
  await adoptGeneration(database.db, generation());
  await database.db.updateTable('runs').set({ plan_id: 'third' }).where('id', '=', runId).execute();
  expect(await adoptGeneration(database.db, generation())).toBe('adopted');
  expect(await adopted()).toBe(1);
});

test.each<[string, () => Promise<unknown>, Partial<Generation>, string]>([
  ['another plan is in force', async () => undefined, { replaces: 'none' }, 'moved'],
  [
    'a stand-in was let go of',
    () => releaseClaims(database.db, runId, { targetIds: ['helper'] }),
    {},
    'moved',
  ],
  [
    'the short one was let go of',
    () => releaseClaims(database.db, runId, { targetIds: ['short'] }),
    {},
    'moved',
  ],
  ['the run gives everything back', () => releaseClaims(database.db, runId), {}, 'closed'],
])('nothing of it stays where %s', async (_when, happens, changes, status) => {
  await happens();
  const before = await stands();
  expect(await adoptGeneration(database.db, generation(changes))).toBe(status);
  expect(await stands()).toEqual(before);
  expect(await adopted()).toBe(0);
});
