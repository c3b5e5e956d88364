import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type CallGuard, UNGUARDED } from '../../../../activities/calls/call-guard.ts';
import { createRoute53Router } from '../../../../activities/routers/route-53.ts';
import { ProviderError } from '../../../../domain/errors.ts';
import type { RecordSet } from '../../../../domain/fleet.ts';

const signal = new AbortController().signal;
const NAMESPACE = 'xmlns="https://route53.amazonaws.com/doc/2013-04-01/"';

let server: Server;
let endpoint: string;
let received: { readonly path: string; readonly body: string }[];
let answer: (path: string) => string;

beforeAll(async () => {
  server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const path = `${request.method} ${request.url}`;
    received.push({ path, body: Buffer.concat(chunks).toString() });
    response.writeHead(200, { 'content-type': 'text/xml' }).end(`<?xml version="1.0"?>${answer(path)}`);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => new Promise((resolve) => server.close(resolve)));

beforeEach(() => {
  received = [];
});

const router = (guard: CallGuard = UNGUARDED) =>
  createRoute53Router({ mode: 'sandbox', endpoint }, { guard });

function setOf(names: readonly string[], checked = true): RecordSet {
  return {
    id: 'aws.route53/a.test',
    service: 'aws.route53',
    zoneId: 'Z1',
    name: 'A.test',
    type: 'A',
    ttlSeconds: 60,
    workload: 'api',
    entries: names.map((setIdentifier) => ({
      setIdentifier,
      provider: 'aws',
      region: 'eu-west-1',
      value: '192.0.2.1',
      ...(checked ? { healthCheckId: `hc-${setIdentifier}` } : {}),
    })),
  };
}

function statusAnswer(...statuses: string[]): string {
  const observations = statuses.map(
    (status) =>
      `<HealthCheckObservation><Region>us-east-1</Region><StatusReport><Status>${status}</Status></StatusReport></HealthCheckObservation>`,
  );
  return `<GetHealthCheckStatusResponse ${NAMESPACE}><HealthCheckObservations>${observations.join('')}</HealthCheckObservations></GetHealthCheckStatusResponse>`;
}

function listAnswer(records: string): string {
  return `<ListResourceRecordSetsResponse ${NAMESPACE}><ResourceRecordSets>${records}</ResourceRecordSets><IsTruncated>false</IsTruncated><MaxItems>300</MaxItems></ListResourceRecordSetsResponse>`;
}

const ALIAS =
  '<ResourceRecordSet><Name>a.test.</Name><Type>A</Type><SetIdentifier>one</SetIdentifier><Weight>7</Weight><AliasTarget><HostedZoneId>Z9</HostedZoneId><DNSName>lb.test.</DNSName><EvaluateTargetHealth>true</EvaluateTargetHealth></AliasTarget></ResourceRecordSet>';
const SIMPLE =
  '<ResourceRecordSet><Name>a.test.</Name><Type>A</Type><TTL>60</TTL><ResourceRecords><ResourceRecord><Value>192.0.2.1</Value></ResourceRecord></ResourceRecords></ResourceRecordSet>';

describe('Route 53 router', () => {
  test.each([
    [
      ['Success: HTTP Status Code 200, OK', 'Success: HTTP Status Code 200, OK', 'Failure: timeout'],
      'healthy',
    ],
    [['Success: HTTP Status Code 200, OK', 'Failure: timeout'], 'unhealthy'],
    [['Failure: timeout', 'Failure: timeout'], 'unhealthy'],
    [[], 'unknown'],
  ])('checkers that say %j make an entry %s', async (statuses, health) => {
    answer = () => statusAnswer(...statuses);
    expect(await router().health(setOf(['one']), signal)).toEqual({ one: health });
  });

  test('asks no health check where an entry has none', async () => {
    expect(await router().health(setOf(['one', 'two'], false), signal)).toEqual({
      one: 'unknown',
      two: 'unknown',
    });
    expect(received).toEqual([]);
  });

  test('hands every health check to the guard, one after the other', async () => {
    answer = () => statusAnswer('Success: 200');
    const asked: string[] = [];
    const guard: CallGuard = {
      run: async ({ api, region, operation }, send) => {
        asked.push(`${api} ${region} ${operation} begins`);
        const answered = await send();
        asked.push('ends');
        return answered;
      },
    };
    await router(guard).health(setOf(['a', 'b']), signal);
    const begins = 'Route 53 us-east-1 GetHealthCheckStatus begins';
    expect(asked).toEqual([begins, 'ends', begins, 'ends']);
  });

  test("passes the guard's refusal on as it is, and sends nothing", async () => {
    const far = new ProviderError('Throttled', 'its turn is too far away', { retryAfterMs: 9_000 });
    const health = router({ run: () => Promise.reject(far) }).health(setOf(['a']), signal);
    await expect(health).rejects.toBe(far);
    expect(received).toEqual([]);
  });

  test('keeps the alias of a record, and starts a read at its name', async () => {
    answer = (path) =>
      path.startsWith('GET')
        ? listAnswer(ALIAS)
        : `<ChangeResourceRecordSetsResponse ${NAMESPACE}><ChangeInfo><Id>/change/C1</Id><Status>PENDING</Status><SubmittedAt>2026-01-01T00:00:00Z</SubmittedAt></ChangeInfo></ChangeResourceRecordSetsResponse>`;
    const set = setOf(['one']);
    const seen = (await router().read([set], signal)).get(set.id);
    expect(seen?.owned).toEqual({ kind: 'weights', weights: { one: 7 } });
    expect(received[0]?.path).toMatch(/^GET \/2013-04-01\/hostedzone\/Z1\/rrset\?.*name=A\.test/);
    const stored = JSON.parse(JSON.stringify(seen));
    expect(await router().apply(set, stored, { one: 9 }, 'key', signal)).toEqual({
      vendorRequestId: '/change/C1',
    });
    const body = received[1]?.body;
    expect(body).toContain('<Action>UPSERT</Action>');
    expect(body).toContain('<Weight>9</Weight>');
    expect(body).toContain('<DNSName>lb.test.</DNSName>');
  });

  test('a record that has no weight is not taken for one', async () => {
    answer = () => listAnswer(SIMPLE);
    await expect(router().read([setOf(['one'])], signal)).rejects.toMatchObject({ kind: 'NotFound' });
  });

  test('refuses a weight for an entry that was not read', async () => {
    answer = () => listAnswer(ALIAS);
    const set = setOf(['one']);
    const seen = (await router().read([set], signal)).get(set.id);
    if (!seen) throw new Error('not read');
    const applied = router().apply(set, seen, { one: 7, two: 5 }, 'key', signal);
    await expect(applied).rejects.toMatchObject({ kind: 'InvalidTarget' });
    expect(received).toHaveLength(1);
  });
});
