import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { resolveRelativeDates } from '../../../domain/calendar.ts';
import type { PlanContent } from '../../../domain/plan.ts';
import type { HindsightReport, RunReport } from '../../../domain/report.ts';
import { startService, type TestService } from '../../support/service.ts';
import { smallFleet, smallSeason } from '../../support/small-fleet.ts';

const TIME_SCALE = 7_200;

const FLEET = smallFleet((small) => ({
  ...small,
  targets: small.targets.filter((target) => target.autoscaled),
  recordSets: [],
}));

describe('hindsight of a season', () => {
  let service: TestService;
  let reporting: NodeJS.Timeout | undefined;

  beforeAll(async () => {
    service = await startService({ fleet: FLEET, timeScale: TIME_SCALE, instant: true });
  });
  afterEach(() => clearInterval(reporting));
  afterAll(() => service?.stop());

  const serviceNowMs = async () =>
    ((await service.sandboxCall('GET', '/clock')) as { serviceNowMs: number }).serviceNowMs;
  /** A season of so many days that begins in two hours, with a wedding in each market on each of them. */
  async function season(id: string, days: number): Promise<unknown> {
    const nowMs = await serviceNowMs();
    const bookings = Array.from({ length: days }, (_, day) => day).flatMap((day) =>
      ['gb', 'fr'].map((market) => ({
        id: `${id}-${market}-${day}-${nowMs}`,
        market,
        startsAt: new Date(nowMs + (10 + 24 * day) * 3_600_000).toISOString().slice(0, 16),
        guests: 90,
      })),
    );
    await service.client.request('/api/bookings', { method: 'POST', body: bookings });
    const window = { id, startsAt: 'now+2h', endsAt: `now+${2 + 24 * days}h`, stepDays: 1 };
    const release = { maximumLoadPercent: 60, dwellMinutes: 60, askAfterMinutes: 5_000 };
    return resolveRelativeDates(smallSeason({ season: window, release, additionalLeadMinutes: 300 }), nowMs);
  }
  const released = async (runId: string): Promise<RunReport> => {
    expect((await service.ended(runId)).status).toBe('completed');
    return service.until(runId, ({ hold }) => hold?.status === 'released', 120_000);
  };
  /** Reports a load of every target now and again, and next to none after so many hours: then the gate opens. */
  function report(load: number, hours: number): void {
    const endMs = Date.now() + (hours * 3_600_000) / TIME_SCALE;
    reporting = setInterval(() => {
      const value = Date.now() < endMs ? load : 1;
      const body = FLEET.targets.map(({ id }) => ({ subject: id, value }));
      service.client.request('/api/observations', { method: 'POST', body }).catch(() => undefined);
    }, 100);
  }
  const rowsOf = (hindsight: RunReport['hindsight']) =>
    hindsight?.map(({ step, rows }: HindsightReport) => [step, rows.map(({ status }) => status)]);

  test('without observations it says what was missing, and the hold ends all the same', async () => {
    const runId = await service.start('/api/scaling/seasons', await season('silent', 1));
    const over = ({ hindsight }: RunReport) => hindsight?.some(({ step }) => step === null) ?? false;
    const { hindsight } = await service.until(runId, over, 120_000);
    expect(hindsight?.at(-1)).toMatchObject({
      step: null,
      rows: [
        {
          workload: 'api',
          markets: ['fr', 'gb'],
          status: 'notScored',
          reason: 'no load was reported of ecs, hpa, mig; send it to POST /api/observations',
        },
      ],
    });
    // Low loads open the gate; they say nothing about the time before.
    report(1, 0);
    const { status, hindsight: after } = await released(runId);
    expect(status).toBe('completed');
    expect(after).toEqual(hindsight);
  }, 200_000);

  test('is there when it ends, step by step, and the next season of the same id is planned by it', async () => {
    report(100, 50);
    const runId = await service.start('/api/scaling/seasons', await season('observed', 2));
    const { hindsight } = await released(runId);
    expect(rowsOf(hindsight)).toEqual([
      [0, ['scored']],
      [1, ['scored']],
      [null, ['scored']],
    ]);
    const [row] = hindsight?.at(-1)?.rows ?? [];
    if (row?.status !== 'scored') throw new Error(`not scored: ${JSON.stringify(row)}`);
    // Three targets reported 100 each, and two weddings of 90 guests have 180 users at most.
    expect(row.forecast?.observedMean).toBeGreaterThan(250);
    expect(row.forecast?.bias).toBeGreaterThan(1.5);
    expect(row.forecast?.hours).toBeGreaterThan(10);
    expect(row.capacity?.hours).toBeGreaterThanOrEqual(40);
    expect(row.capacity?.unservedShare).toBeGreaterThan(0);
    expect(row.capacity?.regretUsd).toBeGreaterThan(0);

    const path = '/api/scaling/seasons?dryRun=true';
    const next = await service.ended(await service.start(path, await season('observed', 1)));
    expect(next.status).toBe('completed');
    const { content } = await service.client.request<{ content: PlanContent }>(`/api/plans/${next.plan?.id}`);
    for (const { explanation } of content.floors) {
      expect(explanation.pastSeasonFactor).toBeGreaterThan(1.1);
      expect(explanation.text).toContain('past seasons of this id saw more than was expected');
    }
  }, 300_000);
});
