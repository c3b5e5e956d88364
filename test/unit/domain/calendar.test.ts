import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import {
  isOnTheClock,
  isZone,
  localDate,
  localToMs,
  resolveRelative,
  resolveRelativeDates,
} from '../../../domain/calendar.ts';

/** A Tuesday, 10:00 in London and 15:30 in Kolkata. */
const NOW_MS = Date.UTC(2026, 10, 24, 10);
const iso = (ms: number) => new Date(ms).toISOString().slice(0, 16);

describe('localToMs', () => {
  test.each([
    ['2026-07-04T14:00', 'Europe/London', '2026-07-04T13:00'],
    ['2026-07-04T14:00', 'Asia/Kolkata', '2026-07-04T08:30'],
    ['2026-10-25T01:30', 'Europe/London', '2026-10-25T00:30'],
    ['2026-11-01T01:30', 'America/New_York', '2026-11-01T05:30'],
    ['2026-04-05T02:30', 'Australia/Sydney', '2026-04-04T15:30'],
    ['2026-04-05T01:45', 'Australia/Lord_Howe', '2026-04-04T14:45'],
    ['2026-03-29T01:30', 'Europe/London', '2026-03-29T01:30'],
    ['2026-03-08T02:30', 'America/New_York', '2026-03-08T07:30'],
  ])(
    '%s in %s is %s UTC: of a repeated hour the first, a skipped one after the change',
    (local, zone, utc) => {
      expect(iso(localToMs(local, zone))).toBe(utc);
    },
  );

  test.each(['2026-01-15T12:00:00Z', '2026-07-15T12:00:00Z'])('gives the same when run on %s', (day) => {
    const module = fileURLToPath(new URL('../../../domain/calendar.ts', import.meta.url));
    const script = `
      Date.now = () => ${Date.parse(day)};
      const { localToMs } = await import(${JSON.stringify(module)});
      console.log(localToMs('2026-10-25T01:30', 'Europe/London'), localToMs('2026-04-05T02:30', 'Australia/Sydney'));`;
    const out = execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
    expect(out.trim()).toBe(`${Date.UTC(2026, 9, 25, 0, 30)} ${Date.UTC(2026, 3, 4, 15, 30)}`);
  });

  test.each([
    ['2026-02-30T10:00', 'Europe/London'],
    ['2026-07-04T25:00', 'Europe/London'],
    ['2026-07-04 14:00', 'Europe/London'],
    ['2026-07-04T14:00', 'Europe/Atlantis'],
    ['2026-07-04T14:00', '+02:00'],
    ['2026-07-04T14:00', ''],
  ])('refuses %s in %p', (local, zone) => {
    expect(() => localToMs(local, zone)).toThrow(RangeError);
  });

  test('isOnTheClock is false only for what a clock change skips', () => {
    expect(isOnTheClock('2026-03-29T01:30', 'Europe/London')).toBe(false);
    expect(isOnTheClock('2026-10-25T01:30', 'Europe/London')).toBe(true);
    expect(isOnTheClock('2026-03-29T01:30', 'UTC')).toBe(true);
  });
});

test('a zone is an IANA name, never an offset', () => {
  expect(['Asia/Kolkata', 'UTC', '+01:00', 'Mars/Olympus', ''].map(isZone)).toEqual([
    true,
    true,
    false,
    false,
    false,
  ]);
});

test('localDate is the day of the zone', () => {
  const ms = Date.UTC(2026, 10, 24, 20);
  expect(localDate(ms, 'Asia/Tokyo')).toBe('2026-11-25');
  expect(localDate(ms, 'America/New_York')).toBe('2026-11-24');
});

describe('relative dates', () => {
  test.each([
    ['now+2h', 'Europe/London', '2026-11-24T12:00'],
    ['now+30m', 'Asia/Kolkata', '2026-11-24T16:00'],
    ['now+3d', 'Europe/London', '2026-11-27T10:00'],
    ['W+1 Sat 14:00', 'Europe/London', '2026-12-05T14:00'],
    ['W+0 Mon 09:05', 'Europe/London', '2026-11-23T09:05'],
    ['D+13 15:30', 'Europe/London', '2026-12-07T15:30'],
    ['D+0 00:00', 'Asia/Tokyo', '2026-11-24T00:00'],
  ])('%s in %s is %s', (text, zone, local) => {
    expect(resolveRelative(text, NOW_MS, zone)).toBe(local);
  });

  test.each(['2026-11-24T12:00', 'D+1 25:00', 'W+1 Sat 14:60', 'W+1 Sunday 14:00', 'now-1h', ''])(
    '%p is none and stays as it is',
    (text) => {
      expect(resolveRelative(text, NOW_MS, 'UTC')).toBe(text);
    },
  );

  test('the week is that of the zone: on Sunday evening in London it is already Monday in Tokyo', () => {
    const sundayMs = Date.UTC(2026, 10, 29, 20);
    expect(resolveRelative('W+0 Sat 12:00', sundayMs, 'Europe/London')).toBe('2026-11-28T12:00');
    expect(resolveRelative('W+0 Sat 12:00', sundayMs, 'Asia/Tokyo')).toBe('2026-12-05T12:00');
  });

  test("a season's dates are resolved in its own zone, and nothing else is touched", () => {
    const body = {
      season: { id: 'now+1h', startsAt: 'now+1h', endsAt: '2027-01-01T00:00', timeZone: 'Asia/Kolkata' },
      targets: ['now+1h'],
    };
    expect(resolveRelativeDates(body, NOW_MS)).toEqual({
      season: { ...body.season, startsAt: '2026-11-24T16:30' },
      targets: ['now+1h'],
    });
  });

  test.each([
    ['W+1 Sat', '2026-12-05'],
    ['D+1', '2026-11-25'],
    ['now+3d', '2026-11-27'],
    ['2026-12-24', '2026-12-24'],
  ])("a wedding day's date %s is %s", (date, resolved) => {
    const body = { weddingDay: { date, timeZone: 'Europe/London' } };
    expect(resolveRelativeDates(body, NOW_MS)).toEqual({
      weddingDay: { ...body.weddingDay, date: resolved },
    });
  });

  test.each([
    [{ season: { startsAt: 'now+1h', timeZone: 'Europe/Atlantis' } }],
    [{ weddingDay: { date: 7, timeZone: 'UTC' } }],
    [null],
    [[1]],
    ['now+1h'],
  ])('what cannot be resolved stays as it is: %j', (body) => {
    expect(resolveRelativeDates(body, NOW_MS)).toBe(body);
  });
});
