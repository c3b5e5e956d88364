import { type SandboxClock, serviceNowMs } from './clock.ts';
import { createFaults, type Faults } from './faults.ts';
import { createLedger, type Ledger } from './ledger.ts';
import { createLimits, type Limits } from './limits.ts';
import { createPipeline, type Pipeline } from './pipeline.ts';
import { createWorld, type World } from './world.ts';

/** An answer in a vendor's form. Status 0 closes the connection without one, after `closeAfterMs`. */
export interface SandboxResponse {
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly body: string | Buffer;
  readonly closeAfterMs?: number;
}

/** What every protocol builds on. */
export interface Core {
  readonly world: World;
  readonly ledger: Ledger;
  readonly faults: Faults;
  readonly limits: Limits;
  readonly clock: SandboxClock;
  readonly pipeline: Pipeline;
  /** Calls counted by `vendor operation status`. */
  readonly requests: Map<string, number>;
  /** Port of every endpoint by its name, once it listens. */
  readonly ports: Map<string, number>;
  /** State of protocols that is not a resource (record sets, dashboards), by name, for the control endpoint. */
  readonly sections: Map<string, { load(input: unknown): void; state(): unknown; clear(): void }>;
}

/** Makes an empty world with its clock, limits and faults. */
export function createCore(clock: SandboxClock): Core {
  const nowMs = () => serviceNowMs(clock);
  const ledger = createLedger(nowMs);
  const faults = createFaults();
  const limits = createLimits(nowMs);
  const requests = new Map<string, number>();
  const world = createWorld(nowMs, ledger, faults);
  return {
    world,
    ledger,
    faults,
    limits,
    clock,
    requests,
    ports: new Map(),
    sections: new Map(),
    pipeline: createPipeline({ faults, limits, requests, world }),
  };
}
