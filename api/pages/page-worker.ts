import { fileURLToPath } from 'node:url';
import { Piscina } from 'piscina';
import type { PlanGrounds } from '../../domain/explanation/plan-grounds.ts';
import type { PlanPage } from './plan-page.ts';

/** A thread that nobody has asked for this long ends, in milliseconds. */
const IDLE_MS = 30_000;

/** Draws pages beside the event loop: every floor of a large plan is explained, which takes a while. */
export interface PageWorker {
  draw(grounds: PlanGrounds): Promise<PlanPage>;
  close(): Promise<void>;
}

/** A thread for pages, started by the first one. */
export function pageWorker(): PageWorker {
  const pool = new Piscina({
    filename: fileURLToPath(new URL('plan-page.ts', import.meta.url)),
    name: 'planPage',
    minThreads: 0,
    maxThreads: 1,
    idleTimeout: IDLE_MS,
  });
  return {
    draw: (grounds) => pool.run(grounds) as Promise<PlanPage>,
    close: () => pool.destroy(),
  };
}
