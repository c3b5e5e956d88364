import type { ConformanceConfig } from './config.ts';
import type { Matrix } from './matrix.ts';

/** Somebody else's implementation of one side of a protocol, and what is asked of it. */
export interface Counterpart {
  /** Its column in the table, e.g. `moto`. */
  readonly id: string;
  /** Rows it has something to say about; all of them are "not run" where it cannot be had. */
  readonly services: readonly string[];
  /** What it does not have, or has in a way that nothing can be asked of; said with the table. Default nothing. */
  readonly notOffered?: readonly string[];
  /** Installs, starts, asks and stops. @throws NotRun where it cannot be had; any other throw is a failure. */
  run(matrix: Matrix, config: ConformanceConfig): Promise<void>;
}
