import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { Hindsight, HindsightRow } from '../../../domain/hindsight/hindsight.ts';
import { hourlyMeans, keepHindsight, wholeHindsight } from '../../../store/hindsight.ts';
import { readJournal } from '../../../store/journal.ts';
import { importObservations } from '../../../store/observations.ts';
import { type TestDatabase, testDatabase } from '../../support/postgres.ts';

const HOUR_MS = 3_600_000;
const AT = Date.UTC(2027, 5, 5, 14);

let database: TestDatabase;
let runId: string;
let runs = 0;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.close());
beforeEach(() => {
  runs += 1;
  runId = `run_${runs}`;
});

function row(workload: string, reason: string): HindsightRow {
  const subject = { workload, unit: 'requests', markets: ['fr', 'gb'], source: 'targets' as const };
  return { ...subject, status: 'notScored', reason };
}

function lookBack(step: number | null, ...rows: readonly HindsightRow[]): Hindsight {
  return { step, fromMs: AT, untilMs: AT + HOUR_MS, rows };
}

async function told(): Promise<readonly string[]> {
  const entries = await readJournal(database.db, runId, 0, 100);
  return entries.map(({ kind, key }) => `${kind} ${key}`);
}

test('what is kept is the last that was known, and the whole plan comes back', async () => {
  const { db } = database;
  await keepHindsight(
    db,
    runId,
    [lookBack(0, row('api', 'early')), lookBack(null, row('api', 'early'))],
    () => true,
  );
  await keepHindsight(
    db,
    runId,
    [lookBack(0, row('api', 'late')), lookBack(null, row('uploads', 'late'), row('api', 'late'))],
    () => true,
  );
  expect(await wholeHindsight(db, runId)).toEqual([row('api', 'late'), row('uploads', 'late')]);
  expect(await wholeHindsight(db, 'run_of_nobody')).toEqual([]);
});

test('the journal is told what is new, and only what it is to be told', async () => {
  const { db } = database;
  const both = [lookBack(0, row('api', 'x')), lookBack(null, row('api', 'x'))];
  await keepHindsight(db, runId, both, ({ step }) => step === 0);
  expect(await told()).toEqual(['hindsight step 0']);
  await keepHindsight(db, runId, both, () => true);
  expect(await told()).toEqual(['hindsight step 0', 'hindsight whole']);
  await keepHindsight(db, runId, [lookBack(0, row('api', 'y')), lookBack(null, row('api', 'x'))], () => true);
  expect(await told()).toEqual(['hindsight step 0', 'hindsight whole', 'hindsight step 0']);
});

test('two that look back at once keep and tell one of each', async () => {
  const { db } = database;
  const both = [lookBack(0, row('api', 'x')), lookBack(null, row('api', 'x'))];
  await Promise.all(Array.from({ length: 6 }, () => keepHindsight(db, runId, both, () => true)));
  expect(await told()).toEqual(['hindsight step 0', 'hindsight whole']);
  expect(await wholeHindsight(db, runId)).toHaveLength(1);
});

test('readings become means by hour of the clock, and an hour without any is absent', async () => {
  const { db } = database;
  const at = (minutes: number, value: number, subject = 'a') => ({
    subject,
    value,
    observedAtMs: AT + minutes * 60_000,
  });
  await importObservations(db, [at(0, 10), at(59, 20), at(120, 7), at(5, 1, 'b'), at(600, 99)], 'test');
  const means = await hourlyMeans(db, ['a', 'b', 'c'], AT, AT + 3 * HOUR_MS);
  expect([...(means.get('a') ?? [])].toSorted()).toEqual([
    [AT, 15],
    [AT + 2 * HOUR_MS, 7],
  ]);
  expect([...(means.get('b') ?? [])]).toEqual([[AT, 1]]);
  expect(means.has('c')).toBe(false);
  expect(await hourlyMeans(db, [], AT, AT + HOUR_MS)).toEqual(new Map());
});
