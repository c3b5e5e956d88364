import type { VendorConnection } from '../../domain/connection.ts';
import type { TrafficRouter } from '../../domain/scaler.ts';
import type { Guarded } from '../calls/call-guard.ts';

/** Makes a router; calls nobody. */
export type RouterFactory = (connection: VendorConnection, options: Guarded) => TrafficRouter;

/** A router by its service's id; loading it loads its file, and an SDK no earlier than that. */
export interface RouterEntry {
  readonly id: string;
  readonly load: () => Promise<RouterFactory>;
}

/** Every traffic router, sorted by id. */
export const routerRegistry: readonly RouterEntry[] = [
  { id: 'aws.route53', load: async () => (await import('./route-53.ts')).createRoute53Router },
];
