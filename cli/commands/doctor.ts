import { testSucceeded } from '../../domain/integration.ts';
import { type IntegrationStatus, renderDoctor, type TestedProvider } from '../render/doctor.ts';
import { EXIT, printResult, type Session } from '../session.ts';

const BASE = '/api/integrations/scalability';

/**
 * Prints whether what is connected works, and what the last test of each provider found; nothing is tested now.
 * @returns 1 where anything is denied or failing.
 */
export async function doctor(session: Session): Promise<number> {
  const [status, { cloudProviders }] = await Promise.all([
    session.api.request<IntegrationStatus>(`${BASE}/status`),
    session.api.request<{ cloudProviders: readonly TestedProvider[] }>(`${BASE}/cloud-providers`),
  ]);
  printResult(session, { status, cloudProviders }, (out) => renderDoctor(status, cloudProviders, out));
  const failing = cloudProviders.some(({ testResult }) => testResult !== null && !testSucceeded(testResult));
  return failing ? EXIT.endedOtherwise : EXIT.ok;
}
