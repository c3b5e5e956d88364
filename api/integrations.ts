import {
  complaintOf,
  containerHealth,
  healthByTest,
  overallHealth,
  servicesRead,
  testSucceeded,
} from '../domain/integration.ts';
import { type CloudProviderRequest, parseCloudProvider } from '../domain/schemas/cloud-provider.ts';
import {
  createIntegration,
  endIntegration,
  getIntegration,
  type Integration,
  livingIntegrations,
} from '../store/integrations.ts';
import type { ApiDeps } from './dependencies.ts';
import { invalidRequest, Problem } from './problem.ts';

/** A person waits so long for a test, in milliseconds; a longer one is answered by where to look. */
const TEST_WAIT_MS = 30_000;

/** What connecting a provider came to. */
export type Connecting =
  | { readonly status: 'tested'; readonly body: ConnectedBody; readonly connected: boolean }
  | { readonly status: 'testing'; readonly integrationId: string };

/** Body of an answer whose test has ended. */
export interface ConnectedBody {
  readonly success: boolean;
  readonly integrationId: string;
  readonly provider: Integration['provider'];
  readonly services: readonly string[];
  readonly testResult: NonNullable<Integration['test']>;
  readonly setupTime: number;
}

/** Stores a provider with its credentials sealed and has a worker test it for real. @throws Problem */
export async function connectProvider(deps: ApiDeps, body: unknown, principal: string): Promise<Connecting> {
  const fromMs = performance.now();
  const parsed = parseCloudProvider(body);
  if (!parsed.ok) throw invalidRequest(parsed.faults);
  refuseWithoutVault(deps, parsed.request);
  const integrationId = await createIntegration(deps.db, deps.vault, parsed.request, principal);
  if ((await test(deps, integrationId)) === 'running') return { status: 'testing', integrationId };
  const integration = await getIntegration(deps.db, integrationId);
  if (!integration?.test) throw new Error(`the test of ${integrationId} ended without findings`);
  const { provider, state, test: testResult } = integration;
  return {
    status: 'tested',
    connected: state === 'connected',
    body: {
      success: testSucceeded(testResult),
      integrationId,
      provider,
      services: servicesRead(testResult),
      testResult,
      setupTime: Math.round(performance.now() - fromMs),
    },
  };
}

function refuseWithoutVault({ vault }: ApiDeps, { credentialKind }: CloudProviderRequest): void {
  if (vault || credentialKind === 'chain') return;
  const detail =
    'This service has no key to seal credentials with. Set WEDSCALE_VAULT_KEY_FILE or WEDSCALE_VAULT_KEY for the ' +
    'API and the workers, or connect with { "chain": true }.';
  throw new Problem('conflict', detail);
}

/** A test that cannot begin, or ends without findings, leaves nothing behind. */
async function test(deps: ApiDeps, integrationId: string): Promise<'done' | 'running'> {
  const ask = async () => {
    const outcome = await deps.temporal.checkProvider(integrationId, TEST_WAIT_MS);
    if (outcome !== 'failed') return outcome;
    throw new Error(`the test of ${integrationId} ended without findings; its workflow says why`);
  };
  const outcome = await ask().catch(async (error: unknown) => {
    await endIntegration(deps.db, integrationId, 'refused', 'a test that could not be made');
    throw error;
  });
  await deps.temporal.ensureIntegrationChecks().catch((error: unknown) => {
    deps.log.warn({ err: error }, 'periodic tests are not scheduled yet; the sweeper tries again');
  });
  return outcome;
}

/** One integration. @throws Problem `not-found` */
export async function knownIntegration(deps: ApiDeps, id: string) {
  const integration = await getIntegration(deps.db, id);
  if (!integration) throw missing(id);
  return integrationBody(integration);
}

/** Integrations in use or being tested. */
export async function listIntegrations(deps: ApiDeps) {
  return (await livingIntegrations(deps.db)).map(integrationBody);
}

/** Ends an integration and forgets its credentials. @throws Problem `not-found`, `conflict` */
export async function disconnectProvider(deps: ApiDeps, id: string, principal: string): Promise<void> {
  if (await endIntegration(deps.db, id, 'disconnected', principal)) return;
  if (!(await getIntegration(deps.db, id))) throw missing(id);
  throw new Problem('conflict', `Integration ${id} has ended already; its credentials are gone.`);
}

/** Health of everything connected, by the last tests; nothing is asked of anybody now. */
export async function integrationStatus(deps: ApiDeps) {
  const nowMs = Date.now();
  const integrations = await livingIntegrations(deps.db);
  const cloudProviders = integrations.map(({ id, provider, name, test: found }) => ({
    integrationId: id,
    provider,
    name,
    environment: found?.environment ?? null,
    status: healthByTest(found, nowMs),
    checkedAt: found?.testedAt ?? null,
    message: found ? complaintOf(found) : 'not tested yet',
  }));
  const times = cloudProviders.flatMap(({ checkedAt }) => checkedAt ?? []).toSorted();
  return {
    cloudProviders,
    monitoring: [],
    containers: integrations.flatMap(({ test: found }) => containerHealth(found, nowMs)),
    lastHealthCheck: times.at(-1) ?? null,
    overallStatus: overallHealth(cloudProviders.map(({ status }) => status)),
  };
}

function integrationBody(integration: Integration) {
  const { id, provider, name, regions, credential_kind, state, created_at, test: testResult } = integration;
  return {
    integrationId: id,
    provider,
    name,
    regions,
    credentialKind: credential_kind,
    state,
    createdAt: created_at.toISOString(),
    success: testResult && testSucceeded(testResult),
    testResult,
  };
}

function missing(id: string): Problem {
  const where = 'GET /api/integrations/scalability/cloud-providers';
  return new Problem('not-found', `There is no integration ${id}; see ${where}.`);
}
