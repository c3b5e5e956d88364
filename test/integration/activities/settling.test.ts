import type { ActivityDependencies } from '../../../activities/dependencies.ts';
import { settleCell } from '../../../activities/settling.ts';
import { createVendorWatch } from '../../../activities/vendor-watch.ts';
import { ProviderError } from '../../../domain/errors.ts';
import type { OwnedFields } from '../../../domain/owned-fields.ts';
import type { Progress } from '../../../domain/scaler.ts';
import { claimTargets, markUnreachable } from '../../../store/claims.ts';
import { openQuestions } from '../../../store/questions.ts';
import { acceptRun } from '../../../store/runs.ts';
import { activityDependencies } from '../../support/activity-dependencies.ts';
import { FakeScaler } from '../../support/fake-scaler.ts';
import { target as targetOf } from '../../support/planning.ts';
import { testDatabase } from '../../support/postgres.ts';

const HOUR_MS = 3_600_000;
const BEFORE: OwnedFields = { kind: 'range', minimumUnits: 6, maximumUnits: 60 };

class SilentScaler extends FakeScaler {
  /** What the vendor says of progress; null where it cannot be asked. */
  said: Progress | null = null;
  override async progress(targets: readonly { readonly id: string }[]) {
    const { said } = this;
    if (said === null) throw new ProviderError('Transient', 'the vendor is away');
    return new Map(targets.map(({ id }) => [id, said]));
  }
}

let database: Awaited<ReturnType<typeof testDatabase>>;
let scaler: SilentScaler;
let deps: ActivityDependencies;
let runId: string;
let count = 0;
const cell = () => ({ runId, step: 0, cell: 'aws/eu-west-1', targetIds: [`t-${count}`] });

beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.close());

beforeEach(async () => {
  count += 1;
  scaler = new SilentScaler();
  const target = targetOf({ id: `t-${count}`, maximumUnits: 500 });
  await database.db
    .insertInto('targets')
    .values({ id: target.id, kind: 'scaling', service: target.service, spec: JSON.stringify(target) })
    .execute();
  scaler.edit(target.id, BEFORE);
  deps = activityDependencies(database.db, scaler);
  const accepted = await acceptRun(database.db, {
    kind: 'season',
    request: { performanceRequirements: { settleDeadlineMinutes: 0 } },
    dryRun: false,
    principal: 'test',
    startsAtMs: 0,
    endsAtMs: 1,
    response: () => ({ status: 202, body: {} }),
  });
  if (accepted.outcome !== 'created') throw new Error('not created');
  runId = accepted.run.id;
});

/** The run's claim of 40 units, needed at `startsAtMs`. */
async function claim(startsAtMs: number): Promise<void> {
  const request = {
    targetId: `t-${count}`,
    kind: 'floor',
    floorUnits: 40,
    seen: BEFORE,
    generation: 0,
  } as const;
  const window = { startsAtMs, endsAtMs: startsAtMs + HOUR_MS };
  const made = await claimTargets(database.db, runId, 0, [{ ...request, ...window }], deps.patience);
  expect(made.status).toBe('claimed');
}

/** Polls until told to stop, as a cancelled activity is. */
async function settleFor(ms: number) {
  const stop = AbortSignal.timeout(ms);
  return settleCell(deps, cell(), { owner: 'me', watch: createVendorWatch(1_000), stop }).catch(
    () => 'waits',
  );
}

test('a claim that another run found unreachable fails, and never counts as settled', async () => {
  await claim(Date.now() + HOUR_MS);
  scaler.said = { status: 'settled', servingUnits: 6 };
  const reason = { kind: 'QuotaExceeded', message: 'the account allows 30' };
  await markUnreachable(database.db, `t-${count}`, 30, reason);
  expect(await settleFor(10_000)).toMatchObject({
    settled: [],
    failed: [{ targetId: `t-${count}`, ...reason }],
  });
});

test('what cannot be read passes no deadline; once it is needed a person is told, once', async () => {
  await claim(Date.now() + HOUR_MS);
  expect(await settleFor(400)).toBe('waits');
  expect(await openQuestions(database.db, runId)).toEqual([]);
  await database.db
    .updateTable('claims')
    .set({ starts_at: new Date(Date.now() - 1_000) })
    .where('run_id', '=', runId)
    .execute();
  expect(await settleFor(400)).toBe('waits');
  expect(await openQuestions(database.db, runId)).toMatchObject([
    { resource: `t-${count}`, topic: 'unreadable' },
  ]);
});

test('what is read and does not move has failed at its deadline', async () => {
  await claim(Date.now() + HOUR_MS);
  scaler.said = { status: 'moving', servingUnits: 24, reason: 'stuck' };
  expect(await settleFor(10_000)).toMatchObject({
    failed: [{ kind: 'SettleDeadline', servingUnits: 24 }],
  });
});

test.each(['moving', 'failed'] as const)(
  'what is %s for want of room has run short, so others may stand in',
  async (status) => {
    await claim(Date.now() + HOUR_MS);
    scaler.said = { status, servingUnits: 24, reason: 'no room', lacks: 'InsufficientCapacity' };
    expect(await settleFor(10_000)).toMatchObject({
      failed: [{ kind: 'InsufficientCapacity', servingUnits: 24 }],
    });
  },
);
