import type { Fault } from '../../../../domain/schemas/fault.ts';
import { parseRunRequest, parseTemplate } from '../../../../domain/schemas/run-request.ts';
import type { RunKind } from '../../../../domain/season.ts';
import { fleetOf, NOW_MS, target } from '../../../support/planning.ts';

const fleet = fleetOf([
  target({ id: 'aws-a' }),
  target({ id: 'gcp-b', service: 'gcp.mig', region: 'r2', markets: ['b'] }),
]);
const SEASON = {
  id: 's',
  name: 's',
  startsAt: '2027-06-01T00:00',
  endsAt: '2027-06-29T00:00',
  timeZone: 'Europe/London',
  markets: ['a'],
};
const DAY = { id: 'd', date: '2027-06-05', timeZone: 'Europe/London', markets: ['a'] };

function parse(kind: RunKind, body: unknown, nowServiceMs = NOW_MS) {
  return parseRunRequest(kind, body, { fleet, nowServiceMs });
}

function faultsOf(parsed: { readonly ok: boolean; readonly faults?: readonly Fault[] }): readonly Fault[] {
  return parsed.ok ? [] : (parsed.faults ?? []);
}

const season = (changes: object = {}, rest: object = {}) => ({ season: { ...SEASON, ...changes }, ...rest });
const paths = (faults: readonly Fault[]) => faults.map(({ path }) => path).toSorted();

describe('a season that is in order', () => {
  test('gets every default as domain/season.ts says, and its window as instants', () => {
    expect(parse('season', season())).toEqual({
      ok: true,
      request: {
        season: { ...SEASON, stepDays: 7 },
        performanceTargets: { utilizationPercent: 70 },
        performanceRequirements: { maximumProviderSharePercent: 100 },
        costConstraints: { approvalExpiresAfterMinutes: 240 },
        complianceRequirements: { excludedRegions: [] },
        traffic: { stepPercent: 25, dwellSeconds: 60 },
        monitoringStrategy: { platforms: ['datadog'], dashboard: true },
        alertingRules: [],
        release: { maximumLoadPercent: 60, dwellMinutes: 10, askAfterMinutes: 120 },
        onFailure: 'restore',
        additionalLeadMinutes: 0,
      },
      startsAtMs: Date.UTC(2027, 4, 31, 23),
      endsAtMs: Date.UTC(2027, 5, 28, 23),
    });
  });

  test('may have begun already, and may have no platforms', () => {
    const body = season({ startsAt: '2027-05-01T00:00' }, { monitoringStrategy: { platforms: [] } });
    expect(parse('season', body)).toMatchObject({ ok: true });
  });

  test('may begin in an hour that occurs twice', () => {
    expect(
      parse('season', season({ startsAt: '2027-10-31T01:30', endsAt: '2027-11-30T00:00' })),
    ).toMatchObject({
      ok: true,
      startsAtMs: Date.UTC(2027, 9, 31, 0, 30),
    });
  });
});

test('ten faults in one body, five of shape and five of meaning, are all named at once', () => {
  const rule = {
    metric: 'wedsync.made.up',
    comparison: 'above',
    threshold: 1,
    forMinutes: 5,
    severity: 'info',
    escalation: ['@a'],
  };
  const body = season(
    { name: 7, timeZone: 'Europe/Atlantis', markets: ['a', 'narnia'] },
    {
      surprise: true,
      performanceTargets: { utilizationPercent: 400 },
      providers: ['aws', 'ibm'],
      targets: ['aws-a', 'nobody', 'aws-a'],
      complianceRequirements: { excludedRegions: ['r7'] },
      alertingRules: [{ ...rule, name: 'one' }],
    },
  );
  const faults = faultsOf(parse('season', body));
  expect(paths(faults)).toEqual(
    [
      'season.name',
      'surprise',
      'performanceTargets.utilizationPercent',
      'providers.1',
      'alertingRules.0.metric',
      'season.timeZone',
      'season.markets.1',
      'targets.1',
      'targets.2',
      'complianceRequirements.excludedRegions.0',
    ].toSorted(),
  );
  const words = Object.fromEntries(faults.map(({ path, message }) => [path, message]));
  expect(words['season.timeZone']).toContain('Europe/Atlantis');
  expect(words['season.markets.1']).toContain('narnia is no market of the fleet; it has a, b');
  expect(words['targets.1']).toContain('nobody is no target');
  expect(words['targets.2']).toContain('aws-a is named twice');
  expect(words['alertingRules.0.metric']).toContain('wedsync.wedding.concurrent_users');
});

const alert = {
  name: 'x',
  metric: 'wedsync.wedding.concurrent_users',
  comparison: 'above',
  threshold: 1,
  forMinutes: 5,
  severity: 'info',
  escalation: ['@a'],
};

describe('what is wrong with a season is named by its field', () => {
  test.each<[what: string, changes: object, rest: object, path: string, words: RegExp]>([
    [
      'an end before the start',
      { endsAt: '2027-05-30T00:00', startsAt: '2027-06-02T00:00' },
      {},
      'season.endsAt',
      /after season.startsAt/,
    ],
    ['an end that is the start', { endsAt: SEASON.startsAt }, {}, 'season.endsAt', /after season.startsAt/],
    [
      'a window in the past',
      { startsAt: '2027-01-01T00:00', endsAt: '2027-02-01T00:00' },
      {},
      'season.endsAt',
      /past/,
    ],
    [
      'a window above 400 days',
      { endsAt: '2028-08-01T00:00', stepDays: 30 },
      {},
      'season.endsAt',
      /427 days long; 400/,
    ],
    [
      'more than 60 steps',
      { endsAt: '2027-09-01T00:00', stepDays: 1 },
      {},
      'season.stepDays',
      /92 steps; 60/,
    ],
    ['a day that does not exist', { startsAt: '2027-02-30T00:00' }, {}, 'season.startsAt', /2027-02-30/],
    [
      'an hour a clock change skips',
      { endsAt: '2028-03-26T01:30' },
      {},
      'season.endsAt',
      /skips it; write 2028-03-26T02:30/,
    ],
    ['a time with a zone', { startsAt: '2027-06-01T00:00Z' }, {}, 'season.startsAt', /without a zone/],
    ['a relative date', { startsAt: 'now+1h' }, {}, 'season.startsAt', /YYYY-MM-DDTHH:mm/],
    ['no market', { markets: [] }, {}, 'season.markets', /./],
    ['a market twice', { markets: ['a', 'a'] }, {}, 'season.markets.1', /twice/],
    ['a field that is none', { place: 'Bath' }, {}, 'season.place', /not a field/],
    ['a field that is none, further in', {}, { traffic: { speed: 1 } }, 'traffic.speed', /not a field/],
    ['NaN', {}, { additionalLeadMinutes: Number.NaN }, 'additionalLeadMinutes', /NaN/],
    [
      'an infinite number',
      {},
      { costConstraints: { maximumHourlyUsd: Number.POSITIVE_INFINITY } },
      'costConstraints.maximumHourlyUsd',
      /./,
    ],
    [
      'a number as text',
      {},
      { costConstraints: { maximumHourlyUsd: '5' } },
      'costConstraints.maximumHourlyUsd',
      /number/,
    ],
    ['null for an object', {}, { release: null }, 'release', /./],
    ['an unknown provider', {}, { providers: ['ibm'] }, 'providers.0', /aws/],
    ['a provider twice', {}, { providers: ['aws', 'aws'] }, 'providers.1', /twice/],
    [
      'a platform twice',
      {},
      { monitoringStrategy: { platforms: ['datadog', 'datadog'] } },
      'monitoringStrategy.platforms.1',
      /twice/,
    ],
    [
      'an excluded region twice',
      {},
      { complianceRequirements: { excludedRegions: ['r1', 'r1'] } },
      'complianceRequirements.excludedRegions.1',
      /twice/,
    ],
    [
      'two alert rules of one name',
      {},
      { alertingRules: [alert, { ...alert, threshold: 2 }] },
      'alertingRules.1.name',
      /twice/,
    ],
    [
      'an alert rule nobody hears',
      {},
      { alertingRules: [{ ...alert, escalation: [] }] },
      'alertingRules.0.escalation',
      /./,
    ],
    [
      'an endless threshold',
      {},
      { alertingRules: [{ ...alert, threshold: Number.NEGATIVE_INFINITY }] },
      'alertingRules.0.threshold',
      /./,
    ],
    ['a target of other markets', {}, { targets: ['gcp-b'] }, 'targets.0', /serves b and none/],
    [
      'a target of another provider',
      { markets: ['a', 'b'] },
      { targets: ['aws-a'], providers: ['gcp'] },
      'targets.0',
      /not of one of the providers/,
    ],
    ['no target', {}, { targets: [] }, 'targets', /./],
  ])('%s', (_, changes, rest, path, words) => {
    const faults = faultsOf(parse('season', season(changes, rest)));
    expect(paths(faults)).toEqual([path]);
    expect(faults[0]?.message).toMatch(words);
  });

  test('an end in the past is named beside a start that is none', () => {
    const faults = faultsOf(parse('season', season({ startsAt: 'soon', endsAt: '2027-02-01T00:00' })));
    expect(paths(faults)).toEqual(['season.endsAt', 'season.startsAt']);
  });

  test.each([[null], [undefined], [[]], ['season'], [7], [{}]])(
    'a body that is no season at all: %j',
    (body) => {
      expect(faultsOf(parse('season', body)).length).toBeGreaterThan(0);
    },
  );

  test('targets are not blamed for markets that are missing', () => {
    const faults = faultsOf(parse('season', season({ markets: undefined }, { targets: ['aws-a'] })));
    expect(paths(faults)).toEqual(['season.markets']);
  });
});

describe('a wedding day', () => {
  test('lasts from its midnight to the next, and has a buffer of an hour', () => {
    expect(parse('weddingDay', { weddingDay: DAY })).toMatchObject({
      ok: true,
      request: { weddingDay: { ...DAY, bufferMinutes: 60 } },
      startsAtMs: Date.UTC(2027, 5, 4, 23),
      endsAtMs: Date.UTC(2027, 5, 5, 23),
    });
  });

  test.each([
    ['2027-10-31', 25],
    ['2028-03-26', 23],
  ])('%s has %p hours in London, for clocks change', (date, hours) => {
    const parsed = parse('weddingDay', { weddingDay: { ...DAY, date } });
    expect(parsed.ok && (parsed.endsAtMs - parsed.startsAtMs) / 3_600_000).toBe(hours);
  });

  test.each([
    ['2027-02-30', /no real day/],
    ['2027-05-30', /past/],
    ['5 June', /YYYY-MM-DD/],
  ])('%s is refused', (date, words) => {
    const faults = faultsOf(parse('weddingDay', { weddingDay: { ...DAY, date } }));
    expect(paths(faults)).toEqual(['weddingDay.date']);
    expect(faults[0]?.message).toMatch(words);
  });

  test('today is not past, a season is no wedding day', () => {
    expect(parse('weddingDay', { weddingDay: { ...DAY, date: '2027-05-31' } })).toMatchObject({ ok: true });
    expect(paths(faultsOf(parse('weddingDay', season())))).toEqual(['season', 'weddingDay']);
  });
});

describe('the template of a schedule', () => {
  const template = (changes: object, rest: object = {}) =>
    faultsOf(parseTemplate('season', season(changes, rest), { fleet }));

  test.each([
    ['now+1h', 'now+28d'],
    ['W+1 Fri 12:00', 'W+1 Mon 00:00', 'season.endsAt'],
    ['W+1 Fri 12:00', 'W+2 Mon 00:00'],
    ['D+1 12:00', 'W+1 Mon 00:00'],
    ['now+2d', 'now+1d', 'season.endsAt'],
    ['now+1h', 'now+500d', 'season.endsAt', 'season.stepDays'],
    ['2020-06-01T00:00', '2020-06-08T00:00'],
    ['2027-06-08T00:00', '2027-06-01T00:00', 'season.endsAt'],
    ['2027-02-30T00:00', 'now+28d', 'season.startsAt'],
    ['W+1 Sonday 12:00', 'now+28d', 'season.startsAt'],
    ['W+1 Sat 99:99', 'now+28d', 'season.startsAt'],
    ['W+1 Sat', 'now+28d', 'season.startsAt'],
  ])('from %s to %s: faults at %s', (startsAt, endsAt, ...expected) => {
    expect(paths(template({ startsAt, endsAt }))).toEqual(expected.filter((path) => path !== undefined));
  });

  test('has its other faults named with those of its dates, and relative dates of a bad zone are none', () => {
    const faults = template(
      { startsAt: 'now+1h', endsAt: 'soon', timeZone: 'Nowhere/Land', markets: ['x'] },
      { extra: 1 },
    );
    expect(paths(faults)).toEqual(['extra', 'season.endsAt', 'season.markets.0', 'season.timeZone']);
  });

  test('that lacks its zone says so', () => {
    expect(paths(template({ startsAt: 'now+1h', endsAt: 'now+2h', timeZone: undefined }))).toEqual([
      'season.timeZone',
    ]);
  });

  test.each([
    ['W+1 Sat', []],
    ['D+7', []],
    ['2027-06-05', []],
    ['2027-06-31', ['weddingDay.date']],
    ['Saturday', ['weddingDay.date']],
  ])('of a wedding day on %s has faults at %j', (date, expected) => {
    const parsed = parseTemplate('weddingDay', { weddingDay: { ...DAY, date } }, { fleet });
    expect(paths(faultsOf(parsed))).toEqual(expected);
  });

  test.each([[null], [[]], ['x'], [{}]])('that is none at all is refused: %j', (body) => {
    expect(faultsOf(parseTemplate('season', body, { fleet })).length).toBeGreaterThan(0);
  });
});
