/** One accepted change, as the world saw it. */
export interface LedgerEntry {
  readonly seq: number;
  /** Wall time, ISO 8601. */
  readonly at: string;
  /** Service time, ISO 8601. */
  readonly serviceAt: string;
  readonly vendor: string;
  readonly service: string;
  readonly operation: string;
  readonly region: string;
  readonly resource: string;
  /** Who called: an access key, `person` through the control endpoint, or `autoscaler`. */
  readonly caller: string;
  /** Request id or client token of the call; null where it carried none. */
  readonly key: string | null;
  readonly before: unknown;
  readonly after: unknown;
  /** Whether anything differs between before and after. */
  readonly effective: boolean;
}

/** What a protocol enters; the rest the ledger knows. */
export type LedgerRecord = Omit<LedgerEntry, 'seq' | 'at' | 'serviceAt' | 'effective'>;

/** Append-only record of effects, kept by the world and never by the product. */
export interface Ledger {
  append(record: LedgerRecord): void;
  after(seq: number): readonly LedgerEntry[];
  /** Takes the entries of an earlier process as its own. */
  restore(entries: readonly LedgerEntry[]): void;
  clear(): void;
}

/** @param nowMs service time now. */
export function createLedger(nowMs: () => number): Ledger {
  let entries: LedgerEntry[] = [];
  return {
    append(record) {
      entries.push({
        ...record,
        seq: entries.length + 1,
        at: new Date().toISOString(),
        serviceAt: new Date(nowMs()).toISOString(),
        effective: JSON.stringify(record.before) !== JSON.stringify(record.after),
      });
    },
    after: (seq) => entries.slice(Math.max(0, seq)),
    restore(earlier) {
      entries = [...earlier];
    },
    clear() {
      entries = [];
    },
  };
}
