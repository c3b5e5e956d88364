import type { VendorConnection } from '../domain/connection.ts';
import { type ProviderTest, testSucceeded } from '../domain/integration.ts';
import { currentFleet } from '../store/fleet.ts';
import { getIntegration, type Integration, livingIntegrations, settleTest } from '../store/integrations.ts';
import { VaultError } from '../store/vault.ts';
import { createAdapters } from './adapters.ts';
import { UNCACHED } from './calls/read-cache.ts';
import { providerOf } from './connections/_aws-credentials.ts';
import { recordingGuard } from './connections/_recording-guard.ts';
import { testProvider } from './connections/provider-test.ts';
import { type CheckerOptions, checkerRegistry } from './connections/registry.ts';
import { sourceOf } from './connections/stored-credentials.ts';
import type { ActivityDependencies, VendorAccess } from './dependencies.ts';

/**
 * One part of a test may take so long, in milliseconds of wall time: it holds no lease, and the first one also loads
 * an SDK.
 */
const PART_LIMIT_MS = 20_000;

/** Activities that test how providers are connected. Nothing at a vendor is changed. */
export function createIntegrationActivities(deps: ActivityDependencies, access: VendorAccess) {
  const { db } = deps;
  return {
    /** Ids of the integrations to test now. */
    async integrationsToCheck(): Promise<readonly string[]> {
      return (await livingIntegrations(db)).map(({ id }) => id);
    },

    /** Tests one connection and stores what was found. What a vendor refuses is a finding, not a failure. */
    async checkProvider(request: { readonly integrationId: string }): Promise<{ succeeded: boolean }> {
      const integration = await getIntegration(db, request.integrationId);
      if (!integration || integration.ended_at) return { succeeded: false };
      const test = await testOf(deps, access, integration);
      await settleTest(db, integration.id, test);
      return { succeeded: testSucceeded(test) };
    },
  };
}

async function testOf(
  deps: ActivityDependencies,
  access: VendorAccess,
  integration: Integration,
): Promise<ProviderTest> {
  const { provider, regions, resource_arns: resourceArns } = integration;
  const connection = access.connections[provider];
  if (!connection) {
    const advice = 'name it in WEDSCALE_REAL_VENDORS of every process, and start them again';
    return untested('real', `This service does not reach ${provider}: ${advice}.`);
  }
  try {
    const { own, roleArn } = await ownConnection(deps, access, integration, connection);
    const { guard, calls } = recordingGuard(access.guard);
    const options = { guard, regions, resourceArns, ...(roleArn !== undefined && { roleArn }) };
    const adapters = createAdapters({
      connections: { [provider]: own },
      timeScale: deps.clock.scale,
      credentials: {},
      log: deps.log,
      guard,
      // A test is of what is so now.
      cache: UNCACHED,
    });
    return await testProvider({
      provider,
      regions,
      connection: own,
      checker: await checkerOf(provider, own, options),
      calls,
      scaler: adapters.scaler,
      targets: (await currentFleet(deps.db))?.fleet.targets ?? [],
      limit: () => AbortSignal.timeout(PART_LIMIT_MS),
    });
  } catch (error) {
    if (error instanceof VaultError) return untested(connection.mode, error.message);
    throw error;
  }
}

/**
 * The connection with the integration's own credentials, whatever is in use. Against the sandbox the stand-in
 * ones stay, and what is stored is not even opened.
 */
async function ownConnection(
  { db }: ActivityDependencies,
  { vault }: VendorAccess,
  integration: Integration,
  connection: VendorConnection,
): Promise<{ readonly own: VendorConnection; readonly roleArn?: string }> {
  if (connection.mode === 'sandbox' || integration.provider !== 'aws') return { own: connection };
  const source = await sourceOf(db, vault, integration);
  const own = { ...connection, credentials: providerOf(source, connection.endpoint) };
  return 'roleArn' in source.credentials ? { own, roleArn: source.credentials.roleArn } : { own };
}

async function checkerOf(provider: string, connection: VendorConnection, options: CheckerOptions) {
  const entry = checkerRegistry.find(({ id }) => id === provider);
  return entry ? (await entry.load())(connection, options) : {};
}

/** A test that could not begin. */
function untested(environment: ProviderTest['environment'], message: string): ProviderTest {
  return {
    environment,
    testedAt: new Date().toISOString(),
    durationMs: 0,
    identity: { status: 'failed', account: null, arn: null, message },
    permissions: [],
    quotas: [],
    reads: [],
  };
}
