import type { VendorConnection } from '../../domain/connection.ts';
import type { Monitor } from '../../domain/monitor.ts';
import type { Guarded } from '../calls/call-guard.ts';

/** What a monitor is made with. */
export interface MonitorOptions extends Guarded {
  readonly connection: VendorConnection;
  /** Needed in mode `real`. */
  readonly apiKey: string | undefined;
  readonly appKey: string | undefined;
}

/** A monitoring platform by its id; its SDK is loaded no earlier than its file. */
export interface MonitorEntry {
  readonly id: string;
  readonly load: () => Promise<(options: MonitorOptions) => Monitor>;
}

/** Every monitoring platform, sorted by id. */
export const monitorRegistry: readonly MonitorEntry[] = [
  { id: 'datadog', load: async () => (await import('./datadog.ts')).createDatadogMonitor },
];
