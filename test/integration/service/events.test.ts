import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { StreamEvent } from '../../../cli/event-stream.ts';
import { resolveRelativeDates } from '../../../domain/calendar.ts';
import { METRICS } from '../../../domain/metrics.ts';
import type { PlanContent } from '../../../domain/plan.ts';
import type { RunReport } from '../../../domain/report.ts';
import { openApiFaults } from '../../support/openapi-faults.ts';
import { startService, type TestService } from '../../support/service.ts';
import { bookingsOn, smallFleet, smallSeason } from '../../support/small-fleet.ts';

const SEASONS = '/api/scaling/seasons';
/** Metrics that only the platform itself can report. */
const FROM_OUTSIDE = [
  'wedsync.scalability.queue_depth.current',
  'wedsync.scalability.response_time.p95',
  'wedsync.wedding.concurrent_users',
  'wedsync.wedding.couple_engagement_rate',
  'wedsync.wedding.vendor_uploads_per_second',
];
const fleet = smallFleet();

let service: TestService;

beforeAll(async () => {
  service = await startService({ fleet, instant: true });
  await service.client.request('/api/bookings', {
    method: 'POST',
    body: [...bookingsOn([3], 'gb', 100, 3), ...bookingsOn([3], 'fr', 100, 2)],
  });
});
afterAll(() => service?.stop());

const season = () => resolveRelativeDates(smallSeason(), Date.now());

/** Events until the stream ends, or until the reader has `enough` and goes away. */
async function listen(
  runId: string,
  lastEventId = '',
  enough: (heard: readonly StreamEvent[]) => boolean = () => false,
): Promise<readonly StreamEvent[]> {
  const leaving = new AbortController();
  const heard: StreamEvent[] = [];
  try {
    for await (const event of service.client.events(runId, lastEventId, leaving.signal)) {
      heard.push(event);
      if (enough(heard)) break;
    }
  } finally {
    leaving.abort();
  }
  return heard;
}

function isCompleted(event: StreamEvent | undefined): boolean {
  const { kind, body } = JSON.parse(event?.data ?? '{}') as { kind?: string; body?: { status?: string } };
  return kind === 'run.status' && body?.status === 'completed';
}

describe('the events of a run', () => {
  test('come live, and after every break go on where they stopped, without a gap or a repeat', async () => {
    const runId = await service.start(SEASONS, season());
    const pieces: StreamEvent[] = [];
    const enough = (heard: readonly StreamEvent[]) => heard.length === 5 || isCompleted(heard.at(-1));
    while (!isCompleted(pieces.at(-1))) pieces.push(...(await listen(runId, pieces.at(-1)?.id, enough)));
    const seqs = pieces.map((event) => Number(event.id));
    expect(seqs).toEqual(Array.from({ length: seqs.length }, (_, index) => index + 1));
    expect(pieces.map((event) => (JSON.parse(event.data) as { seq: number }).seq)).toEqual(seqs);
    const whole = await listen(runId, '', (heard) => heard.length === seqs.length);
    expect(whole).toEqual(pieces);
    const firsts = whole.filter((event) => event.data.includes('"kind":"run.status"'));
    expect(firsts[0]?.data).toContain('"status":"accepted"');
  });

  test('end with an event named end once nothing more can come, and 204 after that', async () => {
    const runId = await service.start(`${SEASONS}?dryRun=true`, season());
    const heard = await listen(runId);
    const last = heard.at(-1);
    expect([last?.event, JSON.parse(last?.data ?? '')]).toEqual([
      'end',
      { status: 'completed', holdStatus: null },
    ]);
    expect(heard.slice(0, -1).every((event) => event.event === 'message')).toBe(true);
    const headers = { authorization: `Bearer ${service.api.key}`, 'last-event-id': last?.id ?? '' };
    const again = await fetch(`${service.api.url}/api/runs/${runId}/events`, { headers });
    expect(again.status).toBe(204);
    const middle = await listen(runId, '2');
    expect(middle).toEqual(heard.slice(2));
    for (const id of ['yesterday', '99999999']) {
      const wrong = await fetch(`${service.api.url}/api/runs/${runId}/events`, {
        headers: { ...headers, 'last-event-id': id },
      });
      expect([wrong.status, await wrong.text()]).toEqual([400, expect.stringContaining(`is ${id}`)]);
    }
  });
});

describe('/metrics', () => {
  type Sample = { readonly name: string; readonly labels: Readonly<Record<string, string>>; value: number };

  async function samples(): Promise<readonly Sample[]> {
    const response = await fetch(`${service.api.url}/metrics`);
    expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
    return (await response.text()).split('\n').flatMap((line) => {
      const found = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line);
      if (!found) return [];
      const labels = [...(found[2] ?? '').matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [
        name,
        value,
      ]);
      return [{ name: found[1] ?? '', labels: Object.fromEntries(labels), value: Number(found[3]) }];
    });
  }

  /** Sums by service and region, as `aws.ecs eu-west-1`. */
  function sums(pairs: readonly (readonly [string, number])[]): Readonly<Record<string, number>> {
    const groups = Map.groupBy(pairs, ([place]) => place);
    return Object.fromEntries(
      [...groups].map(([place, group]) => [place, group.reduce((total, [, value]) => total + value, 0)]),
    );
  }

  const ofMetric = (all: readonly Sample[], name: string) =>
    sums(
      all
        .filter((sample) => sample.name === name)
        .map(({ labels, value }) => [`${labels.service} ${labels.region}`, value]),
    );

  const servicesOf = (report: RunReport) => report.cells.flatMap((cell) => cell.services);

  test('carries what was observed, and nothing for a metric without a source', async () => {
    const report = await service.ended(await service.start(SEASONS, season()));
    expect(report.status).toBe('completed');
    const all = await samples();
    const services = servicesOf(report);
    const place = (one: { service: string; region: string }) => `${one.service} ${one.region}`;
    const price = new Map(fleet.targets.map((target) => [target.id, target.hourlyUsdPerUnit]));
    expect(ofMetric(all, 'wedsync_scalability_instances_current')).toEqual(
      sums(services.map((one) => [place(one), one.observed ?? Number.NaN])),
    );
    expect(ofMetric(all, 'wedsync_scalability_instances_target')).toEqual(
      sums(services.map((one) => [place(one), one.effectiveFloor])),
    );
    const costs = sums(
      services.map((one) => [place(one), one.effectiveFloor * (price.get(one.targetId) ?? Number.NaN)]),
    );
    for (const [where, cost] of Object.entries(ofMetric(all, 'wedsync_scalability_cost_hourly'))) {
      expect(cost).toBeCloseTo(costs[where] ?? Number.NaN, 9);
    }
    const { content } = await service.client.request<{ content: PlanContent }>(
      `/api/plans/${report.plan?.id}`,
    );
    const predicted = all.filter(({ name }) => name === 'wedsync_scalability_wedding_load_prediction');
    expect(predicted.length).toBeGreaterThan(0);
    for (const one of predicted) {
      expect(one).toMatchObject({ labels: { wedding_context: 'small' }, value: content.peak.users });
    }
    const absent = report.monitoring.flatMap((platform) => platform.metricsAbsent);
    expect(absent).toEqual(expect.arrayContaining(FROM_OUTSIDE));
    expect(METRICS).toHaveLength(10);
    const shown = new Set(all.map(({ name }) => name));
    for (const metric of FROM_OUTSIDE) expect(shown).not.toContain(metric.replaceAll('.', '_'));
  });

  test('counts the writes that vendors accepted', async () => {
    const events = ofMetric(await samples(), 'wedsync_scalability_scaling_events_count_total');
    const ledger = await service.control.ledger();
    const world = await service.control.world();
    const places = new Map(world.resources.map((one) => [one.key, `${one.service} ${one.region}`]));
    const writes = ledger.filter(({ caller, resource }) => caller !== 'autoscaler' && places.has(resource));
    expect(writes.length).toBeGreaterThan(0);
    expect(events).toEqual(sums(writes.map(({ resource }) => [places.get(resource) ?? '', 1])));
  });

  test.each([
    [
      'JSON',
      'application/json',
      JSON.stringify([null, '', true, [], -5, 'many', {}].map((value) => ({ subject: 'ecs', value }))),
      7,
    ],
    ['CSV', 'text/csv', 'subject,value\necs,\necs, \necs,-1\necs,1e999\n', 4],
    [
      'the future',
      'application/json',
      JSON.stringify([{ subject: 'ecs', value: 1, observedAt: '9998-12-31T00:00:00Z' }]),
      1,
    ],
    [
      'demand of nobody and of no time, and two for one hour',
      'application/x-ndjson',
      [
        { workload: 'api', market: 'mars', at: '1970-01-01T00:00:00Z', demand: -5 },
        { workload: 'api', market: 'gb', at: 'noon', demand: 1 },
        { workload: 'api', market: 'gb', at: '2026-01-03T14:00:00Z', demand: 1 },
        { workload: 'api', market: 'gb', at: '2026-01-03T15:00:00+01:00', demand: 2 },
      ]
        .map((record) => JSON.stringify(record))
        .join('\n'),
      3,
    ],
  ])('takes nothing that is no reading for one: %s', async (_what, type, body, faults) => {
    const response = await fetch(new URL('/api/observations', service.api.url), {
      method: 'POST',
      headers: { authorization: `Bearer ${service.api.key}`, 'content-type': type },
      body,
    });
    const problem = (await response.json()) as { errors: readonly unknown[] };
    expect([response.status, problem.errors.length]).toEqual([400, faults]);
  });

  test('carries what the platform reports from then on', async () => {
    const readings = [
      { subject: 'wedsync.scalability.queue_depth.current', value: 17 },
      { subject: 'wedsync.wedding.concurrent_users', value: 4321 },
    ];
    // A scrape right after another one may be answered from the same reading.
    await sleep(2_100);
    await service.client.request('/api/observations', { method: 'POST', body: readings });
    const all = await samples();
    expect(ofMetric(all, 'wedsync_scalability_queue_depth_current')).toEqual({ 'all all': 17 });
    expect(ofMetric(all, 'wedsync_wedding_concurrent_users')).toEqual({ 'all all': 4321 });
    expect(ofMetric(all, 'wedsync_scalability_response_time_p95')).toEqual({});
  });

  test('times the requests of every route', async () => {
    const counted = (await samples()).filter(
      ({ name, labels }) =>
        name === 'wedscale_http_request_duration_seconds_count' && labels.route === SEASONS,
    );
    expect(counted.map(({ labels }) => [labels.method, labels.status])).toEqual([['POST', '202']]);
    expect(counted[0]?.value).toBe(3);
  });
});

describe('/openapi.json', () => {
  const routes = [
    ...['POST /api/scaling/seasons', 'POST /api/scaling/wedding-days'],
    ...['GET /api/runs', 'GET /api/runs/{id}', 'GET /api/runs/{id}/events'],
    ...['cancel', 'approve', 'release', 'rollback', 'extend', 'resolve'].map(
      (action) => `POST /api/runs/{id}/${action}`,
    ),
    ...['GET /api/plans', 'GET /api/plans/{id}', 'GET /api/plans/{id}/why', 'GET /api/plans/{id}/page'],
    ...['GET /api/prices', 'POST /api/prices/refresh', 'GET /api/prices/refresh/{id}'],
    ...['GET /api/fleet', 'PUT /api/fleet'],
    ...['POST /api/bookings', 'POST /api/observations', 'DELETE /api/claims/{id}'],
    ...['POST /api/schedules', 'GET /api/schedules', 'GET /api/schedules/{id}', 'DELETE /api/schedules/{id}'],
    ...['GET', 'POST'].map((method) => `${method} /api/integrations/scalability/cloud-providers`),
    ...['GET', 'DELETE'].map((method) => `${method} /api/integrations/scalability/cloud-providers/{id}`),
    ...['GET /api/integrations/scalability/status'],
    ...['POST /api/fleet/discovery', 'GET /api/fleet/discovery/{id}'],
    ...['GET /api/keys', 'POST /api/keys', 'DELETE /api/keys/{id}'],
    ...['POST /api/schedules/{id}/trigger', 'GET /livez', 'GET /readyz', 'GET /metrics'],
  ];

  test('is valid OpenAPI 3.1 and names every route', async () => {
    const answer = await fetch(`${service.api.url}/openapi.json`);
    const document = (await answer.json()) as { readonly paths: Readonly<Record<string, object>> };
    expect(openApiFaults(document)).toEqual([]);
    const named = Object.entries(document.paths).flatMap(([path, item]) =>
      Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(named.toSorted()).toEqual(routes.toSorted());
  });

  test('is read on a page that needs nothing from elsewhere', async () => {
    const page = await fetch(`${service.api.url}/docs/`);
    expect(page.status).toBe(200);
    const sources = [...(await page.text()).matchAll(/(?:src|href)="([^"]+)"/g)].map(([, url]) => url);
    for (const url of sources) expect(url).not.toMatch(/^(https?:)?\/\//);
  });
});
