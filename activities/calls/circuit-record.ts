import type { Kysely } from 'kysely';
import type { Logger } from 'pino';
import { CIRCUIT_FRESH_MS, forgetCircuits, recordCircuit } from '../../store/circuits.ts';
import type { Schema } from '../../store/schema.ts';
import type { CircuitChange } from './circuit-breakers.ts';

/** Tells the store what the circuits of this worker do, so that metrics and the status of integrations show it. */
export interface CircuitRecord {
  readonly note: (change: CircuitChange) => void;
  /** Takes this worker's states back. */
  close(): Promise<void>;
}

/** @param worker host and process id. Nothing here fails a call: what cannot be written now is renewed later. */
export function createCircuitRecord(db: Kysely<Schema>, worker: string, log: Logger): CircuitRecord {
  const latest = new Map<string, CircuitChange>();
  let writing: Promise<void> = Promise.resolve();

  /** One after the other, so that an older state never lands on a newer one. */
  function write(changes: readonly CircuitChange[]): void {
    writing = writing.then(async () => {
      for (const change of changes) await recordCircuit(db, { ...change, worker });
    });
    writing = writing.catch((error: unknown) =>
      log.warn({ err: error }, 'the state of a circuit could not be recorded yet'),
    );
  }
  const renewal = setInterval(
    () => write([...latest.values()].filter(({ state }) => state !== 'closed')),
    CIRCUIT_FRESH_MS / 3,
  ).unref();
  return {
    note(change) {
      latest.set([change.provider, change.region, change.api].join('|'), change);
      write([change]);
    },
    async close() {
      clearInterval(renewal);
      await writing;
      await forgetCircuits(db, worker).catch(() => undefined);
    },
  };
}
