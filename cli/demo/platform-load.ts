import type { Fleet } from '../../domain/fleet.ts';
import type { ApiClient } from '../client.ts';

/** How often the platform reports, in milliseconds. */
const EVERY_MS = 1_000;
/** Load of a platform without weddings, as a share of what the capacity there before can carry. */
const QUIET_SHARE = 0.3;

/**
 * Stands in for the platform's own telemetry: reports a quiet load of every target over `POST
 * /api/observations`, which is what the gate waits for before capacity is taken away.
 * @returns how to stop it.
 */
export function reportQuietLoad(api: ApiClient, fleet: Fleet): () => void {
  const body = fleet.targets.map(({ id, baselineUnits, capacityPerUnit }) => ({
    subject: id,
    value: baselineUnits * capacityPerUnit * QUIET_SHARE,
  }));
  const send = () => {
    // A report that does not arrive is one reading less; the gate then stays closed a little longer.
    api.request('/api/observations', { method: 'POST', body }).catch(() => undefined);
  };
  send();
  const timer = setInterval(send, EVERY_MS);
  return () => clearInterval(timer);
}
