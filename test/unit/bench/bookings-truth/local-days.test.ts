import { expect, test } from '@jest/globals';
import { calendarDays, localDays } from '../../../../bench/bookings-truth/local-days.ts';

test.each([
  ['Europe/London', '2025-07-05', 14, '2025-07-05T13:00:00.000Z'],
  ['Europe/London', '2025-01-04', 14, '2025-01-04T14:00:00.000Z'],
  ['America/New_York', '2025-03-09', 14, '2025-03-09T18:00:00.000Z'],
  ['Asia/Kolkata', '2025-07-05', 19.5, '2025-07-05T14:00:00.000Z'],
  ['Australia/Sydney', '2025-12-20', 15, '2025-12-20T04:00:00.000Z'],
])('%s, %s, hour %p is %s', (zone, day, hour, instant) => {
  const days = localDays(zone);
  const ms = days.instantOf(day, hour);
  expect(new Date(ms).toISOString()).toBe(instant);
  expect(days.clockOf(ms)).toEqual({ hour, weekday: new Date(`${day}T00:00:00Z`).getUTCDay() });
});

test('days are counted from one to the other', () => {
  expect(calendarDays(Date.UTC(2024, 1, 28), Date.UTC(2024, 2, 1))).toEqual([
    '2024-02-28',
    '2024-02-29',
    '2024-03-01',
  ]);
});
