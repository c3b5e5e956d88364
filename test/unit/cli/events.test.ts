import { eventLine, type JournalEvent } from '../../../cli/render/events.ts';

const plain = (_style: string, text: string) => text;
const PLAN = '9940f8a1b2c3d4e5f6';

test.each<[kind: string, key: string, body: JournalEvent['body'], said: string]>([
  [
    'attention',
    'regional-requirements',
    { topic: 'unreadable', message: 'the live state of ecs cannot be read' },
    'regional-requirements needs a person: the live state of ecs cannot be read',
  ],
  ['answered', 'regional-requirements', {}, 'regional-requirements: needs nobody any more'],
  ['resolved', 'ecs', { action: 'accept-drift', letGo: true }, 'ecs: a person decided: accept-drift'],
  ['retry.asked', 'ecs', { action: 'retry' }, 'ecs: a person asked to try again'],
  ['approval.asked', PLAN, { atServiceMs: 0 }, 'plan 9940f8a1b2c3 waits for approval'],
  ['approval', PLAN, { principal: 'ops', changed: [] }, 'plan 9940f8a1b2c3 is approved by ops'],
  [
    'approval.outdated',
    PLAN,
    { principal: 'ops', changed: ['fleet', 'prices'] },
    'plan 9940f8a1b2c3 was approved by ops but is out of date (fleet, prices); planning again',
  ],
  [
    'extended',
    '',
    { until: '2027-06-05T14:00:00Z', by: 'ops' },
    'the hold lasts until 2027-06-05 14:00 UTC by ops',
  ],
  ['gate', 'ecs', { status: 'waiting' }, 'ecs: waits until its load has gone'],
  ['monitoring.degraded', '', { message: 'Datadog throttles' }, 'monitoring is degraded: Datadog throttles'],
  [
    'unreachable',
    'ecs',
    { highestUnits: 8, kind: 'QuotaExceeded', message: 'the quota is 8' },
    'ecs: unreachable, at most 8 units serve: the quota is 8',
  ],
  [
    'health',
    'gb-www',
    { status: 'passed', detail: 'weights {"aws-eu-west-1":255,"gcp":80}' },
    'check gb-www: passed weights aws-eu-west-1 255, gcp 80',
  ],
  ['newer.kind', 'ecs', {}, 'newer.kind ecs'],
])('an entry of kind %s says what happened', (kind, key, body, said) => {
  const event = { seq: 1, at: '2027-06-05T14:00:30.000Z', kind, key, body };
  expect(eventLine(event, plain)).toBe(`14:00:30 ${said}`);
});
