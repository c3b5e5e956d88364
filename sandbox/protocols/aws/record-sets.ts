import type { Core } from '../../core.ts';

/** One weighted record of a zone. Names are lower-case and without the dot at their end. */
export interface WeightedRecord {
  readonly zoneId: string;
  readonly name: string;
  readonly type: string;
  readonly setIdentifier: string;
  readonly weight: number;
  readonly ttlSeconds: number;
  readonly values: readonly string[];
  readonly healthCheckId?: string;
}

/** What a world says of a record set; control checks its shape. */
interface RecordSetInput {
  readonly zoneId: string;
  readonly name: string;
  readonly type: string;
  readonly ttlSeconds: number;
  readonly records: readonly {
    readonly setIdentifier: string;
    readonly weight: number;
    readonly value: string;
    readonly healthCheckId?: string;
  }[];
}

/** Zones, their records, and the health checks records name. */
export interface RecordStore {
  readonly records: Map<string, WeightedRecord>;
  /** Zone name by id; a zone stays when its last record goes. */
  readonly zones: ReadonlyMap<string, string>;
  /** Whether what a check watches is healthy, by the check's id. */
  readonly healthChecks: ReadonlyMap<string, boolean>;
  /** Records of a zone in Route 53's order: name from its last label, type, set identifier. */
  ofZone(zoneId: string): readonly WeightedRecord[];
}

/** Makes an empty store and registers it as the sections `recordSets` and `healthChecks` of the world. */
export function createRecordStore(core: Core): RecordStore {
  const records = new Map<string, WeightedRecord>();
  const zones = new Map<string, string>();
  const healthChecks = new Map<string, boolean>();
  core.sections.set('recordSets', {
    load(input) {
      for (const record of (input as readonly RecordSetInput[]).flatMap(recordsOf)) {
        records.set(recordKey(record), record);
        const zoneName = record.name.split('.').slice(-2).join('.');
        if (!zones.has(record.zoneId)) zones.set(record.zoneId, zoneName);
        const check = record.healthCheckId;
        if (check !== undefined && !healthChecks.has(check)) healthChecks.set(check, true);
      }
    },
    state: () => setsOf([...records.values()]),
    clear() {
      records.clear();
      zones.clear();
      healthChecks.clear();
    },
  });
  core.sections.set('healthChecks', {
    load(input) {
      for (const [id, healthy] of Object.entries(input as Record<string, boolean>))
        healthChecks.set(id, healthy);
    },
    state: () => Object.fromEntries(healthChecks),
    // The records, which name the checks, clear them too.
    clear: () => healthChecks.clear(),
  });
  const ofZone = (zoneId: string) => {
    return [...records.values()].filter((record) => record.zoneId === zoneId).sort(inOrder);
  };
  return { records, zones, healthChecks, ofZone };
}

/** Key of a record in the store; with `aws.route53/` before it, its name in the ledger. */
export function recordKey(
  record: Pick<WeightedRecord, 'zoneId' | 'name' | 'type' | 'setIdentifier'>,
): string {
  return `${record.zoneId}/${record.name}/${record.type}/${record.setIdentifier}`;
}

/** A name as the store keeps it. */
export function plainName(name: string): string {
  return name.toLowerCase().replace(/\.$/, '');
}

/** Whether a record comes at or after a place in Route 53's order; a part left out comes first. */
export function isFrom(record: WeightedRecord, name: string, type: string, setIdentifier: string): boolean {
  const place = { ...record, name, type, setIdentifier };
  return inOrder(record, place) >= 0;
}

function inOrder(a: WeightedRecord, b: WeightedRecord): number {
  const place = ({ name, type, setIdentifier }: WeightedRecord) => {
    return [name.split('.').reverse().join('.'), type, setIdentifier];
  };
  const [left, right] = [place(a), place(b)];
  const index = left.findIndex((part, at) => part !== right[at]);
  if (index < 0) return 0;
  return (left[index] ?? '') < (right[index] ?? '') ? -1 : 1;
}

function recordsOf(set: RecordSetInput): WeightedRecord[] {
  return set.records.map(({ setIdentifier, weight, value, healthCheckId }) => ({
    zoneId: set.zoneId,
    name: plainName(set.name),
    type: set.type,
    setIdentifier,
    weight,
    ttlSeconds: set.ttlSeconds,
    values: [value],
    ...(healthCheckId === undefined ? {} : { healthCheckId }),
  }));
}

function setsOf(records: readonly WeightedRecord[]): unknown[] {
  const groups = Map.groupBy(records, ({ zoneId, name, type }) => `${zoneId}/${name}/${type}`);
  return [...groups.values()].map((group) => {
    const { zoneId, name, type, ttlSeconds } = group[0] as WeightedRecord;
    const shown = group.map(({ setIdentifier, weight, values, healthCheckId }) => {
      return { setIdentifier, weight, value: values.join(','), healthCheckId };
    });
    return { zoneId, name, type, ttlSeconds, records: shown };
  });
}
