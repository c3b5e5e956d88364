import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { circuitStates, forgetCircuits, recordCircuit } from '../../../store/circuits.ts';
import { type TestDatabase, testDatabase } from '../../support/postgres.ts';

const ECS = { provider: 'aws', region: 'eu-west-1', api: 'ECS', reason: null } as const;

describe('what workers have written of their circuits', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await testDatabase();
  });
  afterAll(() => database?.close());
  beforeEach(() => sql`delete from circuits`.execute(database.db));

  const record = (worker: string, state: 'closed' | 'half-open' | 'open', reason: string | null = null) =>
    recordCircuit(database.db, { ...ECS, worker, state, reason });
  const states = async () => (await circuitStates(database.db)).map(({ state, reason }) => [state, reason]);
  const age = (worker: string, minutes: number) =>
    sql`update circuits set seen_at = now() - ${minutes} * interval '1 minute' where worker = ${worker}`.execute(
      database.db,
    );

  test('is shown as the worst that any of them has', async () => {
    await record('a', 'closed');
    await record('b', 'open', 'no answer');
    await record('c', 'half-open');
    expect(await states()).toEqual([['open', 'no answer']]);
    await record('b', 'closed');
    expect(await states()).toEqual([['half-open', null]]);
  });

  test('counts for nothing once a worker that had it open is not heard of any more', async () => {
    await record('a', 'closed');
    await record('b', 'open', 'no answer');
    await age('b', 5);
    expect(await states()).toEqual([['closed', null]]);
  });

  test('is known as closed however long nobody had to say so', async () => {
    await record('a', 'closed');
    await age('a', 600);
    expect(await states()).toEqual([['closed', null]]);
  });

  test('keeps the time of its last change while it is renewed', async () => {
    await record('a', 'open', 'no answer');
    const [before] = await circuitStates(database.db);
    await record('a', 'open', 'no answer');
    expect((await circuitStates(database.db))[0]?.changedAt).toEqual(before?.changedAt);
    await record('a', 'closed');
    expect((await circuitStates(database.db))[0]?.changedAt).not.toEqual(before?.changedAt);
  });

  test('goes with the worker that stops, and with those not heard of for a day', async () => {
    await record('a', 'closed');
    await record('b', 'closed');
    await record('c', 'open', 'no answer');
    await age('b', 2 * 24 * 60);
    await forgetCircuits(database.db, 'a');
    expect(await states()).toEqual([['open', 'no answer']]);
  });
});
