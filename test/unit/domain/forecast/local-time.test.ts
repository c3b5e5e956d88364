import { localClock } from '../../../../domain/forecast/local-time.ts';

const at = (text: string) => Date.parse(text);

test.each([
  ['Europe/London', '2026-03-29T00:59:00Z', '2026-03-29T00:59:00Z'],
  ['Europe/London', '2026-03-29T01:00:00Z', '2026-03-29T02:00:00Z'],
  ['America/New_York', '2026-11-01T05:59:00Z', '2026-11-01T01:59:00Z'],
  ['America/New_York', '2026-11-01T06:00:00Z', '2026-11-01T01:00:00Z'],
  ['Asia/Kathmandu', '2026-06-01T00:00:00Z', '2026-06-01T05:45:00Z'],
])('%s reads %s as %s', (zone, utc, wall) => {
  const clock = localClock(at('2026-01-01T00:00:00Z'), at('2026-12-31T00:00:00Z'), zone);
  expect(new Date(clock(at(utc))).toISOString()).toBe(new Date(at(wall)).toISOString());
});

test('reads the same whichever instant is asked first', () => {
  const clock = localClock(at('2026-01-01T00:00:00Z'), at('2026-12-31T00:00:00Z'), 'Europe/Paris');
  const instants = ['2026-07-01T00:00:00Z', '2026-01-02T00:00:00Z', '2026-12-01T00:00:00Z'].map(at);
  const forward = instants.map(clock);
  expect([...instants].reverse().map(clock)).toEqual([...forward].reverse());
});

test('refuses a zone that is none', () => {
  expect(() => localClock(0, 1, '+02:00')).toThrow(RangeError);
});
