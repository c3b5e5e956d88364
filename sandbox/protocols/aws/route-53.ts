import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Core, SandboxResponse } from '../../core.ts';
import type { Protocol } from '../../http.ts';
import type { CallContext } from '../../world.ts';
import { callerOf } from './caller.ts';
import { AwsError, answered, answersOf, ROUTE_53_CODES, xmlAnswer, xmlError } from './errors.ts';
import { afterChanges, changesOf, type RecordChange } from './record-changes.ts';
import {
  createRecordStore,
  isFrom,
  plainName,
  type RecordStore,
  recordKey,
  type WeightedRecord,
} from './record-sets.ts';

/** From accepted to in force on all servers, in service milliseconds; assumed ("usually within 60 seconds"). */
const IN_SYNC_MS = 30_000;

/** Records of a page. Source: Route 53 API reference, ListResourceRecordSets, "maximum 300". */
const PAGE_LIMIT = 300;

/** Where the checkers of one health check stand. */
const CHECKER_REGIONS = ['ap-southeast-2', 'eu-west-1', 'sa-east-1', 'us-east-1', 'us-west-2'];

const answers = answersOf(ROUTE_53_CODES, xmlError);

interface Route53 {
  readonly core: Core;
  readonly store: RecordStore;
  /** Service time at which each change was accepted, in milliseconds, by its id. */
  readonly accepted: Map<string, number>;
}

interface Route53Request {
  readonly call: CallContext;
  /** Zone, change or health check of the path; empty where it has none. */
  readonly id: string;
  readonly query: URLSearchParams;
  /** Empty for a read. */
  readonly changes: readonly RecordChange[];
}

interface Operation {
  readonly name: string;
  readonly method: string;
  readonly path: RegExp;
  readonly bucket: string;
  readonly run: (route53: Route53, request: Route53Request) => SandboxResponse;
}

const OPERATIONS: readonly Operation[] = [
  {
    name: 'ChangeResourceRecordSets',
    method: 'POST',
    path: /^\/hostedzone\/([^/]+)\/rrset\/?$/,
    bucket: 'aws.route-53',
    run: changeRecordSets,
  },
  { name: 'GetChange', method: 'GET', path: /^\/change\/([^/]+)$/, bucket: 'aws.route-53', run: getChange },
  {
    name: 'GetHealthCheckStatus',
    method: 'GET',
    path: /^\/healthcheck\/([^/]+)\/status$/,
    bucket: 'aws.route-53.health',
    run: getHealthCheckStatus,
  },
  {
    name: 'GetHostedZone',
    method: 'GET',
    path: /^\/hostedzone\/([^/]+)$/,
    bucket: 'aws.route-53',
    run: getHostedZone,
  },
  {
    name: 'ListHostedZones',
    method: 'GET',
    path: /^\/hostedzone\/?()$/,
    bucket: 'aws.route-53',
    run: listHostedZones,
  },
  {
    name: 'ListResourceRecordSets',
    method: 'GET',
    path: /^\/hostedzone\/([^/]+)\/rrset\/?$/,
    bucket: 'aws.route-53',
    run: listRecordSets,
  },
];

/** Whether a request is for Route 53, which alone here has paths. */
export function isRoute53({ url }: IncomingMessage): boolean {
  return url?.startsWith('/2013-04-01/') ?? false;
}

/** Route 53 in REST-XML, for weighted records; adds the sections `recordSets`, `healthChecks` and `recordChanges`. */
export function createRoute53(core: Core): Protocol {
  const accepted = new Map<string, number>();
  const route53 = { core, store: createRecordStore(core), accepted };
  core.sections.set('recordChanges', {
    load(input) {
      for (const [id, atMs] of Object.entries(input as Record<string, number>)) accepted.set(id, atMs);
    },
    state: () => Object.fromEntries(accepted),
    clear: () => accepted.clear(),
  });
  return async (request, body) => {
    try {
      return await handle(route53, request, body);
    } catch (error) {
      if (error instanceof AwsError) return xmlError(error);
      throw error;
    }
  };
}

function handle(route53: Route53, request: IncomingMessage, body: Buffer): Promise<SandboxResponse> {
  const { pathname, searchParams: query } = new URL(request.url ?? '', 'http://sandbox');
  const path = pathname.slice('/2013-04-01'.length);
  const operation = OPERATIONS.find((known) => known.method === request.method && known.path.test(path));
  if (!operation)
    throw new AwsError('UnknownOperation', `The sandbox has no ${request.method} ${path}.`, 404);
  const id = operation.path.exec(path)?.[1] ?? '';
  const { accessKeyId, region, invocationId } = callerOf(request);
  const write = request.method === 'POST';
  const changes = write ? changesOf(id, body) : [];
  const call = {
    vendor: 'aws',
    service: 'aws.route53',
    operation: operation.name,
    region,
    caller: accessKeyId,
    key: invocationId,
    ...resourceKey(changes.map(({ record }) => record)[0], id, query),
  };
  // The figure holds per account and action.
  const bucket = { name: operation.bucket, scope: operation.name };
  return route53.core.pipeline.handle({ call, write, bucket, answers }, () =>
    answered(xmlError, () => operation.run(route53, { call, id, query, changes })),
  );
}

/** The record set a call is about, without a set identifier, for fault rules. */
function resourceKey(record: WeightedRecord | undefined, zoneId: string, query: URLSearchParams) {
  const name = record?.name ?? query.get('name');
  const type = record?.type ?? query.get('type');
  return name && type ? { resourceKey: `aws.route53/${zoneId}/${plainName(name)}/${type}` } : {};
}

function changeRecordSets({ core, store, accepted }: Route53, { call, id, changes }: Route53Request) {
  zoneNameOf(store, id);
  const after = afterChanges(store, changes);
  for (const { record } of changes) {
    const key = recordKey(record);
    const [old, fresh] = [store.records.get(key), after.get(key)];
    const { vendor, service, operation, region, caller, key: request } = call;
    const names = {
      vendor,
      service,
      operation,
      region,
      caller,
      key: request,
      resource: `aws.route53/${key}`,
    };
    core.ledger.append({ ...names, before: shown(old, fresh), after: shown(fresh, old) });
  }
  store.records.clear();
  for (const [key, record] of after) store.records.set(key, record);
  const changeId = `C${randomBytes(10).toString('hex').toUpperCase()}`;
  accepted.set(changeId, core.world.nowMs());
  return xmlAnswer('ChangeResourceRecordSetsResponse', changeInfo(changeId, core.world.nowMs(), 'PENDING'));
}

/** A record in the ledger: its weight, and whatever else the change touches. */
function shown(record: WeightedRecord | undefined, other: WeightedRecord | undefined): unknown {
  if (!record) return null;
  const { weight, ttlSeconds, values, healthCheckId = null } = record;
  const rest = { ttlSeconds, values, healthCheckId };
  const same =
    !other ||
    (other.ttlSeconds === ttlSeconds &&
      other.values.join() === values.join() &&
      (other.healthCheckId ?? null) === healthCheckId);
  return same ? { weight } : { weight, ...rest };
}

function getChange({ core, accepted }: Route53, { id }: Route53Request): SandboxResponse {
  const acceptedMs = accepted.get(id);
  if (acceptedMs === undefined)
    throw new AwsError('NoSuchChange', `Could not find resource with ID: ${id}`, 404);
  const status = core.world.nowMs() - acceptedMs >= IN_SYNC_MS ? 'INSYNC' : 'PENDING';
  return xmlAnswer('GetChangeResponse', changeInfo(id, acceptedMs, status));
}

function changeInfo(id: string, acceptedMs: number, status: string): object {
  return {
    ChangeInfo: { Id: `/change/${id}`, Status: status, SubmittedAt: new Date(acceptedMs).toISOString() },
  };
}

function listRecordSets({ store }: Route53, { id, query }: Route53Request): SandboxResponse {
  zoneNameOf(store, id);
  const [name, type, setIdentifier] = ['name', 'type', 'identifier'].map((part) => query.get(part) ?? '');
  if (type && !name) throw new AwsError('InvalidInput', 'StartRecordType needs StartRecordName.');
  if (setIdentifier && !type)
    throw new AwsError('InvalidInput', 'StartRecordIdentifier needs StartRecordType.');
  const size = pageSize(query, PAGE_LIMIT);
  const from = plainName(name ?? '');
  const found = store
    .ofZone(id)
    .filter((record) => !from || isFrom(record, from, type ?? '', setIdentifier ?? ''));
  const next = found[size];
  return xmlAnswer('ListResourceRecordSetsResponse', {
    ResourceRecordSets: { ResourceRecordSet: found.slice(0, size).map(recordShape) },
    IsTruncated: next !== undefined,
    ...(next === undefined
      ? {}
      : {
          NextRecordName: `${next.name}.`,
          NextRecordType: next.type,
          NextRecordIdentifier: next.setIdentifier,
        }),
    MaxItems: size,
  });
}

function recordShape(record: WeightedRecord): object {
  return {
    Name: `${record.name}.`,
    Type: record.type,
    SetIdentifier: record.setIdentifier,
    Weight: record.weight,
    TTL: record.ttlSeconds,
    ResourceRecords: { ResourceRecord: record.values.map((value) => ({ Value: value })) },
    ...(record.healthCheckId === undefined ? {} : { HealthCheckId: record.healthCheckId }),
  };
}

function getHealthCheckStatus({ core, store }: Route53, { id }: Route53Request): SandboxResponse {
  const healthy = store.healthChecks.get(id);
  if (healthy === undefined) {
    throw new AwsError('NoSuchHealthCheck', `A health check with id ${id} does not exist.`, 404);
  }
  const status = healthy
    ? 'Success: HTTP Status Code 200, OK'
    : 'Failure: HTTP Status Code 503, Service Unavailable';
  const checkedTime = new Date(core.world.nowMs()).toISOString();
  const observations = CHECKER_REGIONS.map((region, index) => ({
    Region: region,
    IPAddress: `192.0.2.${index + 1}`,
    StatusReport: { Status: status, CheckedTime: checkedTime },
  }));
  const content = { HealthCheckObservations: { HealthCheckObservation: observations } };
  return xmlAnswer('GetHealthCheckStatusResponse', content);
}

function listHostedZones({ store }: Route53, { query }: Route53Request): SandboxResponse {
  const ids = [...store.zones.keys()].sort();
  const marker = query.get('marker');
  const size = pageSize(query, 100);
  const found = ids.filter((id) => marker === null || id >= marker);
  const next = found[size];
  return xmlAnswer('ListHostedZonesResponse', {
    HostedZones: { HostedZone: found.slice(0, size).map((id) => zoneShape(store, id)) },
    ...(marker === null ? {} : { Marker: marker }),
    IsTruncated: next !== undefined,
    ...(next === undefined ? {} : { NextMarker: next }),
    MaxItems: size,
  });
}

function getHostedZone({ store }: Route53, { id }: Route53Request): SandboxResponse {
  zoneNameOf(store, id);
  const nameServers = [1, 2, 3, 4].map((number) => `ns-${number}.sandbox.test`);
  return xmlAnswer('GetHostedZoneResponse', {
    HostedZone: zoneShape(store, id),
    DelegationSet: { NameServers: { NameServer: nameServers } },
  });
}

function zoneShape(store: RecordStore, id: string): object {
  return {
    Id: `/hostedzone/${id}`,
    Name: `${zoneNameOf(store, id)}.`,
    CallerReference: `sandbox-${id}`,
    Config: { PrivateZone: false },
    ResourceRecordSetCount: store.ofZone(id).length,
  };
}

function zoneNameOf(store: RecordStore, id: string): string {
  const name = store.zones.get(id);
  if (name === undefined) throw new AwsError('NoSuchHostedZone', `No hosted zone found with ID: ${id}`, 404);
  return name;
}

function pageSize(query: URLSearchParams, limit: number): number {
  const asked = Number(query.get('maxitems') ?? limit);
  if (!Number.isInteger(asked) || asked < 1)
    throw new AwsError('InvalidInput', 'MaxItems must be at least 1.');
  return Math.min(limit, asked);
}
