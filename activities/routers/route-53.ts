import type { ResourceRecordSet, Route53Client } from '@aws-sdk/client-route-53';
import type { VendorConnection } from '../../domain/connection.ts';
import { ProviderError } from '../../domain/errors.ts';
import type { RecordEntry, RecordSet } from '../../domain/fleet.ts';
import type { ApplyReceipt, EntryHealth, RecordState, TrafficRouter, Weights } from '../../domain/scaler.ts';
import type { Guarded } from '../calls/call-guard.ts';
import { mapped, regionalClients } from '../scalers/aws/_client.ts';

/** Source: Route 53 API reference, ResourceRecordSet.Weight, "between 0 and 255". */
const MAXIMUM_WEIGHT = 255;

/** Records of a page. Source: ListResourceRecordSets, "maximum of 300". */
const PAGE_SIZE = 300;

/** Route 53 has one control plane, whose requests are signed for this region. */
const REGION = 'us-east-1';

/** Live records by set identifier, as Route 53 gave them. */
type LiveRecords = ReadonlyMap<string, ResourceRecordSet>;

/**
 * Weighted records of Route 53. Only the entries the fleet declares are read and changed, and of those only
 * the weight. A change is one atomic batch of UPSERTs with absolute weights, so a repeat has no second effect.
 * Protection is read-back: an UPSERT takes no fence.
 */
export function createRoute53Router(connection: VendorConnection, { guard }: Guarded): TrafficRouter {
  const clients = regionalClients({ connection, guard }, async (options) => {
    const { Route53Client } = await import('@aws-sdk/client-route-53');
    return new Route53Client(options);
  });
  const client = () => clients(REGION);
  return {
    maximumWeight: MAXIMUM_WEIGHT,
    read: async (sets, signal) => {
      const states = new Map<string, RecordState>();
      for (const set of sets) states.set(set.id, stateOf(set, await liveRecords(client, set, signal)));
      return states;
    },
    apply: (set, seen, want, _key, signal) => changeWeights(client, set, seen, want, signal),
    progress: async (set, want, receipt, signal) => {
      if (!(await isInSync(client, set, receipt, signal))) return 'moving';
      const { weights } = stateOf(set, await liveRecords(client, set, signal)).owned;
      return Object.entries(want).every(([entry, weight]) => weights[entry] === weight)
        ? 'settled'
        : 'moving';
    },
    health: (set, signal) => healthOfAll(client, set, signal),
  };
}

type ClientOf = () => Promise<Route53Client>;

/** Declared records as they are. Pages start at the set's name and end where its records do. */
async function liveRecords(client: ClientOf, set: RecordSet, abortSignal: AbortSignal): Promise<LiveRecords> {
  return mapped(`Route 53 ${set.zoneId}/${set.name}`, async () => {
    const { ListResourceRecordSetsCommand } = await import('@aws-sdk/client-route-53');
    const records = new Map<string, ResourceRecordSet>();
    let identifier: string | undefined;
    do {
      const command = new ListResourceRecordSetsCommand({
        HostedZoneId: set.zoneId,
        StartRecordName: set.name,
        StartRecordType: set.type,
        MaxItems: PAGE_SIZE,
        ...(identifier === undefined ? {} : { StartRecordIdentifier: identifier }),
      });
      const page = await (await client()).send(command, { abortSignal });
      for (const record of page.ResourceRecordSets ?? []) {
        if (isOf(set, record.Name, record.Type)) records.set(record.SetIdentifier ?? '', record);
      }
      const more = page.IsTruncated && isOf(set, page.NextRecordName, page.NextRecordType);
      identifier = more ? page.NextRecordIdentifier : undefined;
    } while (identifier !== undefined);
    return records;
  });
}

function isOf(set: RecordSet, name: string | undefined, type: string | undefined): boolean {
  return type === set.type && plainName(name ?? '') === plainName(set.name);
}

function plainName(name: string): string {
  return name.toLowerCase().replace(/\.$/, '');
}

function stateOf(set: RecordSet, live: LiveRecords): RecordState {
  const weights: Record<string, number> = {};
  const body: ResourceRecordSet[] = [];
  for (const { setIdentifier } of set.entries) {
    const record = live.get(setIdentifier);
    if (record?.Weight === undefined) {
      const message = `Zone ${set.zoneId} has no weighted ${set.type} record ${set.name} with set identifier ${setIdentifier}. Create it, or correct record set ${set.id}.`;
      throw new ProviderError('NotFound', message, { resource: set.id });
    }
    weights[setIdentifier] = record.Weight;
    body.push(record);
  }
  return { owned: { kind: 'weights', weights }, fence: null, body };
}

async function changeWeights(
  client: ClientOf,
  set: RecordSet,
  seen: RecordState,
  want: Weights,
  abortSignal: AbortSignal,
): Promise<ApplyReceipt> {
  const records = changedRecords(set, seen, want);
  if (records.length === 0) return { vendorRequestId: '' };
  return mapped(`Route 53 ${set.zoneId}/${set.name}`, async () => {
    const { ChangeResourceRecordSetsCommand } = await import('@aws-sdk/client-route-53');
    const changes = records.map((record) => ({ Action: 'UPSERT' as const, ResourceRecordSet: record }));
    const command = new ChangeResourceRecordSetsCommand({
      HostedZoneId: set.zoneId,
      ChangeBatch: { Changes: changes },
    });
    const answer = await (await client()).send(command, { abortSignal });
    const id = answer.ChangeInfo?.Id;
    if (id === undefined) throw new ProviderError('Transient', 'Route 53 accepted a change without its id.');
    return { vendorRequestId: id };
  });
}

/** Records whose weight is to differ from what was seen, whole, with the weight wanted. */
function changedRecords(set: RecordSet, seen: RecordState, want: Weights): ResourceRecordSet[] {
  const refuse = (why: string) =>
    new ProviderError('InvalidTarget', `${set.id}: ${why}`, { resource: set.id });
  const weights = Object.entries(want);
  const wrong = weights.find(
    ([, weight]) => !Number.isInteger(weight) || weight < 0 || weight > MAXIMUM_WEIGHT,
  );
  if (wrong) throw refuse(`${wrong[0]} cannot weigh ${wrong[1]}; weights are whole, 0 to ${MAXIMUM_WEIGHT}.`);
  if (weights.every(([, weight]) => weight === 0)) {
    throw refuse('with every weight 0 Route 53 would answer with all records alike. Give one a weight.');
  }
  if (!Array.isArray(seen.body)) throw refuse('it was read without its records. Read it again.');
  const records = seen.body as readonly ResourceRecordSet[];
  return weights
    .filter(([entry, weight]) => seen.owned.weights[entry] !== weight)
    .map(([entry, weight]) => {
      const record = records.find((candidate) => candidate.SetIdentifier === entry);
      if (!record) throw refuse(`it has no record with set identifier ${entry}.`);
      return { ...record, Weight: weight };
    });
}

async function isInSync(
  client: ClientOf,
  set: RecordSet,
  { vendorRequestId }: ApplyReceipt,
  abortSignal: AbortSignal,
): Promise<boolean> {
  // Nothing differed, so nothing was changed.
  if (vendorRequestId === '') return true;
  return mapped(`Route 53 ${set.zoneId}/${set.name}`, async () => {
    const { GetChangeCommand } = await import('@aws-sdk/client-route-53');
    const answer = await (await client()).send(new GetChangeCommand({ Id: vendorRequestId }), {
      abortSignal,
    });
    return answer.ChangeInfo?.Status === 'INSYNC';
  });
}

/** Health checks one after the other: Route 53 takes few of them, and the guard makes each wait for its turn. */
async function healthOfAll(
  client: ClientOf,
  set: RecordSet,
  signal: AbortSignal,
): Promise<Readonly<Record<string, EntryHealth>>> {
  const health: Record<string, EntryHealth> = {};
  for (const entry of set.entries) {
    health[entry.setIdentifier] = await healthOf(client, entry, signal);
  }
  return health;
}

/** Healthy when most checkers say so; Route 53 itself is content with more than 18 % of them. */
async function healthOf(
  client: ClientOf,
  { healthCheckId }: RecordEntry,
  abortSignal: AbortSignal,
): Promise<EntryHealth> {
  if (healthCheckId === undefined) return 'unknown';
  return mapped(`Route 53 health check ${healthCheckId}`, async () => {
    const { GetHealthCheckStatusCommand } = await import('@aws-sdk/client-route-53');
    const command = new GetHealthCheckStatusCommand({ HealthCheckId: healthCheckId });
    const { HealthCheckObservations: observations = [] } = await (await client()).send(command, {
      abortSignal,
    });
    if (observations.length === 0) return 'unknown';
    const good = observations.filter((seen) => seen.StatusReport?.Status?.startsWith('Success')).length;
    return good * 2 > observations.length ? 'healthy' : 'unhealthy';
  });
}
