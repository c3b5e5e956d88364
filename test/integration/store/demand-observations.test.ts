import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { demandByHour, observedSeries } from '../../../store/demand-observations.ts';
import { importObservations } from '../../../store/observations.ts';
import { type TestDatabase, testDatabase } from '../../support/postgres.ts';

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
const AT = Date.UTC(2027, 5, 5, 14);
const API = { workload: 'api', market: 'gb' };

describe('demand observed by workload and market', () => {
  let database: TestDatabase;
  const enter = (demands: Parameters<typeof importObservations>[3]) =>
    importObservations(database.db, [], 'test', demands);

  beforeAll(async () => {
    database = await testDatabase();
    await enter([
      { ...API, observedAtMs: AT, demand: 10 },
      { ...API, observedAtMs: AT + 30 * MINUTE_MS, demand: 20 },
      { ...API, observedAtMs: AT + 2 * HOUR_MS, demand: 7 },
      { ...API, observedAtMs: AT + 4 * HOUR_MS, demand: 99 },
      { workload: 'api', market: 'fr', observedAtMs: AT, demand: 1_000 },
      { workload: 'uploads', market: 'gb', observedAtMs: AT - 48 * HOUR_MS, demand: 5 },
    ]);
  });
  afterAll(() => database.close());

  test('is the mean of each whole hour from the first one read, and null where nothing was', async () => {
    const hours = await demandByHour(database.db, API, AT - 100 * HOUR_MS, AT + 4.5 * HOUR_MS);
    expect(hours).toEqual({ startMs: AT, stepMs: HOUR_MS, values: [15, null, 7, null] });
  });

  test('is no hour at all where nothing was read', async () => {
    const nobody = await demandByHour(database.db, { workload: 'x', market: 'y' }, 0, AT);
    expect(nobody.values).toEqual([]);
  });

  test('is of the pairs read in that time, by their ids', async () => {
    expect(await observedSeries(database.db, AT - HOUR_MS, AT + HOUR_MS)).toEqual([
      { workload: 'api', market: 'fr' },
      { workload: 'api', market: 'gb' },
    ]);
  });

  test('is as reported last', async () => {
    const late = { workload: 'late', market: 'gb' };
    await enter([{ ...late, observedAtMs: AT, demand: 1 }]);
    await enter([{ ...late, observedAtMs: AT, demand: 2 }]);
    expect((await demandByHour(database.db, late, AT, AT + HOUR_MS)).values).toEqual([2]);
  });
});
