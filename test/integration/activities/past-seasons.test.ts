import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { pastSeasonFactor } from '../../../domain/requirements.ts';
import { importObservations, observedPeak } from '../../../store/observations.ts';
import { type TestDatabase, testDatabase } from '../../support/postgres.ts';

const AT = Date.UTC(2027, 5, 5, 14);
const MINUTE = 60_000;

describe('what past seasons of the same id saw', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await testDatabase();
    await importObservations(
      database.db,
      [
        { subject: 'a', value: 10, observedAtMs: AT },
        { subject: 'a', value: 30, observedAtMs: AT + MINUTE },
        { subject: 'b', value: 5, observedAtMs: AT + 2 * MINUTE },
        { subject: 'b', value: 90, observedAtMs: AT + 20 * MINUTE },
        { subject: 'other', value: 1_000, observedAtMs: AT },
        { subject: 'a', value: 500, observedAtMs: AT + 48 * 60 * MINUTE },
      ],
      'test',
    );
  });
  afterAll(() => database.close());

  const peak = (subjects: readonly string[], hours = 24) =>
    observedPeak(database.db, subjects, new Date(AT - MINUTE), new Date(AT + hours * 60 * MINUTE));

  test('loads of one moment are added up, others of the window are not', async () => {
    expect(await peak(['a', 'b'])).toBe(90);
    expect(await peak(['a'])).toBe(30);
    expect(await observedPeak(database.db, ['a', 'b'], new Date(AT), new Date(AT + 4 * MINUTE))).toBe(35);
  });

  test('no reading is no figure', async () => {
    expect(await peak(['nobody'])).toBeNull();
    expect(await peak([])).toBeNull();
  });

  test.each([
    ['saw more', [{ market: 'a', days: 4, level: 2.25, spread: null }], 1.5],
    ['saw less', [{ market: 'a', days: 4, level: 0.5, spread: null }], 1],
    ['saw more of another market', [{ market: 'b', days: 4, level: 2.25, spread: null }], 1],
    ['was of another kind', [{ market: 'a', days: 100_000_000, level: 50, spread: null }], 3],
    ['reported nothing', [], 1],
    ['was before there was hindsight', undefined, 1],
  ])('a season that %s changes demand by its own measure', (_what, lessons, factor) => {
    const season = { runId: 'r', workload: 'api', peakDemand: 100, observedDemand: 150 };
    const past = [{ ...season, ...(lessons && { lessons }) }];
    expect(pastSeasonFactor(past, 'api', 'a')).toBeCloseTo(factor, 6);
    expect(pastSeasonFactor(past, 'uploads', 'a')).toBe(1);
  });
});
