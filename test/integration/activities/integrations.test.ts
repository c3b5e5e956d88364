import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { createAdapters } from '../../../activities/adapters.ts';
import { UNGUARDED } from '../../../activities/calls/call-guard.ts';
import { UNCACHED } from '../../../activities/calls/read-cache.ts';
import { type CredentialSource, credentialsInUse } from '../../../activities/connections/_aws-credentials.ts';
import { withStoredCredentials } from '../../../activities/connections/stored-credentials.ts';
import type { ActivityDependencies } from '../../../activities/dependencies.ts';
import { createIntegrationActivities } from '../../../activities/integrations.ts';
import { createEcsApi } from '../../../activities/scalers/aws/_ecs-api.ts';
import type { VendorConnection } from '../../../domain/connection.ts';
import { testSucceeded } from '../../../domain/integration.ts';
import type { ProviderCredentials } from '../../../domain/schemas/cloud-provider.ts';
import { importFleet } from '../../../store/fleet.ts';
import { createIntegration, getIntegration } from '../../../store/integrations.ts';
import { createVault, type Vault } from '../../../store/vault.ts';
import { sandboxWorld } from '../../../worker/sandbox-world.ts';
import { type TestDatabase, testDatabase } from '../../support/postgres.ts';
import { type SandboxProcess, startSandbox } from '../../support/sandbox.ts';
import { smallFleet } from '../../support/small-fleet.ts';

const ACCOUNT = '123456789012';
const ROLE = `arn:aws:iam::${ACCOUNT}:role/platform/scale`;
const KEYS = { accessKeyId: 'AKIAWEDDINGSTORED001', secretAccessKey: 'a-secret-nobody-else-has' };
/** What the machine has lying around: the chain finds these. */
const OF_THE_MACHINE = { AWS_ACCESS_KEY_ID: 'AKIAOFTHEMACHINE0001', AWS_SECRET_ACCESS_KEY: 'x' };

const vault = createVault(randomBytes(32));
const before = { ...process.env };
let database: TestDatabase;
let sandbox: SandboxProcess;

beforeAll(async () => {
  database = await testDatabase();
  sandbox = await startSandbox({ timeScale: 600 });
  await importFleet(database.db, smallFleet(), 'test');
  Object.assign(process.env, OF_THE_MACHINE);
});
afterAll(async () => {
  process.env = before;
  await sandbox?.stop();
  await database?.close();
});
beforeEach(async () => {
  await database.db.deleteFrom('integrations').execute();
  await sandbox.loadWorld(sandboxWorld(smallFleet(), true) as object);
});

/** AWS as a real service reaches it, only that the address is the sandbox's. */
const real = (): VendorConnection => ({ mode: 'real', endpoint: sandbox.addresses.aws });

function activities(connection: VendorConnection | undefined, opened: Vault | null = vault) {
  const deps = {
    db: database.db,
    clock: { anchorMs: 0, scale: 1 },
    log: pino({ level: 'silent' }),
  } as ActivityDependencies;
  const connections = connection ? { aws: connection } : {};
  return createIntegrationActivities(deps, { connections, vault: opened, guard: UNGUARDED });
}

/** Connects with these credentials and tests them. */
async function tested(
  credentials: ProviderCredentials,
  connection: VendorConnection | undefined = real(),
  opened: Vault | null = vault,
  regions: readonly string[] = ['eu-west-1'],
) {
  const integrationId = await connected(credentials, regions);
  await activities(connection, opened).checkProvider({ integrationId });
  const row = await getIntegration(database.db, integrationId);
  if (!row?.test) throw new Error('it was not tested');
  return { ...row.test, state: row.state };
}

function connected(credentials: ProviderCredentials, regions = ['eu-west-1'] as readonly string[]) {
  const credentialKind = 'roleArn' in credentials ? 'role' : 'chain' in credentials ? 'chain' : 'keys';
  const common = { provider: 'aws', name: 'w', regions, resourceArns: [] } as const;
  return createIntegration(database.db, vault, { ...common, credentials, credentialKind }, 'test');
}

describe('the test of AWS, as a real service makes it', () => {
  test.each<[string, ProviderCredentials, string]>([
    ['keys', KEYS, `arn:aws:iam::${ACCOUNT}:user/${KEYS.accessKeyId}`],
    [
      'a role',
      { roleArn: ROLE, externalId: 'weddings' },
      `arn:aws:sts::${ACCOUNT}:assumed-role/scale/wedscale`,
    ],
    ['the chain', { chain: true }, `arn:aws:iam::${ACCOUNT}:user/${OF_THE_MACHINE.AWS_ACCESS_KEY_ID}`],
  ])('is made with the credentials that were given: %s', async (_kind, credentials, arn) => {
    const found = await tested(credentials);
    expect(found.identity).toEqual({ status: 'proven', account: ACCOUNT, arn, message: '' });
    expect([found.environment, found.state, testSucceeded(found)]).toEqual(['real', 'connected', true]);
    expect(found.reads).toContainEqual(
      expect.objectContaining({ service: 'aws.ecs', region: 'eu-west-1', status: 'ok' }),
    );
    expect(found.permissions.map(({ name, status, how }) => [name, status, how])).toEqual(
      expect.arrayContaining([
        ['application-autoscaling:DescribeScalableTargets', 'allowed', 'call'],
        ['application-autoscaling:RegisterScalableTarget', 'allowed', 'simulation'],
        ['ecs:DescribeServices', 'allowed', 'call'],
        ['ecs:UpdateService', 'allowed', 'simulation'],
      ]),
    );
  });

  test('reads by listing where the fleet declares nothing, as at the very first connection', async () => {
    const found = await tested(KEYS, real(), vault, ['us-east-1']);
    expect(found.reads).toContainEqual(
      expect.objectContaining({ service: 'aws.ecs', region: 'us-east-1', status: 'ok' }),
    );
    const { requests } = (await sandbox.send('GET', '/requests')) as { requests: { operation: string }[] };
    const operations = requests.map(({ operation }) => operation);
    expect(operations).toContain('ListClusters');
    expect(operations).not.toContain('UpdateService');
  });

  test('changes nothing', async () => {
    await tested(KEYS);
    expect(await sandbox.ledger()).toEqual([]);
  });

  test.each([
    ['a write, by the simulation', 'UpdateService', 'ecs:UpdateService', 'simulation', true],
    ['a read, by the call', 'DescribeServices', 'ecs:DescribeServices', 'call', false],
  ])('names the permission that is missing: %s', async (_what, operation, name, how, readsWork) => {
    await sandbox.faults({ match: { operation }, kind: 'denied' });
    const found = await tested(KEYS);
    const denied = found.permissions.filter(({ status }) => status === 'denied');
    expect(denied.map((one) => [one.name, one.how])).toEqual([[name, how]]);
    const read = found.reads.find(({ service }) => service === 'aws.ecs');
    expect(read?.status).toBe(readsWork ? 'ok' : 'failed');
    expect(testSucceeded(found)).toBe(false);
  });

  test('says of a role that may not be assumed that nobody knows who calls', async () => {
    await sandbox.faults({ match: { operation: 'AssumeRole' }, kind: 'denied' });
    const found = await tested({ roleArn: ROLE });
    expect([found.identity.status, found.state]).toEqual(['failed', 'refused']);
    expect(found.identity.message).toMatch(/not authorized/);
  });

  test('does without the simulation where that is denied', async () => {
    await sandbox.faults({ match: { operation: 'SimulatePrincipalPolicy' }, kind: 'denied' });
    const found = await tested(KEYS);
    expect(testSucceeded(found)).toBe(true);
    const write = found.permissions.find(({ name }) => name === 'ecs:UpdateService');
    expect(write).toMatchObject({
      status: 'notTested',
      message: 'needs iam:SimulatePrincipalPolicy, which is denied',
    });
  });

  test('says of a worker without the key, or without AWS, what to do', async () => {
    const noKey = await tested(KEYS, real(), null);
    expect(noKey.identity.message).toMatch(/Set WEDSCALE_VAULT_KEY_FILE or WEDSCALE_VAULT_KEY/);
    const otherKey = await tested(KEYS, real(), createVault(randomBytes(32)));
    expect(otherKey.identity.message).toMatch(/sealed with vault key [0-9a-f]{16}/);
    const integrationId = await connected(KEYS);
    await activities(undefined).checkProvider({ integrationId });
    const row = await getIntegration(database.db, integrationId);
    expect(row?.test?.identity.message).toMatch(/name it in WEDSCALE_REAL_VENDORS/);
  });
});

describe('the test of AWS, as a sandbox service makes it', () => {
  test('shows the sandbox the stand-in credentials and nothing of what was given', async () => {
    const found = await tested({ roleArn: ROLE }, { mode: 'sandbox', endpoint: sandbox.addresses.aws });
    expect(found.environment).toBe('sandbox');
    expect(found.identity.arn).toBe(`arn:aws:iam::${ACCOUNT}:user/SANDBOX`);
    const { requests } = (await sandbox.send('GET', '/requests')) as { requests: { operation: string }[] };
    expect(requests.map(({ operation }) => operation)).not.toContain('AssumeRole');
  });

  test('needs no key, because nothing is opened', async () => {
    const found = await tested(KEYS, { mode: 'sandbox', endpoint: sandbox.addresses.aws }, null);
    expect(testSucceeded(found)).toBe(true);
  });
});

describe('the credentials scalers use', () => {
  const target = smallFleet().targets.find(({ id }) => id === 'ecs-count');
  const signal = AbortSignal.timeout(60_000);

  /** Sets a count by the scaler and tells who the sandbox saw. */
  async function callerOf(connection: VendorConnection): Promise<string | undefined> {
    if (!target) throw new Error('the small fleet has ecs-count');
    const adapters = createAdapters({
      connections: withStoredCredentials({ aws: connection }, database.db, vault),
      timeScale: 600,
      credentials: {},
      log: pino({ level: 'silent' }),
      guard: UNGUARDED,
      cache: UNCACHED,
    });
    const scaler = await adapters.scaler('aws.ecs');
    const seen = (await scaler.read([target], signal)).get(target.id);
    if (!seen) throw new Error('it was not read');
    await scaler.apply(target, seen, { kind: 'count', units: 5 }, crypto.randomUUID(), signal);
    return (await sandbox.ledger()).at(-1)?.caller;
  }

  test("are the chain's while no integration is stored", async () => {
    expect(await callerOf(real())).toBe(OF_THE_MACHINE.AWS_ACCESS_KEY_ID);
  });

  test('are those of the integration in use', async () => {
    await tested(KEYS);
    expect(await callerOf(real())).toBe(KEYS.accessKeyId);
  });

  test('are those of the role it assumes', async () => {
    await tested({ roleArn: ROLE });
    expect(await callerOf(real())).toMatch(/^ASIA/);
  });

  test('are the stand-in ones against the sandbox, whatever is stored', async () => {
    await tested(KEYS);
    expect(await callerOf({ mode: 'sandbox', endpoint: sandbox.addresses.aws })).toBe('SANDBOX');
  });

  test('are changed ones under a client that lives on', async () => {
    let nowMs = 1_000_000;
    let source: CredentialSource = { version: 'int_a', credentials: KEYS, region: 'eu-west-1' };
    const credentials = credentialsInUse({ nowMs: () => nowMs, find: async () => source });
    const api = createEcsApi({ connection: { ...real(), mode: 'real', credentials }, guard: UNGUARDED });
    const name = { region: 'eu-west-1', cluster: 'weddings', service: 'uploads' };
    await api.setDesiredCount(name, 3, signal);
    const other = { ...KEYS, accessKeyId: 'AKIAWEDDINGROTATED01' };
    source = { version: 'int_b', credentials: other, region: 'eu-west-1' };
    await api.setDesiredCount(name, 4, signal);
    nowMs += 60_000;
    await api.setDesiredCount(name, 5, signal);
    const callers = (await sandbox.ledger()).map(({ caller }) => caller);
    expect(callers).toEqual([KEYS.accessKeyId, KEYS.accessKeyId, other.accessKeyId]);
  });
});
