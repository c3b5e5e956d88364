import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { deserialize, serialize } from 'node:v8';
import type { Core } from './core.ts';
import type { LedgerEntry } from './ledger.ts';
import type { WorldSnapshot } from './world.ts';

/** How often what has changed is written, in milliseconds of wall time; so much a kill may lose. */
const SAVE_EVERY_MS = 200;

interface Snapshot {
  readonly version: 1;
  readonly world: WorldSnapshot;
  readonly ledger: readonly LedgerEntry[];
  readonly sections: readonly (readonly [name: string, state: unknown])[];
}

/** Keeps a sandbox in a file, as clouds keep what they have when a client of theirs restarts. */
export interface Persistence {
  /** Whether the file held a world. */
  readonly restored: boolean;
  /** Writes once more and stops. */
  stop(): void;
}

/**
 * Restores a core from `file`, where there is one, and writes it there as it changes. Fault rules, token buckets
 * and request counters are not kept: they belong to a rehearsal. @throws Error for a file that cannot be read.
 */
export function persist(core: Core, file: string): Persistence {
  const snapshot = readSnapshot(file);
  if (snapshot) restore(core, snapshot);
  let saved = '';
  const save = () => {
    const mark = markOf(core);
    if (mark === saved) return;
    // Written beside and renamed: a kill in the middle leaves the file before.
    writeFileSync(`${file}.new`, serialize(snapshotOf(core)), { mode: 0o600 });
    renameSync(`${file}.new`, file);
    saved = mark;
  };
  const timer = setInterval(save, SAVE_EVERY_MS);
  timer.unref();
  return {
    restored: snapshot !== null && snapshot.world.resources.length > 0,
    stop() {
      clearInterval(timer);
      save();
    },
  };
}

/** Everything that is kept changes with a call, with the control endpoint, or with time. */
function markOf(core: Core): string {
  core.world.tick();
  const calls = [...core.requests.values()].reduce((sum, count) => sum + count, 0);
  const serving = [...core.world.resources.values()].reduce((sum, { servingUnits }) => sum + servingUnits, 0);
  return [calls, core.ledger.after(0).length, core.world.resources.size, serving].join(' ');
}

function snapshotOf(core: Core): Snapshot {
  return {
    version: 1,
    world: core.world.snapshot(),
    ledger: core.ledger.after(0),
    sections: [...core.sections].map(([name, section]) => [name, section.state()] as const),
  };
}

function restore(core: Core, { world, ledger, sections }: Snapshot): void {
  core.world.restore(world);
  core.ledger.restore(ledger);
  for (const [name, state] of sections) core.sections.get(name)?.load(state);
}

function readSnapshot(file: string): Snapshot | null {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  const snapshot = deserialize(bytes) as Snapshot;
  if (snapshot.version === 1) return snapshot;
  throw new Error(`${file} is of another release; remove it to begin with an empty sandbox`);
}
