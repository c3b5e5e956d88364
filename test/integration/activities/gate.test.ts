import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { pino } from 'pino';
import type { ActivityDependencies } from '../../../activities/dependencies.ts';
import { readGate } from '../../../activities/gate.ts';
import type { LoadSource, ScalingTarget } from '../../../domain/fleet.ts';
import { importFleet } from '../../../store/fleet.ts';
import { importObservations } from '../../../store/observations.ts';
import { type TestDatabase, testDatabase } from '../../support/postgres.ts';
import { smallFleet } from '../../support/small-fleet.ts';

/** Ten minutes of quiet, in three parts of 200 s. */
const RELEASE = { maximumLoadPercent: 60, dwellMinutes: 10, askAfterMinutes: 60 };
const NOW_MS = Date.UTC(2027, 0, 1, 12);

describe('the gate before capacity is taken away', () => {
  let database: TestDatabase;
  let deps: ActivityDependencies;
  const [first] = smallFleet().targets;
  if (!first) throw new Error('the small fleet has a target');

  beforeAll(async () => {
    database = await testDatabase();
    await importFleet(database.db, smallFleet(), 'test');
    const preState = JSON.stringify({ kind: 'range', minimumUnits: 2, maximumUnits: 4 });
    await database.db
      .updateTable('targets')
      .set({ pre_state: preState })
      .where('id', '=', first.id)
      .execute();
    deps = {
      db: database.db,
      clock: { anchorMs: 0, scale: 1 },
      log: pino({ level: 'silent' }),
    } as ActivityDependencies;
  });
  afterAll(() => database.close());

  const target = (loadSource: LoadSource): ScalingTarget => ({ ...first, loadSource });
  const gate = (loadSource: LoadSource = { kind: 'observations' }) =>
    readGate(deps, target(loadSource), RELEASE, NOW_MS);
  /** Replaces all readings; `minutesAgo` by value. Two units of ten remain, so 12 is the most. */
  async function readings(
    ...values: readonly (readonly [minutesAgo: number, value: number])[]
  ): Promise<void> {
    await database.db.deleteFrom('observations').execute();
    const all = values.map(([ago, value]) => ({
      subject: first?.id ?? '',
      value,
      observedAtMs: NOW_MS - ago * 60_000,
    }));
    await importObservations(database.db, all, 'test');
  }

  test('opens when the load stayed low through the whole dwell', async () => {
    await readings([9, 12], [5, 3], [1, 12]);
    expect(await gate()).toMatchObject({ open: true });
  });

  test('stays closed when one reading was above what may remain', async () => {
    await readings([9, 3], [5, 12.1], [1, 3]);
    expect(await gate()).toMatchObject({ open: false });
  });

  test('stays closed when a part of the dwell has no reading', async () => {
    await readings([9, 1], [1, 1]);
    const { open, reason } = await gate();
    expect(open).toBe(false);
    expect(reason).toContain('no load');
  });

  test('stays closed without any reading', async () => {
    await readings();
    expect(await gate()).toMatchObject({ open: false });
  });

  test('stays closed when Prometheus is declared and cannot be asked', async () => {
    await readings([9, 1], [5, 1], [1, 1]);
    expect(await gate({ kind: 'prometheus', query: 'up' })).toMatchObject({ open: false });
  });
});
