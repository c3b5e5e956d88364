import { overProvisioningTime } from '../../../../domain/sizing/provisioning-growth.ts';

const HOUR_MS = 3_600_000;
const DEMAND = Float64Array.of(1, 4, 2, 9, 3);

// The fourth hour is followed by a gap of a day.
const HOURS_MS = [0, 1, 2, 3, 27].map((hour) => hour * HOUR_MS);

test.each([
  ['comes at once', 0, [1, 4, 2, 9, 3]],
  ['comes within the hour', 59, [1, 4, 2, 9, 3]],
  ['takes an hour', 60, [4, 4, 9, 9, 3]],
  ['takes two hours and a half', 150, [4, 9, 9, 9, 3]],
  ['takes a day', 24 * 60, [9, 9, 9, 9, 3]],
])('capacity that %s', (_what, minutes, needed) => {
  expect([...overProvisioningTime(DEMAND, HOURS_MS, minutes * 60_000)]).toEqual(needed);
});
