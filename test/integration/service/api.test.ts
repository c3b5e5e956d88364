import { createHash, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import type { ProblemDetails } from '../../../api/problem.ts';
import { resolveRelativeDates } from '../../../domain/calendar.ts';
import { startService, type TestService } from '../../support/service.ts';
import { bookingsOn, smallFleet, smallSeason } from '../../support/small-fleet.ts';

/** Absolute dates: relative ones are resolved by the caller, in a zone that has to exist. */
const LATER = { startsAt: '2031-05-01T00:00', endsAt: '2031-06-01T00:00' };
const SEASONS = '/api/scaling/seasons';

let service: TestService;

beforeAll(async () => {
  service = await startService({ fleet: smallFleet(), instant: true });
  await service.client.request('/api/bookings', {
    method: 'POST',
    body: [...bookingsOn([3], 'gb', 100, 3), ...bookingsOn([3], 'fr', 100, 2)],
  });
});
afterAll(() => service?.stop());

function season(change: Readonly<Record<string, unknown>> = {}): unknown {
  return resolveRelativeDates(smallSeason(change), Date.now());
}

interface Sent {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly key?: string | null;
}

/** A request as it is, refusals included. */
function send(path: string, body?: unknown, { method, headers, key }: Sent = {}): Promise<Response> {
  const bearer = key === undefined ? service.api.key : key;
  return fetch(`${service.api.url}${path}`, {
    method: method ?? (body === undefined ? 'GET' : 'POST'),
    headers: {
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(bearer !== null && { authorization: `Bearer ${bearer}` }),
      ...headers,
    },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
}

async function problemOf(response: Response): Promise<ProblemDetails> {
  expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  const problem = (await response.json()) as ProblemDetails;
  expect(problem).toMatchObject({ status: response.status, title: expect.any(String) });
  expect(problem.type).toMatch(/^urn:wedscale:problem:[a-z-]+$/);
  expect(problem.detail.length).toBeGreaterThan(20);
  return problem;
}

async function runIds(): Promise<readonly string[]> {
  const { runs } = await service.client.request<{ runs: { runId: string }[] }>('/api/runs?limit=200');
  return runs.map((run) => run.runId);
}

describe('a request under an Idempotency-Key', () => {
  test('is one run, though it comes fifty times at once', async () => {
    const before = await runIds();
    const headers = { 'idempotency-key': randomUUID() };
    const body = season();
    const answers = await Promise.all(Array.from({ length: 50 }, () => send(SEASONS, body, { headers })));
    expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([202]));
    const bodies = (await Promise.all(answers.map((answer) => answer.json()))) as { runId: string }[];
    const ids = new Set(bodies.map(({ runId }) => runId));
    expect(ids.size).toBe(1);
    const replayed = answers.filter((answer) => answer.headers.get('idempotency-replayed') === 'true');
    expect(replayed).toHaveLength(49);
    expect((await runIds()).filter((id) => !before.includes(id))).toEqual([...ids]);
    for (const answer of answers) expect(answer.headers.get('location')).toBe(`/api/runs/${[...ids][0]}`);
    expect((await service.ended([...ids][0] as string)).status).toBe('completed');
  });

  test('is refused for another body, and answered alike whatever the order of its fields', async () => {
    const headers = { 'idempotency-key': randomUUID() };
    const body = season({ costConstraints: { maximumHourlyUsd: 0.01 } }) as Record<string, unknown>;
    const first = (await (await send(SEASONS, body, { headers })).json()) as { runId: string };
    const before = await runIds();
    const other = await send(SEASONS, season({ traffic: { stepPercent: 20 } }), { headers });
    expect(other.status).toBe(422);
    expect((await problemOf(other)).type).toBe('urn:wedscale:problem:idempotency-mismatch');
    const dry = await send(`${SEASONS}?dryRun=true`, body, { headers });
    expect(dry.status).toBe(422);
    const reordered = Object.fromEntries(Object.entries(body).toReversed());
    const again = await send(SEASONS, reordered, { headers });
    expect(again.status).toBe(202);
    expect(((await again.json()) as { runId: string }).runId).toBe(first.runId);
    expect(await runIds()).toEqual(before);
  });
});

describe('a request repeated under its Idempotency-Key', () => {
  test('gets its first answer even when it would be refused by now', async () => {
    const { serviceNowMs } = (await service.sandboxCall('GET', '/clock')) as { serviceNowMs: number };
    const soon = { startsAt: 'now+1m', endsAt: 'now+20m' };
    const body = resolveRelativeDates(smallSeason({ season: soon }), serviceNowMs);
    const headers = { 'idempotency-key': randomUUID() };
    const path = `${SEASONS}?dryRun=true`;
    const first = await send(path, body, { headers });
    expect(first.status).toBe(202);
    // Twenty minutes of service time.
    await sleep(2_100);
    expect((await send(path, body)).status).toBe(400);
    const again = await send(path, body, { headers });
    expect([again.status, again.headers.get('idempotency-replayed')]).toEqual([202, 'true']);
    expect(await again.json()).toEqual(await first.json());
  });
});

describe('what cannot be carried out', () => {
  test('is refused once, with all ten mistakes of one body', async () => {
    const before = await runIds();
    const body = season({
      season: { name: '', stepDays: 'seven', markets: ['gb', 'xx'], timeZone: 'Europe/Camelot', ...LATER },
      traffic: { stepPercent: 500 },
      onFailure: 'pray',
      colour: 'white',
      targets: ['ecs', 'ecs', 'balloon'],
      complianceRequirements: { excludedRegions: ['mars-north-1'] },
    });
    const answer = await send(SEASONS, body);
    expect(answer.status).toBe(400);
    const problem = await problemOf(answer);
    const shape = ['season.name', 'season.stepDays', 'traffic.stepPercent', 'onFailure', 'colour'];
    const meaning = [
      'season.markets.1',
      'season.timeZone',
      'targets.1',
      'targets.2',
      'complianceRequirements.excludedRegions.0',
    ];
    expect(problem.errors?.map((fault) => fault.path).toSorted()).toEqual([...shape, ...meaning].toSorted());
    for (const fault of problem.errors ?? []) expect(fault.message.length).toBeGreaterThan(10);
    expect(problem.detail).toContain('10 things');
    expect(await runIds()).toEqual(before);
  });

  const sized = (bytes: number) => JSON.stringify({ season: { name: 'x'.repeat(bytes) } });
  const inPast = { startsAt: '2020-05-01T00:00', endsAt: '2020-09-01T00:00' };
  test.each<[string, () => unknown, Sent, number, RegExp, string | undefined]>([
    ['a body of 20 MB', () => sized(20_000_000), {}, 413, /larger than the \d+ bytes/, undefined],
    ['NaN', () => '{"season": {"stepDays": NaN}}', {}, 400, /NaN and Infinity are not JSON/, undefined],
    ['half a body', () => '{"season": {', {}, 400, /not JSON/, undefined],
    ['no body', () => '', {}, 400, /put right/, ''],
    ['a list', () => [season()], {}, 400, /put right/, ''],
    [
      'a zone that does not exist',
      () =>
        season({
          season: { timeZone: 'Mars/Olympus', ...LATER },
        }),
      {},
      400,
      /One thing/,
      'season.timeZone',
    ],
    [
      'an end before its start',
      () => season({ season: { startsAt: 'now+20d', endsAt: 'now+1d' } }),
      {},
      400,
      /One thing/,
      'season.endsAt',
    ],
    ['a window in the past', () => season({ season: inPast }), {}, 400, /One thing/, 'season.endsAt'],
    [
      'a day that does not exist',
      () => season({ season: { endsAt: '2031-02-30T00:00', startsAt: '2031-01-01T00:00' } }),
      {},
      400,
      /One thing/,
      'season.endsAt',
    ],
    [
      'duplicate targets',
      () => season({ targets: ['ecs', 'mig', 'ecs'] }),
      {},
      400,
      /One thing/,
      'targets.2',
    ],
    ['an unknown provider', () => season({ providers: ['oracle'] }), {}, 400, /One thing/, 'providers.0'],
    [
      'another content type',
      () => JSON.stringify(season()),
      { headers: { 'content-type': 'text/plain' } },
      415,
      /application\/json/,
      undefined,
    ],
    ['no key', () => season(), { key: null }, 401, /Authorization: Bearer/, undefined],
    ['a wrong key', () => season(), { key: 'wsk_wrong' }, 401, /not known or has been revoked/, undefined],
    [
      'an unreadable Idempotency-Key',
      () => season(),
      { headers: { 'idempotency-key': 'with space' } },
      400,
      /One thing/,
      'headers.idempotency-key',
    ],
    ['NUL in a text', () => season({ season: { id: 'a\0', ...LATER } }), {}, 400, /One thing/, 'season.id'],
    [
      'half a character',
      () => season({ season: { name: '\ud83d', ...LATER } }),
      {},
      400,
      /One thing/,
      'season.name',
    ],
  ])('is refused in clear words: %s', async (_name, body, sent, status, detail, path) => {
    const before = await runIds();
    const answer = await send(SEASONS, body(), sent);
    expect(answer.status).toBe(status);
    const problem = await problemOf(answer);
    expect(problem.detail).toMatch(detail);
    if (path !== undefined) expect(problem.errors?.map((fault) => fault.path)).toEqual([path]);
    if (status === 401) expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer/);
    expect(await runIds()).toEqual(before);
  });

  test.each([
    ['a route that is not there', '/api/nothing', 404],
    ['a run that is not there', '/api/runs/run_nothing', 404],
    ['events of a run that is not there', '/api/runs/run_nothing/events', 404],
    ['a plan that is not there', '/api/plans/0000', 404],
    ['NUL in the id of a run', '/api/runs/%00', 400],
    ['NUL in the id of a plan', '/api/plans/%00', 400],
    ['NUL in a query field', '/api/runs?before=%00', 400],
    ['an unknown query field', '/api/runs?colour=white', 400],
    ['an unknown status', '/api/runs?status=lost', 400],
  ])('is refused in clear words: %s', async (_name, path, status) => {
    const answer = await send(path);
    expect(answer.status).toBe(status);
    await problemOf(answer);
  });
});

describe('an upload', () => {
  const upload = (body: string, type: string) =>
    send('/api/bookings', body, { headers: { 'content-type': type } });

  test.each<[what: string, body: string, type: string, path: string | null, words: RegExp]>([
    ['NUL in JSON', JSON.stringify([{ id: 'a\0' }]), 'application/json', 'entry 1', /^id: contains the char/],
    ['NUL in CSV', 'id,market\na\0,gb\n', 'text/csv', 'line 2', /^id: contains the character NUL/],
    ['nothing as JSON', '', 'application/json', null, /^The upload is empty/],
    ['nothing as CSV', '', 'text/csv', null, /^The upload is empty/],
    ['a blank as CSV', ' \n', 'text/csv', null, /^The upload is empty/],
  ])('is refused with the place and the reason: %s', async (_what, body, type, path, words) => {
    const answer = await upload(body, type);
    expect(answer.status).toBe(400);
    const { detail, errors } = await problemOf(answer);
    expect(errors?.[0]?.path ?? null).toBe(path);
    expect(errors?.[0]?.message ?? detail).toMatch(words);
  });

  test('names every faulty booking and counts them by field, and takes none of the others', async () => {
    const sound = { market: 'gb', startsAt: '2031-06-07T14:00', guests: 80 };
    const records = [
      { id: 'sound', ...sound },
      ...['1970-01-01T00:00', '9999-12-31T00:00'].map((startsAt) => ({ id: startsAt, ...sound, startsAt })),
      { id: 'fewer', ...sound, guests: -3, menu: 'fish' },
      { id: 'far', ...sound, market: 'mars', guests: 0 },
      { id: 'sound', ...sound, guests: 81 },
      ...Array.from({ length: 200 }, (_, index) => ({ id: `none-${index}`, ...sound, guests: 0 })),
    ];
    const answer = await upload(JSON.stringify(records), 'application/json');
    expect(answer.status).toBe(400);
    const errors = (await problemOf(answer)).errors ?? [];
    expect(errors).toHaveLength(101);
    expect(errors.slice(0, 5).map(({ path }) => path)).toEqual(
      [2, 3, 4, 5, 6].map((entry) => `entry ${entry}`),
    );
    expect(errors[3]?.message).toMatch(/^guests: .*; market: mars is no market|^market: mars.*; guests: /);
    expect(errors.at(-1)).toEqual({
      path: '',
      message:
        '205 records are faulty (guests 202, id 1, market 1, startsAt 2, unknown fields 1); nothing was imported',
    });
    const again = await upload(JSON.stringify([{ id: 'sound', ...sound }]), 'application/json');
    expect(await again.json()).toEqual({ imported: 1, unchanged: 0, replaced: 0 });
  });

  test.each([
    ['[]', 'application/json'],
    ['id,market\n', 'text/csv'],
  ])('of no records imports none: %j', async (body, type) => {
    const answer = await upload(body, type);
    expect([answer.status, await answer.json()]).toEqual([200, { imported: 0, unchanged: 0, replaced: 0 }]);
  });
});

describe('a fleet', () => {
  test('with a name that cannot be stored is refused by its field', async () => {
    const answer = await send('/api/fleet', { ...smallFleet(), name: 'a\0' }, { method: 'PUT' });
    expect(answer.status).toBe(400);
    expect((await problemOf(answer)).errors?.map(({ path }) => path)).toEqual(['name']);
  });

  test('that is too large is refused without advice about bookings', async () => {
    const answer = await send('/api/fleet', { name: 'x'.repeat(17_000_000) }, { method: 'PUT' });
    expect(answer.status).toBe(413);
    expect((await problemOf(answer)).detail).not.toContain('bookings');
  });
});

describe('the key', () => {
  test('stands nowhere in the database, only its hash', async () => {
    const client = new pg.Client({ connectionString: service.databaseUrl });
    await client.connect();
    try {
      const { rows: keys } = await client.query('select key_hash from api_keys');
      expect(keys).toEqual([{ key_hash: createHash('sha256').update(service.api.key).digest('hex') }]);
      const { rows: tables } = await client.query(
        "select tablename from pg_tables where schemaname = 'public' order by 1",
      );
      expect(tables.length).toBeGreaterThan(8);
      for (const { tablename } of tables) {
        const text = `select count(*)::int as n from "${tablename}" t where t::text like '%' || $1 || '%'`;
        const { rows } = await client.query(text, [service.api.key]);
        expect({ tablename, n: rows[0].n }).toEqual({ tablename, n: 0 });
      }
    } finally {
      await client.end();
    }
  });
});

describe('health', () => {
  test('/livez says that it lives and /readyz names what it needs, both without a key', async () => {
    const live = await send('/livez', undefined, { key: null });
    const serviceTime = expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/);
    expect([live.status, await live.json()]).toEqual([200, { status: 'ok', serviceTime }]);
    const ready = await send('/readyz', undefined, { key: null });
    expect(ready.status).toBe(200);
    expect(await ready.json()).toEqual({
      status: 'ok',
      dependencies: [
        { name: 'postgres', status: 'ok', message: '' },
        { name: 'temporal', status: 'ok', message: '' },
      ],
    });
  });

  test('/readyz says which dependency is gone while PostgreSQL is, and /livez stays', async () => {
    process.kill(service.pids.postgres, 'SIGKILL');
    const states: string[] = [];
    const endMs = Date.now() + 20_000;
    while (Date.now() < endMs) {
      const answer = await send('/readyz', undefined, { key: null });
      const { dependencies } = (await answer.json()) as {
        dependencies: { name: string; status: string; message: string }[];
      };
      const postgres = dependencies.find(({ name }) => name === 'postgres');
      expect(answer.status).toBe(dependencies.every(({ status }) => status === 'ok') ? 200 : 503);
      if (postgres?.status === 'failed') expect(postgres.message).not.toBe('');
      states.push(postgres?.status ?? 'missing');
      expect((await send('/livez', undefined, { key: null })).status).toBe(200);
      if (states.includes('failed') && states.at(-1) === 'ok') break;
    }
    expect(new Set(states)).toEqual(new Set(['failed', 'ok']));
    expect(await runIds()).not.toEqual([]);
  });
});
