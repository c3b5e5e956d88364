import { deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { UNGUARDED } from '../../../activities/calls/call-guard.ts';
import { createDatadogMonitor } from '../../../activities/monitors/datadog.ts';
import { infrastructureDashboard } from '../../../domain/dashboard.ts';
import type { AlertSpec, MetricPoint, Monitor } from '../../../domain/monitor.ts';
import { type SandboxProcess, startSandbox } from '../../support/sandbox.ts';

const signal = new AbortController().signal;
const KEYS = { 'dd-api-key': 'alice', 'dd-application-key': 'alice-app' };

const alert: AlertSpec = {
  name: 'Queues are long',
  metric: 'wedsync.scalability.queue_depth.current',
  comparison: 'above',
  threshold: 500,
  forMinutes: 5,
  severity: 'critical',
  escalation: ['@pagerduty-weddings', '@slack-platform'],
  tags: ['team:weddings'],
};

const point = (value: number, fields: Partial<MetricPoint> = {}): MetricPoint => ({
  metric: 'wedsync.scalability.instances.current',
  value,
  atMs: Date.now(),
  kind: 'gauge',
  tags: ['service:aws.ecs', 'region:eu-west-1'],
  ...fields,
});

let sandbox: SandboxProcess;
let monitor: Monitor;

beforeAll(async () => {
  sandbox = await startSandbox();
  const connection = { mode: 'sandbox', endpoint: sandbox.addresses.datadog } as const;
  monitor = createDatadogMonitor({ connection, guard: UNGUARDED, apiKey: undefined, appKey: undefined });
});

afterAll(() => sandbox.stop());

beforeEach(() => sandbox.loadWorld({ resources: [], recordSets: [] }));

const account = async () => (await sandbox.world()).datadog;

/** The API, as any client has it. */
async function raw(
  method: string,
  path: string,
  body?: string | Buffer,
  headers: Readonly<Record<string, string>> = KEYS,
) {
  const sent = body === undefined ? {} : { body };
  const response = await fetch(`${sandbox.addresses.datadog}${path}`, { method, headers, ...sent });
  // biome-ignore lint/suspicious/noExplicitAny: answers are asserted on, not typed here
  return { status: response.status, body: (await response.json()) as any };
}

describe('the Datadog monitor against the sandbox', () => {
  test('keeps the last value of every metric and set of tags', async () => {
    const other = point(3, { tags: ['service:gcp.mig'] });
    await monitor.publish(
      [point(4), other, point(9, { metric: 'wedsync.scalability.instances.target' })],
      signal,
    );
    await monitor.publish([point(12, { tags: ['region:eu-west-1', 'service:aws.ecs'] })], signal);
    expect((await account()).metrics).toMatchObject([
      {
        metric: 'wedsync.scalability.instances.current',
        value: 12,
        tags: ['region:eu-west-1', 'service:aws.ecs'],
      },
      { metric: 'wedsync.scalability.instances.current', value: 3, tags: ['service:gcp.mig'] },
      { metric: 'wedsync.scalability.instances.target', value: 9 },
    ]);
  });

  test('puts the dashboard up once, however often it is asked to', async () => {
    const made = await monitor.putDashboard(infrastructureDashboard(), signal);
    expect(await monitor.putDashboard(infrastructureDashboard(), signal)).toEqual(made);
    const { dashboards } = await account();
    expect(dashboards).toMatchObject([{ id: made.id, title: 'WedSync Scalability Infrastructure' }]);
    expect(dashboards[0].widgets).toHaveLength(4);
    const resource = `datadog.dashboard/${made.id}`;
    expect(await sandbox.ledger()).toMatchObject([
      { operation: 'CreateDashboard', resource, before: null, after: { title: made.title }, effective: true },
      { operation: 'UpdateDashboard', resource, effective: false },
    ]);
  });

  test('links to what it put up', async () => {
    const dashboard = await monitor.putDashboard(infrastructureDashboard(), signal);
    const rule = await monitor.putAlert(alert, 'owner', signal);
    for (const { id, url } of [dashboard, rule]) {
      const shown = (await (await fetch(url as string)).json()) as { id: string | number };
      expect(String(shown.id)).toBe(id);
    }
  });

  test('takes only its own down, and what is gone already is no failure', async () => {
    const person = { title: infrastructureDashboard().title, layout_type: 'ordered', widgets: [] };
    const theirs = (await raw('POST', '/api/v1/dashboard', JSON.stringify(person))).body;
    const made = await monitor.putDashboard(infrastructureDashboard(), signal);
    expect(made.id).not.toBe(theirs.id);
    expect(await monitor.listOwned(signal)).toEqual({ dashboards: [made], alerts: [] });
    await monitor.removeDashboard(made.id, signal);
    await monitor.removeDashboard(made.id, signal);
    expect((await account()).dashboards).toMatchObject([{ id: theirs.id }]);
    expect((await sandbox.ledger()).at(-1)).toMatchObject({
      operation: 'DeleteDashboard',
      resource: `datadog.dashboard/${made.id}`,
      before: { title: made.title },
      after: null,
    });
  });

  test('puts an alert rule up once per owner, brings it up to date and takes it down', async () => {
    const made = await monitor.putAlert(alert, 'run-1', signal);
    const other = await monitor.putAlert(alert, 'run-2', signal);
    expect(other.id).not.toBe(made.id);
    expect(await monitor.putAlert({ ...alert, threshold: 900 }, 'run-1', signal)).toEqual(made);
    expect((await account()).monitors).toMatchObject([
      {
        id: Number(made.id),
        query: expect.stringMatching(/ > 900$/),
        options: { thresholds: { critical: 900 } },
      },
      { id: Number(other.id), query: expect.stringMatching(/ > 500$/) },
    ]);
    await monitor.removeAlert(made.id, signal);
    await monitor.removeAlert(made.id, signal);
    expect((await monitor.listOwned(signal)).alerts).toEqual([other]);
    const resource = `datadog.monitor/${made.id}`;
    const entries = (await sandbox.ledger()).filter((entry) => entry.resource === resource);
    expect(entries).toMatchObject([
      { operation: 'CreateMonitor', before: null, after: { name: alert.name }, caller: 'sandbox' },
      { operation: 'UpdateMonitor', effective: true },
      { operation: 'DeleteMonitor', before: { name: alert.name }, after: null },
    ]);
  });

  test.each(['putDashboard', 'putAlert'] as const)(
    'after a lost answer %s makes no second one',
    async (method) => {
      const put = () =>
        method === 'putDashboard'
          ? monitor.putDashboard(infrastructureDashboard(), signal)
          : monitor.putAlert(alert, 'run-1', signal);
      await sandbox.faults({ match: { vendor: 'datadog' }, kind: 'lostAnswer', times: 1 });
      await expect(put()).rejects.toMatchObject({ kind: 'Transient' });
      await put();
      const { dashboards, monitors } = await account();
      expect([...dashboards, ...monitors]).toHaveLength(1);
    },
  );

  test('finds its dashboard among more than a page of others', async () => {
    const others = Array.from({ length: 130 }, (_, index) => `other ${index}`);
    await sandbox.send('POST', '/limits', { factor: 100 });
    for (const title of others) {
      await raw('POST', '/api/v1/dashboard', JSON.stringify({ title, layout_type: 'free', widgets: [] }));
    }
    const made = await monitor.putDashboard(infrastructureDashboard(), signal);
    expect(await monitor.putDashboard(infrastructureDashboard(), signal)).toEqual(made);
    expect((await account()).dashboards).toHaveLength(131);
  });

  test.each([
    ['denied', 'PermissionDenied'],
    ['serverError', 'Transient'],
    ['down', 'Transient'],
    ['invalid', 'InvalidTarget'],
  ])('the fault %s is %s and leaves nothing behind', async (kind, expected) => {
    await sandbox.faults({ match: { vendor: 'datadog' }, kind });
    await expect(monitor.publish([point(1)], signal)).rejects.toMatchObject({ kind: expected });
    await expect(monitor.putAlert(alert, 'run-1', signal)).rejects.toMatchObject({ kind: expected });
    expect(await account()).toEqual({ dashboards: [], monitors: [], metrics: [] });
  });

  test('is told how long to wait when it is throttled', async () => {
    await sandbox.faults({ match: { service: 'datadog.series' }, kind: 'throttle', retryAfterSeconds: 4 });
    const published = monitor.publish([point(1)], signal);
    await expect(published).rejects.toMatchObject({ kind: 'Throttled', retryAfterMs: 4_000 });
  });

  test("the vendor's own limit throttles once its burst is used up", async () => {
    await sandbox.send('POST', '/limits', { factor: 0.01 });
    const publish = () => monitor.publish([point(1)], signal);
    await publish();
    await expect(publish()).rejects.toMatchObject({ kind: 'Throttled' });
  });
});

describe('the Datadog API of the sandbox', () => {
  const series = Buffer.from(
    JSON.stringify({
      series: [{ metric: 'a.b', type: 3, points: [{ timestamp: 1_800_000_000, value: 1 }] }],
    }),
  );

  test.each<[string, Buffer]>([
    ['gzip', gzipSync(series)],
    ['deflate', deflateSync(series)],
    ['zstd1', zstdCompressSync(series)],
    ['identity', series],
  ])('takes series that are compressed with %s', async (encoding, body) => {
    const headers = { ...KEYS, 'content-encoding': encoding };
    expect(await raw('POST', '/api/v2/series', body, headers)).toEqual({ status: 202, body: { errors: [] } });
    expect((await account()).metrics).toEqual([
      { metric: 'a.b', tags: [], value: 1, timestamp: 1_800_000_000 },
    ]);
  });

  test('asks for the API key everywhere, and for the application key where objects are', async () => {
    const status = async (path: string, headers: Record<string, string>) =>
      (await raw('GET', path, undefined, headers)).status;
    expect(await status('/api/v1/validate', {})).toBe(403);
    expect(await status('/api/v1/validate', { 'dd-api-key': 'alice' })).toBe(200);
    expect(await status('/api/v1/dashboard', { 'dd-api-key': 'alice' })).toBe(403);
    expect(await status('/api/v1/dashboard', KEYS)).toBe(200);
  });

  test('gives single objects, and monitors by name and tags', async () => {
    const post = async (name: string, tags: string[]) => {
      const rule = { name, tags, type: 'query alert', query: 'avg(last_5m):avg:a.b{*} > 1' };
      return (await raw('POST', '/api/v1/monitor', JSON.stringify(rule))).body;
    };
    const [one, two] = [await post('Disk one', ['x:1', 'y:1']), await post('Disk two', ['x:1'])];
    const ids = async (query: string) => {
      const { body } = await raw('GET', `/api/v1/monitor?${query}`);
      return body.map((found: { id: number }) => found.id);
    };
    expect(await ids('')).toEqual([one.id, two.id]);
    expect(await ids('name=disk+ONE')).toEqual([one.id]);
    expect(await ids('monitor_tags=x:1,y:1')).toEqual([one.id]);
    expect(await ids('page=1&page_size=1')).toEqual([two.id]);
    expect((await raw('GET', `/api/v1/monitor/${one.id}`)).body).toMatchObject({ name: 'Disk one' });
    const made = await monitor.putDashboard(infrastructureDashboard(), signal);
    expect((await raw('GET', `/api/v1/dashboard/${made.id}`)).body.widgets).toHaveLength(4);
  });

  const rule = { name: 'n', type: 'query alert', query: 'avg(last_5m):avg:a.b{*} > 1' };
  test.each<[string, string, unknown, number]>([
    ['POST', '/api/v2/series', { series: [{ metric: 'a.b', points: [] }] }, 400],
    ['POST', '/api/v2/series', { series: [{ points: [{ timestamp: 1, value: 1 }] }] }, 400],
    ['POST', '/api/v2/series', {}, 400],
    ['POST', '/api/v1/dashboard', { title: 'x', layout_type: 'ordered' }, 400],
    ['POST', '/api/v1/dashboard', { title: 'x', widgets: [] }, 400],
    ['POST', '/api/v1/monitor', { ...rule, query: 'a.b > 1' }, 400],
    ['POST', '/api/v1/monitor', { ...rule, type: 'hope' }, 400],
    ['POST', '/api/v1/monitor', { ...rule, options: { thresholds: { critical: 2 } } }, 400],
    ['PUT', '/api/v1/monitor/5', rule, 404],
    ['DELETE', '/api/v1/monitor/5', undefined, 404],
    ['PUT', '/api/v1/dashboard/none', { title: 'x', layout_type: 'ordered', widgets: [] }, 404],
    ['GET', '/api/v1/dashboard/none', undefined, 404],
    ['GET', '/api/v1/hosts', undefined, 404],
  ])('%s %s with %j is refused', async (method, path, body, status) => {
    const refused = await raw(method, path, body === undefined ? undefined : JSON.stringify(body));
    expect(refused).toEqual({ status, body: { errors: [expect.any(String)] } });
    expect(await account()).toEqual({ dashboards: [], monitors: [], metrics: [] });
    expect(await sandbox.ledger()).toEqual([]);
  });

  test('refuses a body it cannot read, and one that is too large once unpacked', async () => {
    const gzip = { ...KEYS, 'content-encoding': 'gzip' };
    expect((await raw('POST', '/api/v2/series', 'not packed', gzip)).status).toBe(400);
    expect((await raw('POST', '/api/v2/series', '{', KEYS)).status).toBe(400);
    expect((await raw('POST', '/api/v2/series', series, { ...KEYS, 'content-encoding': 'br' })).status).toBe(
      400,
    );
    const large = gzipSync(Buffer.alloc(6 * 1024 * 1024, ' '));
    expect((await raw('POST', '/api/v2/series', large, gzip)).status).toBe(413);
  });
});
