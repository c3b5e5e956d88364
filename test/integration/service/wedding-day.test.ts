import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { localDate, localTime } from '../../../domain/calendar.ts';
import type { PlanContent } from '../../../domain/plan.ts';
import { PHASES } from '../../../domain/season.ts';
import { startService, type TestService } from '../../support/service.ts';
import { smallFleet } from '../../support/small-fleet.ts';

const DAYS = '/api/scaling/wedding-days';
const ZONE = 'Europe/London';
const HOUR_MS = 3_600_000;
/** Guests come two hours before the begin and are gone eight hours after it. */
const BEFORE_MS = 2 * HOUR_MS;
const AFTER_MS = 8 * HOUR_MS;

let service: TestService;
/** Begin of the wedding of today, service time. */
let eventMs: number;
/** Some day later, far enough that nothing is due. */
let laterDate: string;
/** What everything was before anybody asked for anything. */
let untouched: unknown;

beforeAll(async () => {
  service = await startService({ fleet: smallFleet(), timeScale: 1200, instant: true });
  untouched = await ownedFields();
  eventMs = (await serviceNowMs()) + 12 * HOUR_MS;
  laterDate = localDate(eventMs + 72 * HOUR_MS, ZONE);
  const booking = (id: string, market: string, startsAt: string, guests: number) => ({
    ...{ id, market, startsAt, guests },
    timeZone: ZONE,
  });
  await service.client.request('/api/bookings', {
    method: 'POST',
    body: [
      booking('today', 'gb', localTime(eventMs, ZONE), 300),
      booking('morning', 'gb', `${laterDate}T09:00`, 100),
      booking('evening', 'gb', `${laterDate}T20:00`, 250),
      booking('abroad', 'fr', `${laterDate}T20:00`, 50),
      booking('next-day', 'gb', `${localDate(eventMs + 96 * HOUR_MS, ZONE)}T05:00`, 10),
    ],
  });
});
afterAll(() => service?.stop());

async function serviceNowMs(): Promise<number> {
  const clock = (await service.sandboxCall('GET', '/clock')) as { serviceNowMs: number };
  return clock.serviceNowMs;
}

/** Floors, maxima and weights as the sandbox has them. */
async function ownedFields(): Promise<unknown> {
  const { resources, recordSets } = await service.control.world();
  const floors = resources.map(({ key, autoscaled, minimumUnits, maximumUnits, desiredUnits }) =>
    autoscaled ? { key, minimumUnits, maximumUnits } : { key, desiredUnits },
  );
  return { floors, weights: recordSets.map(({ name, records }) => ({ name, records })) };
}

function day(weddingDay: Readonly<Record<string, unknown>>, more: object = {}): unknown {
  return {
    weddingDay: { id: 'the-day', timeZone: ZONE, markets: ['gb'], bufferMinutes: 0, ...weddingDay },
    performanceTargets: { servedPercent: 50 },
    traffic: { stepPercent: 100, dwellSeconds: 1 },
    release: { maximumLoadPercent: 60, dwellMinutes: 30, askAfterMinutes: 6000 },
    ...more,
  };
}

async function planned(weddingDay: Readonly<Record<string, unknown>>) {
  const report = await service.ended(await service.start(`${DAYS}?dryRun=true`, day(weddingDay)));
  expect([report.status, report.error]).toEqual(['completed', undefined]);
  const { content } = await service.client.request<{ content: PlanContent }>(`/api/plans/${report.plan?.id}`);
  const [step] = content.steps;
  return { content, fromMs: step?.fromMs, untilMs: step?.untilMs, report };
}

describe('a wedding day', () => {
  let today: string;

  test('goes through the same phases and is ready before the first guest comes', async () => {
    const body = day({ date: localDate(eventMs, ZONE) }, { additionalLeadMinutes: 600 });
    today = await service.start(DAYS, body);
    const report = await service.ended(today);
    expect(report.error).toBeUndefined();
    expect([report.kind, report.status]).toEqual(['weddingDay', 'completed']);
    expect(report.phases.map(({ name, status }) => [name, status])).toEqual(
      PHASES.map((name) => [name, 'completed']),
    );
    const { resources } = await service.control.world();
    expect(await serviceNowMs()).toBeLessThan(eventMs - BEFORE_MS);
    const services = report.cells.flatMap((cell) => cell.services);
    const carried = services.reduce((units, one) => units + one.to, 0) * 10 * 0.7;
    expect(carried).toBeGreaterThanOrEqual(300);
    for (const one of services) {
      const target = smallFleet().targets.find(({ id }) => id === one.targetId);
      const live = resources.find(
        ({ service: name, reference }) =>
          name === one.service && JSON.stringify(reference) === JSON.stringify(target?.reference),
      );
      expect(live?.servingUnits).toBeGreaterThanOrEqual(one.to);
      expect(one.observed).toBeGreaterThanOrEqual(one.to);
    }
    expect(report.hold).toMatchObject({ status: 'holding' });
    expect(report.hold?.until).toBe(new Date(Math.floor(eventMs / 60_000) * 60_000 + AFTER_MS).toISOString());
  });

  test('covers all weddings of its day, with the buffer asked for around them', async () => {
    const whole = await planned({ date: laterDate, markets: ['gb', 'fr'], bufferMinutes: 90 });
    const begin = (time: string) => Date.parse(`${laterDate}T${time}:00Z`) - offsetMs(laterDate);
    expect(whole.fromMs).toBe(begin('09:00') - BEFORE_MS - 90 * 60_000);
    expect(whole.untilMs).toBe(begin('20:00') + AFTER_MS + 90 * 60_000);
    expect(whole.content.peak.users).toBeCloseTo(300, 6);
    // The window reaches into the next day, whose own wedding must not widen it when the plan is applied.
    const report = await service.ended(await service.start(DAYS, { planId: whole.report.plan?.id }));
    expect([report.error, report.status]).toEqual([undefined, 'completed']);
    expect(report.hold?.until).toBe(new Date(whole.untilMs ?? 0).toISOString());
  });

  test('covers one wedding alone where one is named', async () => {
    const one = await planned({ date: laterDate, bookingId: 'morning' });
    const begin = Date.parse(`${laterDate}T09:00:00Z`) - offsetMs(laterDate);
    expect([one.fromMs, one.untilMs]).toEqual([begin - BEFORE_MS, begin + AFTER_MS]);
    expect(one.content.peak.users).toBeCloseTo(100, 6);
    const report = await service.ended(await service.start(DAYS, { planId: one.report.plan?.id }));
    expect([report.error, report.status, report.plan?.id]).toEqual([
      undefined,
      'completed',
      one.report.plan?.id,
    ]);
    expect(report.phases.slice(3).map(({ status }) => status)).toEqual(Array(4).fill('skipped'));
    expect(report.hold?.nextStepAt).toBe(new Date(begin - BEFORE_MS - 10 * 60_000).toISOString());
  });

  test.each([
    [
      'there is no wedding on it',
      () => ({ date: localDate(eventMs + 240 * HOUR_MS, ZONE) }),
      /no booking of gb/,
    ],
    ['the wedding named is not on it', () => ({ date: laterDate, bookingId: 'today' }), /no booking today/],
    [
      'the wedding named is of another market',
      () => ({ date: laterDate, bookingId: 'abroad' }),
      /no booking abroad/,
    ],
  ])('fails with NoBookings and changes nothing where %s', async (_name, weddingDay, words) => {
    const before = (await service.control.ledger()).length;
    const report = await service.ended(await service.start(DAYS, day(weddingDay())));
    expect([report.status, report.error?.type, report.hold]).toEqual(['failed', 'NoBookings', null]);
    expect(report.error?.message).toMatch(words);
    expect(report.cells).toEqual([]);
    expect((await service.control.ledger()).length).toBe(before);
  });

  test('is held through the event and given back after it, once the guests are gone', async () => {
    const report = await service.report(today);
    const targets = report.cells.flatMap((cell) => cell.services.map((one) => one.targetId));
    let heldUntilMs = 0;
    const giveUpMs = Date.now() + 80_000;
    while (Date.now() < giveUpMs) {
      const readings = targets.map((subject) => ({ subject, value: 1 }));
      const askedMs = await serviceNowMs();
      await service.client.request('/api/observations', { method: 'POST', body: readings });
      const { hold } = await service.report(today);
      if (hold?.status === 'released') break;
      if (hold?.status === 'holding') heldUntilMs = askedMs;
      await sleep(150);
    }
    expect((await service.report(today)).hold?.status).toBe('released');
    const endMs = Math.floor(eventMs / 60_000) * 60_000 + AFTER_MS;
    // A look every 150 ms is one every few minutes of service time.
    expect(heldUntilMs).toBeGreaterThan(endMs - HOUR_MS);
    expect(await ownedFields()).toEqual(untouched);
    const lowered = (await service.control.ledger()).filter(
      ({ caller, before, after }) =>
        caller !== 'autoscaler' && Number(after?.minimumUnits) < Number(before?.minimumUnits),
    );
    for (const entry of lowered as readonly { serviceAt?: string }[]) {
      expect(Date.parse(entry.serviceAt ?? '')).toBeGreaterThan(endMs);
    }
  }, 90_000);
});

/** How far the zone is ahead of UTC at noon of that day. */
function offsetMs(date: string): number {
  const noonMs = Date.parse(`${date}T12:00:00Z`);
  return Date.parse(`${localTime(noonMs, ZONE)}:00Z`) - noonMs;
}
