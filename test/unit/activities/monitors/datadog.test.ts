import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { jest } from '@jest/globals';
import { UNGUARDED } from '../../../../activities/calls/call-guard.ts';
import { createDatadogMonitor } from '../../../../activities/monitors/datadog.ts';
import { monitorRegistry } from '../../../../activities/monitors/registry.ts';
import { infrastructureDashboard } from '../../../../domain/dashboard.ts';
import type { AlertSpec, MetricPoint } from '../../../../domain/monitor.ts';

interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Record<string, string>;
}

interface Seen {
  readonly line: string;
  readonly headers: http.IncomingHttpHeaders;
  // biome-ignore lint/suspicious/noExplicitAny: bodies are asserted on, not typed here
  readonly body: any;
}

const seen: Seen[] = [];
let answer: (request: Seen) => Answer | 'none' | 'reset';
let server: http.Server;
let endpoint: string;

const MARK = 'managed_by:wedscale';

const alert: AlertSpec = {
  name: 'Queues are long',
  metric: 'wedsync.scalability.queue_depth.current',
  comparison: 'above',
  threshold: 500,
  forMinutes: 5,
  severity: 'critical',
  escalation: ['@pagerduty-weddings', '@slack-platform', '@ada@example.org'],
  tags: ['team:weddings'],
};

beforeAll(async () => {
  server = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString();
      const one = {
        line: `${request.method} ${request.url}`,
        headers: request.headers,
        body: text === '' ? undefined : JSON.parse(text),
      };
      seen.push(one);
      const given = answer(one);
      if (given === 'none') return;
      if (given === 'reset') return void request.socket.destroy();
      response.writeHead(given.status, { 'content-type': 'application/json', ...given.headers });
      response.end(typeof given.body === 'string' ? given.body : JSON.stringify(given.body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

beforeEach(() => {
  seen.length = 0;
});

const monitor = () =>
  createDatadogMonitor({
    connection: { mode: 'sandbox', endpoint },
    guard: UNGUARDED,
    apiKey: undefined,
    appKey: undefined,
  });
const signal = () => AbortSignal.timeout(60_000);

/** Answers lists with what is given, and every write with what was sent and an id. */
function holding({ dashboards = [], monitors = [] }: { dashboards?: object[]; monitors?: object[] }) {
  answer = ({ line, body }) => {
    if (line.startsWith('GET /api/v1/dashboard')) return { status: 200, body: { dashboards } };
    if (line.startsWith('GET /api/v1/monitor')) return { status: 200, body: monitors };
    if (line.includes('/dashboard'))
      return { status: 200, body: { ...body, id: 'abc', url: '/dashboard/abc' } };
    return { status: 200, body: { ...body, id: 7 } };
  };
}

const point = (fields: Partial<MetricPoint> = {}): MetricPoint => ({
  metric: 'wedsync.scalability.instances.current',
  value: 12,
  atMs: 1_800_000_000_999,
  kind: 'gauge',
  tags: ['service:aws.ecs', 'region:eu-west-1', 'wedding_context:gb-summer'],
  ...fields,
});

async function queryOf(fields: Partial<AlertSpec>): Promise<string> {
  seen.length = 0;
  holding({});
  await monitor().putAlert({ ...alert, ...fields }, 'owner', signal());
  return seen.at(-1)?.body.query;
}

describe('Datadog', () => {
  test('asks only the given endpoint with stand-in keys, whatever the machine has set', async () => {
    answer = () => ({ status: 202, body: { errors: [] } });
    const before = { ...process.env };
    Object.assign(process.env, {
      DD_API_KEY: 'somebody-elses',
      DD_APP_KEY: 'somebody-elses',
      DD_SITE: 'example.invalid',
      HTTP_PROXY: 'http://127.0.0.1:9',
      HTTPS_PROXY: 'http://127.0.0.1:9',
    });
    try {
      await monitor().publish([point()], signal());
      holding({});
      await monitor().listOwned(signal());
    } finally {
      process.env = before;
    }
    expect(seen).toHaveLength(3);
    expect(seen[0]?.headers['dd-api-key']).toBe('sandbox');
    for (const { headers } of seen.slice(1)) {
      expect(headers).toMatchObject({ 'dd-api-key': 'sandbox', 'dd-application-key': 'sandbox' });
    }
    expect(JSON.stringify(seen)).not.toContain('somebody-elses');
  });

  test('in earnest it takes the keys given, not those of the machine', async () => {
    holding({});
    const before = { ...process.env };
    Object.assign(process.env, { DD_API_KEY: 'somebody-elses', DD_APP_KEY: 'somebody-elses' });
    try {
      const real = createDatadogMonitor({
        connection: { mode: 'real', endpoint },
        guard: UNGUARDED,
        apiKey: 'a',
        appKey: 'b',
      });
      await real.listOwned(signal());
    } finally {
      process.env = before;
    }
    expect(seen.map(({ headers }) => [headers['dd-api-key'], headers['dd-application-key']])).toEqual([
      ['a', 'b'],
      ['a', 'b'],
    ]);
  });

  test('in earnest it is refused at once without both keys', () => {
    const make = (apiKey: string | undefined, appKey: string | undefined) => () =>
      createDatadogMonitor({ connection: { mode: 'real' }, guard: UNGUARDED, apiKey, appKey });
    expect(make(undefined, 'b')).toThrow(expect.objectContaining({ kind: 'PermissionDenied' }));
    expect(make('a', '')).toThrow(
      expect.objectContaining({ message: expect.stringContaining('DATADOG_APP_KEY') }),
    );
  });

  test('is in the registry of platforms, which is sorted', async () => {
    const ids = monitorRegistry.map(({ id }) => id);
    expect(ids).toEqual(ids.toSorted());
    const factory = await monitorRegistry.find(({ id }) => id === 'datadog')?.load();
    expect(factory).toBe(createDatadogMonitor);
  });
});

describe('metrics on Datadog', () => {
  test('become series with their kind, tags and time in seconds', async () => {
    answer = () => ({ status: 202, body: { errors: [] } });
    const events = point({
      metric: 'wedsync.scalability.scaling_events.count',
      kind: 'count',
      value: 3,
      tags: [],
    });
    await monitor().publish([point(), events], signal());
    expect(seen).toMatchObject([{ line: 'POST /api/v2/series' }]);
    expect(seen[0]?.body.series).toEqual([
      {
        metric: 'wedsync.scalability.instances.current',
        type: 3,
        points: [{ timestamp: 1_800_000_000, value: 12 }],
        tags: ['service:aws.ecs', 'region:eu-west-1', 'wedding_context:gb-summer'],
      },
      {
        metric: 'wedsync.scalability.scaling_events.count',
        type: 1,
        interval: 60,
        points: [{ timestamp: 1_800_000_000, value: 3 }],
        tags: [],
      },
    ]);
  });

  test('go out a thousand at a time, and not at all where there are none', async () => {
    answer = () => ({ status: 202, body: { errors: [] } });
    await monitor().publish([], signal());
    expect(seen).toEqual([]);
    const many = Array.from({ length: 2_001 }, (_, value) => point({ value }));
    await monitor().publish(many, signal());
    expect(seen.map(({ body }) => body.series.length)).toEqual([1_000, 1_000, 1]);
  });
});

describe('the dashboard on Datadog', () => {
  test('has the four widgets users know, in order', async () => {
    holding({});
    const made = await monitor().putDashboard(infrastructureDashboard(), signal());
    expect(made).toEqual({
      id: 'abc',
      title: 'WedSync Scalability Infrastructure',
      url: `${endpoint}/dashboard/abc`,
    });
    const { line, body } = seen.at(-1) as Seen;
    expect(line).toBe('POST /api/v1/dashboard');
    expect(body).toMatchObject({ layout_type: 'ordered', description: expect.stringContaining(MARK) });
    expect(body.widgets.map((widget: { definition: object }) => widget.definition)).toEqual([
      {
        type: 'timeseries',
        title: 'Current vs Target Instances',
        requests: [
          { q: 'sum:wedsync.scalability.instances.current{*}', display_type: 'line' },
          { q: 'sum:wedsync.scalability.instances.target{*}', display_type: 'line' },
        ],
      },
      {
        type: 'heatmap',
        title: 'Scaling Events by Service',
        requests: [{ q: 'sum:wedsync.scalability.scaling_events.count{*} by {service}' }],
      },
      {
        type: 'timeseries',
        title: 'Wedding Load Predictions',
        requests: [
          {
            q: 'sum:wedsync.scalability.wedding_load.prediction{*} by {wedding_context}',
            display_type: 'line',
          },
        ],
      },
      {
        type: 'query_value',
        title: 'Current Wedding Count',
        requests: [{ q: 'sum:wedsync.wedding.concurrent_users{*}', aggregator: 'last' }],
        precision: 0,
      },
    ]);
  });

  test('is brought up to date where ours is there, and one of a person with that title is left alone', async () => {
    const { title } = infrastructureDashboard();
    holding({
      dashboards: [
        { id: 'person', title, description: 'mine' },
        { id: 'other', title: 'Season', description: MARK },
        { id: 'ours', title, description: `What weddings need.\n${MARK}` },
      ],
    });
    await monitor().putDashboard(infrastructureDashboard(), signal());
    expect(seen.map(({ line }) => line)).toEqual([
      'GET /api/v1/dashboard?count=100',
      'PUT /api/v1/dashboard/ours',
    ]);
  });

  test('is found on a later page of the list', async () => {
    const { title } = infrastructureDashboard();
    const others = Array.from({ length: 100 }, (_, index) => ({ id: `d${index}`, title: `d${index}` }));
    answer = ({ line }) => {
      if (line.startsWith('PUT'))
        return { status: 200, body: { id: 'ours', title, layout_type: 'ordered', widgets: [] } };
      const dashboards = line.includes('start=100') ? [{ id: 'ours', title, description: MARK }] : others;
      return { status: 200, body: { dashboards } };
    };
    await monitor().putDashboard(infrastructureDashboard(), signal());
    expect(seen.at(-1)?.line).toBe('PUT /api/v1/dashboard/ours');
  });

  test('refuses a heat map or a single value of two series', async () => {
    holding({});
    const [first] = infrastructureDashboard().widgets;
    for (const kind of ['heatMap', 'singleValue'] as const) {
      const widgets = first ? [{ ...first, kind }] : [];
      const put = monitor().putDashboard({ ...infrastructureDashboard(), widgets }, signal());
      await expect(put).rejects.toMatchObject({ kind: 'InvalidTarget' });
    }
  });

  test('is gone when it was not there', async () => {
    answer = () => ({ status: 404, body: { errors: ['Dashboard with ID abc not found'] } });
    await expect(monitor().removeDashboard('abc', signal())).resolves.toBeUndefined();
    answer = () => ({ status: 403, body: { errors: ['Forbidden'] } });
    await expect(monitor().removeDashboard('abc', signal())).rejects.toMatchObject({
      kind: 'PermissionDenied',
    });
  });
});

describe('alert rules on Datadog', () => {
  test('say severity and who is called, first to last', async () => {
    holding({});
    const made = await monitor().putAlert(alert, 'datadog.alert/queues/1f', signal());
    expect(made).toEqual({ id: '7', title: 'Queues are long', url: `${endpoint}/monitors/7` });
    expect(seen.at(-1)).toMatchObject({
      line: 'POST /api/v1/monitor',
      body: {
        name: 'Queues are long',
        type: 'query alert',
        query: 'min(last_5m):sum:wedsync.scalability.queue_depth.current{*} > 500',
        priority: 1,
        tags: ['team:weddings', MARK, 'wedscale_owner:datadog.alert/queues/1f'],
        options: { thresholds: { critical: 500 } },
      },
    });
    expect(seen.at(-1)?.body.message.split('\n')).toEqual([
      'critical: wedsync.scalability.queue_depth.current above 500 for 5 min.',
      'Escalation, first to last:',
      '1. @pagerduty-weddings',
      '2. @slack-platform',
      '3. @ada@example.org',
    ]);
  });

  test('ask for what must hold over the whole window, in the unit of the metric', async () => {
    expect(await queryOf({ comparison: 'below' })).toMatch(/^max\(last_5m\):sum:.* < 500$/);
    expect(await queryOf({ forMinutes: 1, threshold: 0.5 })).toMatch(/^min\(last_1m\).* > 0\.5$/);
    expect(await queryOf({ forMinutes: 20 })).toMatch(/^min\(last_30m\)/);
    expect(await queryOf({ forMinutes: 120 })).toMatch(/^min\(last_2h\)/);
    expect(await queryOf({ forMinutes: 5_000 })).toMatch(/^min\(last_1d\)/);
    expect(await queryOf({ metric: 'wedsync.scalability.response_time.p95' })).toMatch(/:max:/);
    expect(await queryOf({ metric: 'wedsync.wedding.couple_engagement_rate' })).toMatch(/:avg:/);
    expect(await queryOf({ metric: 'wedsync.scalability.scaling_events.count' })).toBe(
      'sum(last_5m):sum:wedsync.scalability.scaling_events.count{*}.as_count() > 500',
    );
  });

  test.each([
    ['critical', 1],
    ['warning', 3],
    ['info', 5],
  ] as const)('of severity %s have priority %i', async (severity, priority) => {
    holding({});
    await monitor().putAlert({ ...alert, severity, escalation: [] }, 'owner', signal());
    expect(seen.at(-1)?.body).toMatchObject({ priority, message: expect.stringMatching(/^\w+: .*\.$/) });
  });

  test('are brought up to date by their owner, not by their name', async () => {
    const own = {
      id: 7,
      name: 'an old name',
      type: 'query alert',
      query: 'q',
      tags: [MARK, 'wedscale_owner:run_one'],
    };
    holding({ monitors: [{ ...own, id: 6, name: alert.name, tags: [MARK, 'wedscale_owner:other'] }, own] });
    await monitor().putAlert(alert, 'Run One', signal());
    expect(seen.map(({ line }) => line)).toEqual([
      'GET /api/v1/monitor?monitor_tags=managed_by%3Awedscale',
      'PUT /api/v1/monitor/7',
    ]);
  });

  test('of two owners with long names that end differently stay apart', async () => {
    const tagFor = async (owner: string) => {
      holding({});
      await monitor().putAlert(alert, owner, signal());
      return seen.at(-1)?.body.tags.at(-1) as string;
    };
    const tags = [await tagFor(`${'x'.repeat(250)}/1`), await tagFor(`${'x'.repeat(250)}/2`)];
    expect(tags[0]).not.toBe(tags[1]);
    for (const tag of tags) expect(tag.length).toBeLessThanOrEqual(200);
  });

  test('are gone when they were not there', async () => {
    answer = () => ({ status: 404, body: { errors: ['Monitor not found'] } });
    await expect(monitor().removeAlert('7', signal())).resolves.toBeUndefined();
    expect(seen.at(-1)?.line).toBe('DELETE /api/v1/monitor/7');
  });

  test('are listed with dashboards by our mark alone', async () => {
    const rule = { type: 'query alert', query: 'q' };
    holding({
      dashboards: [
        { id: 'ours', title: 'A', description: MARK, url: '/dashboard/ours' },
        { id: 'person', title: 'B', description: null },
      ],
      monitors: [
        { ...rule, id: 7, name: 'C', tags: [MARK] },
        { ...rule, id: 8, name: 'D', tags: [] },
      ],
    });
    expect(await monitor().listOwned(signal())).toEqual({
      dashboards: [{ id: 'ours', title: 'A', url: `${endpoint}/dashboard/ours` }],
      alerts: [{ id: '7', title: 'C', url: `${endpoint}/monitors/7` }],
    });
  });
});

describe('failures of Datadog', () => {
  test.each<[number, string]>([
    [400, 'InvalidTarget'],
    [401, 'PermissionDenied'],
    [403, 'PermissionDenied'],
    [408, 'Transient'],
    [413, 'InvalidTarget'],
    [429, 'Throttled'],
    [500, 'Transient'],
    [503, 'Transient'],
  ])('status %i is %s, after one attempt', async (status, kind) => {
    answer = () => ({ status, body: { errors: ['why it is so'] } });
    await expect(monitor().publish([point()], signal())).rejects.toMatchObject({
      kind,
      resource: 'metrics',
      message: expect.stringContaining('why it is so'),
    });
    expect(seen).toHaveLength(1);
  });

  test('say how long to wait where the answer does', async () => {
    answer = () => ({ status: 429, body: { errors: ['slow'] }, headers: { 'x-ratelimit-reset': '12' } });
    await expect(monitor().publish([point()], signal())).rejects.toMatchObject({ retryAfterMs: 12_000 });
  });

  test('without an answer are Transient, ended by the signal, and nothing is printed', async () => {
    const printed = jest.spyOn(console, 'error').mockImplementation(() => undefined);
    answer = () => 'reset';
    await expect(monitor().publish([point()], signal())).rejects.toMatchObject({ kind: 'Transient' });
    answer = () => 'none';
    const startedMs = Date.now();
    const hung = monitor().publish([point()], AbortSignal.timeout(200));
    await expect(hung).rejects.toMatchObject({ kind: 'Transient' });
    expect(Date.now() - startedMs).toBeLessThan(3_000);
    const aborted = monitor().publish([point()], AbortSignal.abort());
    await expect(aborted).rejects.toMatchObject({ kind: 'Transient' });
    expect(seen).toHaveLength(2);
    expect(printed).not.toHaveBeenCalled();
    printed.mockRestore();
  });

  test('an answer without what it must have is no object', async () => {
    answer = () => ({ status: 200, body: { dashboards: [{ description: MARK }] } });
    await expect(monitor().listOwned(signal())).rejects.toMatchObject({ kind: 'Transient' });
  });
});
