import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { ActivityDependencies } from '../../../activities/dependencies.ts';
import { bringDown, decideStandIn } from '../../../activities/stand-ins.ts';
import { createVendorWatch } from '../../../activities/vendor-watch.ts';
import { allocate } from '../../../domain/allocation.ts';
import { ProviderError } from '../../../domain/errors.ts';
import type { OwnedFields } from '../../../domain/owned-fields.ts';
import type { TargetState } from '../../../domain/scaler.ts';
import { claimTargets } from '../../../store/claims.ts';
import { importFleet } from '../../../store/fleet.ts';
import { enter } from '../../../store/journal.ts';
import { getPlan, savePlan } from '../../../store/plans.ts';
import { acceptRun } from '../../../store/runs.ts';
import { activityDependencies } from '../../support/activity-dependencies.ts';
import { FakeScaler } from '../../support/fake-scaler.ts';
import { fleetOf, inputOf, NOW_MS, target } from '../../support/planning.ts';
import { testDatabase } from '../../support/postgres.ts';
import { solveHere } from '../../support/solver.ts';

/** 1,000 requests/s: ten units of the first. */
const FLEET = fleetOf([
  target({ id: 'first', fallbacks: ['second'], autoscaled: false }),
  target({ id: 'second', hourlyUsdPerUnit: 0.2, region: 'r2' }),
]);
const [FIRST] = FLEET.targets;
if (!FIRST) throw new Error('no target');
const BEFORE: OwnedFields = { kind: 'count', units: 2 };

/** A vendor that may not say what serves. */
class SilentScaler extends FakeScaler {
  silent = false;
  override async read(targets: Parameters<FakeScaler['read']>[0]): Promise<ReadonlyMap<string, TargetState>> {
    const states = await super.read(targets);
    if (!this.silent) return states;
    return new Map([...states].map(([id, state]) => [id, { ...state, servingUnits: null }]));
  }
}

let database: Awaited<ReturnType<typeof testDatabase>>;
let scaler: SilentScaler;
let deps: ActivityDependencies;
let runId: string;
const watch = createVendorWatch(1_000);
const short = () => ({
  runId,
  step: 0,
  failure: { targetId: 'first', kind: 'InsufficientCapacity', message: 'no room' },
});
const decide = () => decideStandIn(deps, short(), FIRST, watch);
const down = () => bringDown(deps, { runId, step: 0, targetId: 'first' }, FIRST, { owner: 'me', watch });

beforeEach(async () => {
  database = await testDatabase();
  scaler = new SilentScaler();
  scaler.edit('first', BEFORE);
  deps = activityDependencies(database.db, scaler);
  await importFleet(database.db, FLEET, 'test');
  const input = await inputOf(FLEET, { markets: ['a'] });
  const plan = await allocate(input, solveHere);
  if (plan.status !== 'planned') throw new Error('no plan');
  const accepted = await acceptRun(database.db, {
    kind: 'season',
    request: { ...input.settings, season: { markets: ['a'] } },
    dryRun: false,
    principal: 'test',
    startsAtMs: NOW_MS,
    endsAtMs: NOW_MS + 1,
    response: () => ({ status: 202, body: {} }),
  });
  if (accepted.outcome !== 'created') throw new Error('not created');
  runId = accepted.run.id;
  await database.db
    .updateTable('runs')
    .set({
      distribution: JSON.stringify(input.distribution),
      requirements: JSON.stringify(input.requirements),
    })
    .where('id', '=', runId)
    .execute();
  await savePlan(database.db, { id: 'plan-1', content: plan.content }, runId);
  const claim = { targetId: 'first', kind: 'floor', floorUnits: 10, seen: BEFORE, generation: 0 } as const;
  const window = { startsAtMs: NOW_MS, endsAtMs: NOW_MS + 1 };
  await claimTargets(database.db, runId, 0, [{ ...claim, ...window }], deps.patience);
});
afterEach(() => database.close());

describe('who stands in is decided from what serves', () => {
  const keptBy = async () => {
    const found = await decide();
    if (found.status !== 'planned') throw new Error(found.reason);
    return (await getPlan(database.db, found.planId))?.content.standIn?.shortages;
  };

  test('by a fresh read, not by what was asked for', async () => {
    scaler.states.set('first', { owned: { kind: 'count', units: 10 }, servingUnits: 6 });
    expect(await keptBy()).toMatchObject([{ targetId: 'first', keptUnits: 6, servingUnits: 6 }]);
  });

  test('where the vendor does not say, nothing beyond what was there before is counted on', async () => {
    scaler.states.set('first', { owned: { kind: 'count', units: 10 }, servingUnits: 9 });
    scaler.silent = true;
    expect(await keptBy()).toMatchObject([{ targetId: 'first', keptUnits: 2, servingUnits: null }]);
  });

  test('a service that can never be read is stood in for by nobody, and the step goes on', async () => {
    scaler.readErrors.push(new ProviderError('NotFound', 'first is gone'));
    expect(await decide()).toEqual({ status: 'none', reason: 'first is gone' });
  });

  test('a read that a retry may mend decides nothing', async () => {
    scaler.readErrors.push(new ProviderError('Throttled', 'later'));
    await expect(decide()).rejects.toMatchObject({ kind: 'Throttled' });
  });
});

describe('a service that ran short is brought down to what it keeps', () => {
  const units = () => scaler.states.get('first')?.owned;
  const stands = async (servingUnits: number, keptUnits: number) => {
    const owned: OwnedFields = { kind: 'count', units: 10 };
    scaler.states.set('first', { owned, servingUnits });
    await database.db.updateTable('claims').set({ floor_units: keptUnits }).execute();
    await database.db
      .updateTable('targets')
      .set({ last_applied: JSON.stringify(owned) })
      .execute();
  };

  test('where no more than that serves', async () => {
    await stands(6, 6);
    await down();
    expect(units()).toEqual({ kind: 'count', units: 6 });
  });

  test.each<[string, () => Promise<unknown>]>([
    ['more serves by now', async () => stands(8, 6)],
    [
      'the vendor does not say what serves',
      async () => {
        await stands(6, 6);
        scaler.silent = true;
      },
    ],
    [
      'traffic counts on it',
      async () => {
        await stands(6, 6);
        await enter(database.db, runId, { kind: 'traffic.begun', key: '0', body: {} });
      },
    ],
    [
      'it cannot be read any more',
      async () => {
        await stands(6, 6);
        scaler.readErrors.push(new ProviderError('PermissionDenied', 'no'));
      },
    ],
  ])('and stays as it is where %s', async (_when, happens) => {
    await happens();
    await down();
    expect(units()).toEqual({ kind: 'count', units: 10 });
  });
});
