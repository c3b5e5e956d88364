import {
  isDemandObservation,
  parseDemandObservation,
} from '../../../../domain/schemas/demand-observation.ts';
import { fleetOf } from '../../../support/planning.ts';

const latestMs = Date.UTC(2027, 5, 5, 12);
const grounds = { fleet: fleetOf([]), latestMs };
const RECORD = { workload: 'api', market: 'a', at: '2027-06-05T13:00:00+01:00', demand: 12.5 };

test('a reading has its time as an instant, and numbers of CSV count', () => {
  const observation = { workload: 'api', market: 'a', observedAtMs: latestMs, demand: 12.5 };
  expect(parseDemandObservation(RECORD, grounds)).toEqual({ ok: true, observation });
  expect(parseDemandObservation({ ...RECORD, demand: ' 12.50' }, grounds)).toEqual({ ok: true, observation });
});

test.each<[string, object, readonly string[]]>([
  ['an unknown market', { market: 'mars' }, ['market: mars is no market of the fleet; it has a, b']],
  ['an unknown workload', { workload: 'x' }, ['workload: x is no workload of the fleet; it has api']],
  ['the future', { at: '2027-06-05T12:00:01Z' }, ['at: 2027-06-05T12:00:01Z lies in the future']],
  ['year 9999', { at: '9999-01-01T00:00:00Z' }, ['at: 9999-01-01T00:00:00Z lies in the future']],
  ['1970', { at: '1970-01-01T00:00:00Z' }, ['at: 1970-01-01T00:00:00Z lies before the year 2000']],
  [
    'a local time',
    { at: '2027-06-05T12:00' },
    ['at: must be a time with its offset, e.g. 2027-06-05T14:00:00Z'],
  ],
  ['negative demand', { demand: -1 }, ['demand: must be a number from 0']],
  ['nothing for a demand', { demand: '' }, ['demand: must be a number']],
  ['an infinite demand', { demand: '1e999' }, ['demand: must be a number from 0']],
])('refuses %s', (_what, changes, words) => {
  const parsed = parseDemandObservation({ ...RECORD, ...changes }, grounds);
  expect(parsed.ok ? [] : parsed.faults.map(({ path, message }) => `${path}: ${message}`)).toEqual(words);
});

test('names everything wrong with a record at once', () => {
  const parsed = parseDemandObservation(
    { workload: 'x', market: 'y', at: 'noon', demand: -1, more: 1 },
    grounds,
  );
  const paths = parsed.ok ? [] : parsed.faults.map(({ path }) => path);
  expect(paths.toSorted()).toEqual(['at', 'demand', 'market', 'more', 'workload']);
});

test.each([
  [RECORD, true],
  [{ demand: 1 }, true],
  [{ market: 7 }, true],
  [{ subject: 'ecs', value: 1 }, false],
  [{}, false],
  [null, false],
])('%p is meant as demand: %p', (record, meant) => {
  expect(isDemandObservation(record)).toBe(meant);
});
