import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { scalerRegistry } from '../../../activities/scalers/registry.ts';
import { type Allocation, allocate } from '../../../domain/allocation.ts';
import type { ResolvedBooking } from '../../../domain/booking.ts';
import { resolveRelativeDates } from '../../../domain/calendar.ts';
import { contentHash } from '../../../domain/canonical.ts';
import { analyseDistribution } from '../../../domain/distribution.ts';
import { cellId, cellOf, type Fleet } from '../../../domain/fleet.ts';
import { calculateRequirements, stepWindows } from '../../../domain/requirements.ts';
import { parseRunRequest } from '../../../domain/schemas/run-request.ts';
import type { DemandKnowledge } from '../../../domain/sizing/designed-demand.ts';
import { sampleBookings, sampleFleet, sampleJson, sampleSeason } from '../../support/samples.ts';
import { solveHere } from '../../support/solver.ts';

const DAY_MS = 86_400_000;
/** A Monday at noon in winter, one before the clocks of America change, and one between those of Europe. */
const MONDAYS_MS = [Date.UTC(2026, 10, 23, 12), Date.UTC(2027, 2, 8, 12), Date.UTC(2027, 9, 25, 12)];

const fleet = sampleFleet();

async function planned(
  nowMs: number,
  of: Fleet = fleet,
  bookings: readonly ResolvedBooking[] = sampleBookings(nowMs),
  knowledge?: DemandKnowledge,
): Promise<Allocation & { readonly status: 'planned' }> {
  const { request, startsAtMs: fromMs, endsAtMs: untilMs } = sampleSeason(of, nowMs);
  const distribution = await analyseDistribution(bookings, {
    fromMs,
    untilMs,
    markets: of.markets,
    demandModel: of.demandModel,
    asOfMs: nowMs,
  });
  const live = Object.fromEntries(
    of.targets.map(({ id, baselineUnits }) => [
      id,
      { floorUnits: baselineUnits, servingUnits: baselineUnits },
    ]),
  );
  const steps = stepWindows(fromMs, untilMs, request.season.stepDays);
  const input = {
    distribution,
    requirements: calculateRequirements(distribution, steps, of, live, [], knowledge),
    fleet: of,
    settings: request,
    markets: request.season.markets,
    inputs: { request: '', bookings: '', fleet: '', prices: '' },
    nowMs,
  };
  const outcome = await allocate(input, solveHere);
  if (outcome.status === 'infeasible')
    throw new Error(outcome.infeasibilities.map((f) => f.message).join('\n'));
  return outcome;
}

describe('the sample fleet', () => {
  test('has 48 targets and more over four providers, every service, five regions and both kinds of count', () => {
    expect(fleet.targets.length).toBeGreaterThanOrEqual(48);
    expect(new Set(fleet.targets.map((target) => cellOf(target).provider)).size).toBe(4);
    expect(new Set(fleet.targets.map(({ region }) => region)).size).toBeGreaterThanOrEqual(5);
    expect([...new Set(fleet.targets.map(({ service }) => service))].toSorted()).toEqual(
      scalerRegistry.map(({ id }) => id),
    );
    expect(
      fleet.targets.filter(({ service, autoscaled }) => service === 'aws.ecs' && !autoscaled).length,
    ).toBeGreaterThanOrEqual(3);
    expect(fleet.targets.filter(({ markets }) => markets.length > 1).length).toBeGreaterThan(3);
    expect(
      fleet.targets.filter(({ requiresStabilization }) => requiresStabilization).length,
    ).toBeGreaterThanOrEqual(2);
    expect(fleet.targets.some(({ critical }) => critical)).toBe(true);
  });

  test('has a target with a spot share, and databases and caches that no provider carries alone', () => {
    const spot = fleet.targets.filter(({ spotPercent = 0 }) => spotPercent > 0);
    expect(spot.map(({ service }) => service)).toContain('aws.asg');
    for (const workload of ['gallery-queries', 'sessions']) {
      for (const { id } of fleet.markets) {
        const serving = fleet.targets.filter((one) => one.workload === workload && one.markets.includes(id));
        expect(new Set(serving.map((one) => cellOf(one).provider)).size).toBeGreaterThan(1);
      }
    }
  });

  test('has an entry in every record set for every cell that serves its workload', () => {
    expect(fleet.recordSets).toHaveLength(2);
    for (const { workload, entries } of fleet.recordSets) {
      const cells = fleet.targets
        .filter((target) => target.workload === workload)
        .map((one) => cellId(cellOf(one)));
      expect(entries.map(cellId).toSorted()).toEqual([...new Set(cells)].toSorted());
      expect(entries.every(({ value }) => value.startsWith('198.51.100.'))).toBe(true);
    }
  });
});

describe('the sample season', () => {
  test('has five thousand bookings and more over six markets, Saturday and Friday as the sources say', () => {
    const bookings = sampleBookings(MONDAYS_MS[0] ?? 0);
    expect(bookings.length).toBeGreaterThanOrEqual(5_000);
    expect(new Set(bookings.map(({ id }) => id)).size).toBe(bookings.length);
    expect(new Set(bookings.map(({ market }) => market)).size).toBe(6);
    const shareOf = (market: string, weekday: number) => {
      const all = bookings.filter((booking) => booking.market === market);
      return (
        all.filter(({ startsAt }) => new Date(`${startsAt}Z`).getUTCDay() === weekday).length / all.length
      );
    };
    expect(shareOf('gb', 6)).toBeCloseTo(0.62, 1);
    expect(shareOf('fr', 6)).toBeCloseTo(0.816, 1);
    expect(shareOf('ie', 5)).toBeGreaterThan(shareOf('ie', 6));
  });

  test('is due at once: its lead reaches back before now', () => {
    const nowMs = MONDAYS_MS[0] ?? 0;
    const { request, startsAtMs } = sampleSeason(fleet, nowMs);
    const leads = fleet.targets.map(({ leadTimeMinutes }) => leadTimeMinutes + request.additionalLeadMinutes);
    expect(startsAtMs - Math.min(...leads) * 60_000).toBeLessThan(nowMs);
  });

  // Every market's week is over or not, has begun or not: on weekdays, on Saturday, and when it is Monday in Asia.
  const days = MONDAYS_MS.flatMap((monday) => [1, 5, 6.35].map((day) => monday + day * DAY_MS));
  test.each(days.map((ms) => [new Date(ms).toUTCString(), ms] as const))(
    'planned on %s has a peak of 1.0 to 1.15 million users and raises every cell and every service',
    async (_, nowMs) => {
      const { peak, floors } = (await planned(nowMs)).content;
      expect(peak.users).toBeGreaterThanOrEqual(1_000_000);
      expect(peak.users).toBeLessThanOrEqual(1_150_000);
      expect(peak.text).toContain(`${peak.users.toLocaleString('en-US')} concurrent users`);
      const raised = floors.flatMap(({ targetId, floorUnits }) => {
        const target = fleet.targets.find(({ id }) => id === targetId);
        return target && floorUnits > target.baselineUnits ? [target] : [];
      });
      const cells = (targets: typeof raised) => new Set(targets.map((target) => cellId(cellOf(target))));
      const services = (targets: typeof raised) => new Set(targets.map(({ service }) => service));
      expect(cells(raised)).toEqual(cells([...fleet.targets]));
      expect(services(raised)).toEqual(services([...fleet.targets]));
    },
  );

  test.each(MONDAYS_MS.map((ms) => [new Date(ms).toUTCString(), ms] as const))(
    'has room for the quantile that its costs say, on %s',
    async (_, nowMs) => {
      const { performanceTargets } = sampleSeason(fleet, nowMs).request;
      const ready = await planned(nowMs, fleet, sampleBookings(nowMs), { ...performanceTargets, learnt: [] });
      const { cost } = (await planned(nowMs)).content;
      expect(ready.content.cost.hourlyUsdAfter).toBeGreaterThan(cost.hourlyUsdAfter);
    },
  );

  test('every floor can be recomputed from its explanation, and its users from the bookings', async () => {
    const nowMs = MONDAYS_MS[0] ?? 0;
    const bookings = sampleBookings(nowMs);
    const { floors } = (await planned(nowMs, fleet, bookings)).content;
    const { request } = sampleSeason(fleet, nowMs);
    expect(floors.length).toBeGreaterThan(60);
    for (const { targetId, needUnits, floorUnits, explanation } of floors) {
      const target = fleet.targets.find(({ id }) => id === targetId);
      const workload = fleet.workloads.find(({ id }) => id === target?.workload);
      const demand = explanation.shares.reduce((sum, share) => sum + share.share * share.demand, 0);
      const usable = (target?.capacityPerUnit ?? 0) * (request.performanceTargets.utilizationPercent / 100);
      expect(demand / usable).toBeCloseTo(needUnits, 6);
      expect(floorUnits).toBe(Math.ceil((demand / usable) * (1 - 1e-9)));
      for (const { market, users, usersToCome = 0, demand: whole, bookings: under } of explanation.shares) {
        expect(whole).toBeCloseTo(users * (workload?.demandPerUser ?? 0), 4);
        expect(under).toBe(underWay(bookings, market, explanation.peakAtMs).length);
        if (workload?.liveStreamOnly) {
          expect(users - usersToCome).toBeCloseTo(viewers(bookings, market, explanation.peakAtMs), 3);
        }
        expect(explanation.text).toContain(`${market}: ${under.toLocaleString('en-US')} bookings under way`);
      }
    }
  });

  test('the same bookings and fleet in another order give the same plan', async () => {
    const nowMs = MONDAYS_MS[0] ?? 0;
    const bookings = sampleBookings(nowMs);
    const turned = {
      ...fleet,
      targets: fleet.targets.toReversed(),
      markets: fleet.markets.toReversed(),
      workloads: fleet.workloads.toReversed(),
      recordSets: fleet.recordSets.toReversed(),
    };
    const other = await planned(nowMs, turned, bookings.toReversed());
    expect(contentHash(other.content)).toBe(contentHash((await planned(nowMs, fleet, bookings)).content));
  });

  test("twice the weddings of one market double what its area's targets carry and change no other", async () => {
    const nowMs = MONDAYS_MS[0] ?? 0;
    const bookings = sampleBookings(nowMs);
    const more = bookings
      .filter(({ market }) => market === 'jp')
      .map((one) => ({ ...one, id: `${one.id}-2` }));
    // What the plan asks beyond bookings is linear in them, so that twice the bookings are twice the need.
    const roomy = { ...fleet, targets: fleet.targets.map((one) => ({ ...one, maximumUnits: 1_000 })) };
    const before = await planned(nowMs, roomy, bookings);
    const after = await planned(nowMs, roomy, [...bookings, ...more]);
    // Whole units of other sizes may fit twice the demand better, so that the targets of an area change places.
    const inArea = (targetId: string) =>
      fleet.targets.find(({ id }) => id === targetId)?.markets.includes('jp') === true;
    const carried = ({ content }: typeof before) =>
      content.floors
        .filter(({ targetId }) => inArea(targetId))
        .reduce((sum, { explanation }) => sum + explanation.demand, 0);
    expect(carried(after)).toBeCloseTo(2 * carried(before), 3);
    const elsewhere = ({ content }: typeof before) =>
      content.floors.filter(({ targetId }) => !inArea(targetId));
    expect(elsewhere(after)).toEqual(elsewhere(before));
  });
});

/** Weddings that touch the hour: the ten from two hours before they begin, and twelve of the day after. */
function underWay(bookings: readonly ResolvedBooking[], market: string, hourMs: number) {
  return bookings.filter((one) => {
    const hours = hourMs / 3_600_000 - Math.floor(one.startsAtMs / 3_600_000);
    return one.market === market && ((hours >= -2 && hours < 8) || (hours >= 18 && hours < 30));
  });
}

function viewers(bookings: readonly ResolvedBooking[], market: string, hourMs: number): number {
  const { weddingsPerBooking, viewersPerGuest } = fleet.demandModel;
  return bookings
    .filter((one) => one.market === market && one.liveStream)
    .filter((one) => {
      const begin = Math.floor(one.startsAtMs / 3_600_000) * 3_600_000;
      return hourMs === begin || hourMs === begin + 3_600_000;
    })
    .reduce((sum, one) => sum + one.guests * weddingsPerBooking * viewersPerGuest, 0);
}

test('the sample wedding day is accepted on every day of the week', () => {
  for (let day = 0; day < 7; day += 1) {
    const nowServiceMs = (MONDAYS_MS[0] ?? 0) + day * DAY_MS;
    const body = resolveRelativeDates(sampleJson('wedding-day.json'), nowServiceMs);
    expect(parseRunRequest('weddingDay', body, { fleet, nowServiceMs })).toMatchObject({ ok: true });
  }
});

test('the generator writes the samples as they are, byte for byte', () => {
  const root = fileURLToPath(new URL('../../..', import.meta.url));
  const folder = mkdtempSync(join(tmpdir(), 'wedscale-samples-'));
  try {
    for (const part of ['domain', 'samples', 'package.json'])
      cpSync(join(root, part), join(folder, part), { recursive: true });
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
    const written = readdirSync(join(root, 'samples')).filter((file) => /\.(csv|json)$/.test(file));
    for (const file of written) rmSync(join(folder, 'samples', file));
    execFileSync(process.execPath, ['samples/generate.ts'], { cwd: folder });
    expect(written.toSorted()).toEqual(['bookings.csv', 'fleet.json', 'season.json', 'wedding-day.json']);
    for (const file of written) {
      expect(
        readFileSync(join(folder, 'samples', file)).equals(readFileSync(join(root, 'samples', file))),
      ).toBe(true);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
