import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ActivityDependencies } from '../../../activities/dependencies.ts';
import { learnFromObservations } from '../../../activities/planner/learning.ts';
import { analyseDistribution } from '../../../domain/distribution.ts';
import type { LearntDemand } from '../../../domain/sizing/learnt-demand.ts';
import { importBookings } from '../../../store/bookings.ts';
import { importObservations } from '../../../store/observations.ts';
import { booking, fleetOf } from '../../support/planning.ts';
import { type TestDatabase, testDatabase } from '../../support/postgres.ts';

const HOUR_MS = 3_600_000;
const WEEK_MS = 168 * HOUR_MS;
const NOW_MS = Math.floor(Date.now() / HOUR_MS) * HOUR_MS;
const WEEKS = 8;
const BASE = 40;

/** One user per guest and one request/s per user, says the fleet; the platform saw two. */
const fleet = fleetOf([]);
const weddings = Array.from({ length: WEEKS }, (_, week) =>
  booking({
    id: `w${week}`,
    guests: 100 * (1 + ((week * 5) % 7)),
    startsAtMs: NOW_MS - (week + 0.5) * WEEK_MS,
  }),
);

describe('what observations teach', () => {
  let database: TestDatabase;
  let learnt: readonly LearntDemand[];
  const learn = async (untilMs: number) => {
    const deps = { db: database.db, clock: { anchorMs: 0, scale: 1 } } as ActivityDependencies;
    const ids = fleet.markets;
    const window = { fromMs: NOW_MS + HOUR_MS, untilMs };
    const distribution = await analyseDistribution([], {
      ...window,
      markets: ids.map(({ id }) => id),
      demandModel: fleet.demandModel,
    });
    return learnFromObservations(deps, fleet, distribution, new AbortController().signal);
  };

  beforeAll(async () => {
    database = await testDatabase();
    expect(await learn(NOW_MS + WEEK_MS)).toEqual([]);
    async function* records() {
      for (const [line, one] of weddings.entries()) yield { line, booking: one };
    }
    await importBookings(database.db, records(), { principal: 'test', replace: false });
    const past = await analyseDistribution(weddings, {
      fromMs: NOW_MS - WEEKS * WEEK_MS,
      untilMs: NOW_MS,
      markets: ['a', 'b'],
      demandModel: fleet.demandModel,
    });
    const users = new Map(past.hoursMs.map((hour, index) => [hour, past.markets[0]?.users[index] ?? 0]));
    const demands = Array.from({ length: WEEKS * 168 }, (_, hour) => {
      const observedAtMs = NOW_MS - WEEKS * WEEK_MS + hour * HOUR_MS;
      const demand = BASE + 2 * (users.get(observedAtMs) ?? 0);
      return { workload: 'api', market: 'a', observedAtMs, demand };
    });
    const elsewhere = { workload: 'gone', market: 'a', observedAtMs: NOW_MS - HOUR_MS, demand: 1 };
    await importObservations(database.db, [], 'test', [...demands, elsewhere]);
    learnt = await learn(NOW_MS + WEEK_MS);
  });
  afterAll(() => database.close());

  test('is of the workloads and markets of the fleet that were observed, and of no other', () => {
    expect(learnt.map(({ workload, market, hours }) => [workload, market, hours])).toEqual([
      ['api', 'a', WEEKS * 168],
    ]);
  });

  test('parts the history into weddings and base', () => {
    const [{ intensity, base }] = learnt as readonly [LearntDemand];
    expect(intensity.factor).toBeGreaterThan(1.9);
    expect(intensity.factor).toBeLessThan(2.05);
    // From where observations end: the window begins an hour later.
    expect(base.startMs).toBe(NOW_MS);
    expect(base.mean).toHaveLength(168);
    for (const mean of base.mean) expect(Math.abs(mean - BASE)).toBeLessThan(4);
  });
});
