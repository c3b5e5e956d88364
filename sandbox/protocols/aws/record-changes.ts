import { XMLParser } from 'fast-xml-parser';
import { AwsError } from './errors.ts';
import { plainName, type RecordStore, recordKey, type WeightedRecord } from './record-sets.ts';

/** One change of a batch. */
export interface RecordChange {
  readonly action: 'CREATE' | 'DELETE' | 'UPSERT';
  readonly record: WeightedRecord;
}

/** Records of a batch. Source: Route 53 quotas, "1000 ResourceRecord elements", an UPSERT counts twice. */
const CHANGE_LIMIT = 1_000;

const LISTS = new Set(['Change', 'ResourceRecord']);
const TYPES = new Set(['A', 'AAAA', 'CNAME', 'MX', 'SRV', 'TXT']);

const parser = new XMLParser({
  ignoreAttributes: true,
  parseTagValue: false,
  isArray: (name) => LISTS.has(name),
});

type Tree = { readonly [name: string]: unknown };

/** Reads the body of ChangeResourceRecordSets. @throws AwsError naming the change that is wrong. */
export function changesOf(zoneId: string, body: Buffer): readonly RecordChange[] {
  let document: Tree;
  try {
    document = parser.parse(body, true) as Tree;
  } catch {
    throw new AwsError('InvalidInput', 'The body is not well-formed XML.');
  }
  const request = child(document, 'ChangeResourceRecordSetsRequest');
  const changes = child(child(child(request, 'ChangeBatch'), 'Changes'), 'Change');
  if (!Array.isArray(changes) || changes.length === 0) {
    throw new AwsError('InvalidInput', 'changeBatch.changes must have at least one member.');
  }
  if (changes.length > CHANGE_LIMIT) {
    throw new AwsError('InvalidChangeBatch', `Number of records limit of ${CHANGE_LIMIT} exceeded.`);
  }
  return changes.map((change, index) => changeOf(zoneId, change, `changeBatch.changes.${index + 1}.member`));
}

/**
 * The records after a batch, all of it or, by a throw, nothing.
 * @throws AwsError naming everything that stands against the batch.
 */
export function afterChanges(
  store: RecordStore,
  changes: readonly RecordChange[],
): ReadonlyMap<string, WeightedRecord> {
  const records = new Map(store.records);
  const faults: string[] = [];
  const touched = new Set<string>();
  for (const { action, record } of changes) {
    const key = recordKey(record);
    const what = `[name='${record.name}.', type='${record.type}', set-identifier='${record.setIdentifier}']`;
    if (record.healthCheckId !== undefined && !store.healthChecks.has(record.healthCheckId)) {
      throw new AwsError('NoSuchHealthCheck', `No health check exists with ID ${record.healthCheckId}.`, 404);
    }
    const live = records.get(key);
    if (touched.has(`${action} ${key}`)) faults.push(`The request contains ${what} twice`);
    touched.add(`${action} ${key}`);
    if (!isInZone(store, record))
      faults.push(`RRSet with DNS name ${record.name}. is not permitted in the zone`);
    if (action === 'CREATE' && live) faults.push(`Tried to create ${what} but it already exists`);
    if (action === 'DELETE' && !live) faults.push(`Tried to delete ${what} but it was not found`);
    if (action === 'DELETE' && live && JSON.stringify(live) !== JSON.stringify(record)) {
      faults.push(`Tried to delete ${what} but the values provided do not match the current values`);
    }
    if (action === 'DELETE') records.delete(key);
    else records.set(key, record);
  }
  if (faults.length > 0) throw new AwsError('InvalidChangeBatch', `[${faults.join(', ')}]`);
  return records;
}

function isInZone(store: RecordStore, { zoneId, name }: WeightedRecord): boolean {
  const zone = store.zones.get(zoneId);
  return name === zone || name.endsWith(`.${zone}`);
}

function changeOf(zoneId: string, change: unknown, at: string): RecordChange {
  const action = text(change, 'Action', at);
  if (action !== 'CREATE' && action !== 'DELETE' && action !== 'UPSERT') {
    throw new AwsError('InvalidInput', `${at}.action: ${action} is none of CREATE, DELETE, UPSERT.`);
  }
  const set = child(change, 'ResourceRecordSet');
  const where = `${at}.resourceRecordSet`;
  const type = text(set, 'Type', where);
  if (!TYPES.has(type)) throw new AwsError('InvalidInput', `${where}.type: ${type} is not known here.`);
  const healthCheckId = child(set, 'HealthCheckId');
  const record: WeightedRecord = {
    zoneId,
    name: plainName(text(set, 'Name', where)),
    type,
    setIdentifier: text(set, 'SetIdentifier', where),
    weight: whole(set, 'Weight', where, 255),
    ttlSeconds: whole(set, 'TTL', where, 2_147_483_647),
    values: valuesOf(set, where),
    ...(typeof healthCheckId === 'string' && healthCheckId !== '' ? { healthCheckId } : {}),
  };
  return { action, record };
}

function valuesOf(set: unknown, at: string): readonly string[] {
  const records = child(child(set, 'ResourceRecords'), 'ResourceRecord');
  if (!Array.isArray(records) || records.length === 0) {
    throw new AwsError('InvalidInput', `${at}.resourceRecords must have at least one member.`);
  }
  return records.map((record) => text(record, 'Value', `${at}.resourceRecords`));
}

function whole(tree: unknown, name: string, at: string, highest: number): number {
  const value = text(tree, name, at);
  const number = /^\d+$/.test(value) ? Number(value) : Number.NaN;
  if (number <= highest) return number;
  const member = `${at}.${name.toLowerCase()}`;
  throw new AwsError('InvalidInput', `Value '${value}' at '${member}' must be from 0 to ${highest}.`);
}

function text(tree: unknown, name: string, at: string): string {
  const value = child(tree, name);
  if (typeof value === 'string' && value !== '') return value;
  throw new AwsError('InvalidInput', `${at} needs ${name}; the sandbox has weighted records only.`);
}

function child(tree: unknown, name: string): unknown {
  return typeof tree === 'object' && tree !== null ? (tree as Tree)[name] : undefined;
}
