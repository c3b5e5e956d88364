import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { ActivityDependencies } from '../../../activities/dependencies.ts';
import { freshHindsight, takeHindsight } from '../../../activities/hindsight.ts';
import { allocate } from '../../../domain/allocation.ts';
import { contentHash } from '../../../domain/canonical.ts';
import type { HindsightRow } from '../../../domain/hindsight/hindsight.ts';
import { importFleet } from '../../../store/fleet.ts';
import { readJournal } from '../../../store/journal.ts';
import { importObservations } from '../../../store/observations.ts';
import { savePlan } from '../../../store/plans.ts';
import { buildRunReport } from '../../../store/report.ts';
import { acceptRun } from '../../../store/runs.ts';
import { activityDependencies } from '../../support/activity-dependencies.ts';
import { FakeScaler } from '../../support/fake-scaler.ts';
import { bookingsOf, fleetOf, inputOf, settingsOf, target } from '../../support/planning.ts';
import { type TestDatabase, testDatabase } from '../../support/postgres.ts';
import { solveHere } from '../../support/solver.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Midnight ten days ago: all of a window of two days from then is over. */
const FROM_MS = Math.floor(Date.now() / DAY_MS) * DAY_MS - 10 * DAY_MS;
const FLEET = fleetOf([target({ id: 't', maximumUnits: 100 })]);

describe('looking back on a plan', () => {
  let database: TestDatabase;
  let deps: ActivityDependencies;
  let runId: string;
  /** What was expected in the hours of the first step. */
  let expected: readonly number[];

  beforeAll(async () => {
    database = await testDatabase();
    deps = activityDependencies(database.db, new FakeScaler());
    await importFleet(database.db, FLEET, 'test');
  });
  afterAll(() => database.close());

  /** A season of two days in two steps, with a wedding of 1,000 guests at ten on the first; nothing reported. */
  beforeEach(async () => {
    const { db } = database;
    await db.deleteFrom('observations').execute();
    await db.deleteFrom('demand_observations').execute();
    const request = settingsOf({ performanceTargets: { utilizationPercent: 100 } });
    const untilMs = FROM_MS + 2 * DAY_MS;
    const accepted = await acceptRun(db, {
      kind: 'season',
      principal: 'test',
      request,
      dryRun: false,
      startsAtMs: FROM_MS,
      endsAtMs: untilMs,
      response: () => ({ status: 202, body: {} }),
    });
    if (accepted.outcome !== 'created') throw new Error('the run was not accepted');
    runId = accepted.run.id;
    const bookings = bookingsOf({ a: 1_000 }).map((one) => ({ ...one, startsAtMs: FROM_MS + 10 * HOUR_MS }));
    const input = await inputOf(FLEET, { bookings, fromMs: FROM_MS, untilMs, stepDays: 1, nowMs: FROM_MS });
    const outcome = await allocate(input, solveHere);
    if (outcome.status !== 'planned') throw new Error('there is no plan');
    await savePlan(db, { id: contentHash([runId, outcome.content]), content: outcome.content }, runId);
    const requirements = JSON.stringify(input.requirements);
    expected = input.requirements.demands.find(({ step }) => step === 0)?.demandByHour ?? [];
    await db.updateTable('runs').set({ requirements }).where('id', '=', runId).execute();
  });

  /** The same load in every hour from the first on. */
  const report = (load: number, hours: number) =>
    importObservations(
      database.db,
      Array.from({ length: hours }, (_, hour) => ({
        subject: 't',
        value: load,
        observedAtMs: FROM_MS + hour * HOUR_MS,
      })),
      'test',
    );
  const told = async () => {
    const entries = await readJournal(database.db, runId, 0, 100);
    return entries.filter(({ kind }) => kind === 'hindsight').map(({ key }) => key);
  };
  const statusesOf = (rows: readonly HindsightRow[] | undefined) => rows?.map(({ status }) => status);
  const reportOf = () =>
    buildRunReport(database.db, runId, { apiBaseUrl: '', webUiUrl: null, environment: 'sandbox' });

  test('scores every step and the whole, and the report shows it', async () => {
    await report(1_000, 48);
    await takeHindsight(deps, runId);
    expect(await told()).toEqual(['step 0', 'step 1', 'whole']);
    const hindsight = (await reportOf())?.hindsight;
    expect(hindsight?.map(({ step, rows }) => [step, statusesOf(rows)])).toEqual([
      [0, ['scored']],
      [1, ['scored']],
      [null, ['scored']],
    ]);
    const expectedMean = expected.reduce((a, b) => a + b, 0) / expected.length;
    const [first] = hindsight?.[0]?.rows ?? [];
    if (first?.status !== 'scored') throw new Error('the first step is not scored');
    expect(first.forecast).toMatchObject({ hours: expected.length, observedMean: 1_000 });
    expect(first.forecast?.expectedMean).toBeCloseTo(expectedMean, 6);
    expect(first.forecast?.bias).toBeCloseTo(1_000 / expectedMean, 9);
    // 1,000 users at most, in units of 100: ten units carry all there was, and nothing stood idle.
    expect(first.capacity).toMatchObject({ hours: 24, unservedShare: 0, idleShare: 0, regretUsd: 0 });
  });

  test('nothing reported is no score, and readings that come late change what is told', async () => {
    expect(statusesOf(await freshHindsight(deps, runId))).toEqual(['notScored']);
    expect(await told()).toEqual(['step 0', 'step 1', 'whole']);
    await freshHindsight(deps, runId);
    expect(await told()).toHaveLength(3);
    await report(1_000, 24);
    expect(statusesOf(await freshHindsight(deps, runId))).toEqual(['scored']);
    expect(await told()).toEqual(['step 0', 'step 1', 'whole', 'step 0', 'whole']);
    expect((await reportOf())?.hindsight?.map(({ step }) => step)).toEqual([0, 1, null]);
  });

  test('demand reported by market is scored where no target reported', async () => {
    const demands = Array.from({ length: 24 }, (_, hour) => ({
      workload: 'api',
      market: 'a',
      observedAtMs: FROM_MS + hour * HOUR_MS,
      demand: 500,
    }));
    await importObservations(database.db, [], 'test', demands);
    const [row] = await freshHindsight(deps, runId);
    expect(row).toMatchObject({
      status: 'scored',
      source: 'markets',
      forecast: { observedMean: 500 },
      capacity: { hours: 24, unservedShare: 0, idleShare: 0.5 },
    });
  });

  test('of a plan that goes on the steps that are over are told, and the whole is kept as it stands', async () => {
    await report(1_000, 48);
    const clock = { anchorMs: FROM_MS + 30 * HOUR_MS, scale: 0 };
    const rows = await freshHindsight({ ...deps, clock }, runId);
    expect(await told()).toEqual(['step 0']);
    expect(rows[0]).toMatchObject({ status: 'scored', capacity: { hours: 30 } });
  });

  test('nothing after capacity was given back counts, and before the first hour there is nothing to score', async () => {
    await report(1_000, 48);
    const close = (closedMs: number) =>
      database.db
        .updateTable('runs')
        .set({ closed_at: new Date(closedMs) })
        .where('id', '=', runId)
        .execute();
    await close(FROM_MS + 12 * HOUR_MS);
    expect(await freshHindsight(deps, runId)).toMatchObject([{ capacity: { hours: 12 } }]);
    await close(FROM_MS - HOUR_MS);
    expect(await freshHindsight(deps, runId)).toEqual([]);
    expect((await reportOf())?.hindsight?.at(-1)).toMatchObject({
      step: null,
      rows: [],
      reason: 'capacity was given back before the first hour of the plan was over',
    });
  });

  test('a run without a plan has nothing to look back on', async () => {
    await database.db.updateTable('runs').set({ plan_id: null }).where('id', '=', runId).execute();
    expect(await freshHindsight(deps, runId)).toEqual([]);
    expect(await told()).toEqual([]);
  });
});
