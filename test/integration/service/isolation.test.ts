import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server, Socket } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { resolveRelativeDates } from '../../../domain/calendar.ts';
import type { ProviderTest } from '../../../domain/integration.ts';
import { startService, type TestService } from '../../support/service.ts';
import { bookingsOn, smallFleet, smallSeason } from '../../support/small-fleet.ts';

const RECORDER = fileURLToPath(new URL('../../support/record-connections.ts', import.meta.url));
/** Looks like a real one; appears wherever a credential of the machine was used. */
const ACCESS_KEY = 'AKIAQ3EGWJ7ZLOOKSREAL';

let service: TestService;
let trap: Server;
/** Connections anybody opened to the trap. */
let trapped = 0;
let folder: string;
let connectionsFile: string;

beforeAll(async () => {
  trap = createServer((socket) => {
    trapped += 1;
    socket.destroy();
  });
  await new Promise<void>((resolve) => trap.listen(0, '127.0.0.1', resolve));
  folder = mkdtempSync(join(tmpdir(), 'wedscale-isolation-'));
  connectionsFile = join(folder, 'connections');
  writeFileSync(connectionsFile, '');
  service = await startService({ fleet: smallFleet(), instant: true, env: temptations(trapUrl()) });
});
afterAll(async () => {
  await service?.stop();
  trap?.close();
  if (folder) rmSync(folder, { recursive: true, force: true });
});

function trapUrl(): string {
  return `http://127.0.0.1:${(trap.address() as AddressInfo).port}`;
}

function file(name: string, content: string): string {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  return path;
}

/** Everything a machine of a platform engineer may have lying around, all of it leading into the trap. */
function temptations(url: string): Readonly<Record<string, string>> {
  const host = url.replace('http://', '');
  const profile = `aws_access_key_id = ${ACCESS_KEY}\naws_secret_access_key = secret\nendpoint_url = ${url}\n`;
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const serviceAccount = {
    type: 'service_account',
    project_id: 'weddings',
    private_key_id: 'real',
    private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
    client_email: 'scale@weddings.iam.gserviceaccount.com',
    token_uri: `${url}/token`,
  };
  const cluster = { name: 'weddings', cluster: { server: url } };
  const context = { name: 'weddings', context: { cluster: 'weddings', user: 'me' } };
  const user = { name: 'me', user: { token: 'real' } };
  const kubeconfig = JSON.stringify({
    ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'weddings' },
    ...{ clusters: [cluster], contexts: [context], users: [user] },
  });
  file('.kube/config', kubeconfig);
  file('.aws/credentials', `[default]\n${profile}[production]\n${profile}`);
  file('.config/gcloud/application_default_credentials.json', JSON.stringify(serviceAccount));
  const proxies = ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'GRPC_PROXY'].flatMap((name) => [
    [name, url],
    [name.toLowerCase(), url],
  ]);
  const awsServices = ['APPLICATION_AUTO_SCALING', 'ECS', 'IAM', 'ROUTE_53', 'SERVICE_QUOTAS', 'STS'];
  return {
    ...Object.fromEntries(proxies),
    ...Object.fromEntries(awsServices.map((name) => [`AWS_ENDPOINT_URL_${name}`, url])),
    // The Temporal binary stays where it is; all else of the home directory is the made-up one.
    WEDSCALE_CACHE_DIR:
      process.env.WEDSCALE_CACHE_DIR ??
      join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'wedscale'),
    HOME: folder,
    NODE_OPTIONS: `--import=${RECORDER}`,
    TEST_CONNECTIONS_FILE: connectionsFile,
    AWS_ACCESS_KEY_ID: ACCESS_KEY,
    AWS_SECRET_ACCESS_KEY: 'secret',
    AWS_SESSION_TOKEN: 'session',
    AWS_PROFILE: 'production',
    AWS_REGION: 'eu-west-1',
    AWS_CONFIG_FILE: file('aws-config', `[profile production]\nregion = eu-west-1\n${profile}`),
    AWS_SHARED_CREDENTIALS_FILE: file('aws-credentials', `[production]\n${profile}`),
    AWS_ENDPOINT_URL: url,
    AWS_EC2_METADATA_SERVICE_ENDPOINT: url,
    AWS_CONTAINER_CREDENTIALS_FULL_URI: `${url}/credentials`,
    GOOGLE_APPLICATION_CREDENTIALS: file('google.json', JSON.stringify(serviceAccount)),
    GOOGLE_CLOUD_PROJECT: 'weddings',
    GCE_METADATA_HOST: host,
    AZURE_TENANT_ID: '11111111-2222-3333-4444-555555555555',
    AZURE_CLIENT_ID: '66666666-7777-8888-9999-000000000000',
    AZURE_CLIENT_SECRET: 'secret',
    AZURE_AUTHORITY_HOST: url,
    IDENTITY_ENDPOINT: url,
    IDENTITY_HEADER: 'real',
    KUBECONFIG: file('kubeconfig', kubeconfig),
    KUBERNETES_SERVICE_HOST: '127.0.0.1',
    KUBERNETES_SERVICE_PORT: host.split(':')[1] ?? '',
    DD_API_KEY: '0123456789abcdef0123456789abcdef',
    DD_APP_KEY: '0123456789abcdef0123456789abcdef01234567',
    DD_SITE: 'datadoghq.eu',
    DATADOG_API_KEY: '0123456789abcdef0123456789abcdef',
    DATADOG_APP_KEY: '0123456789abcdef0123456789abcdef01234567',
    DATADOG_HOST: url,
  };
}

describe('a service that no provider is connected to for real', () => {
  test('completes a season against the sandbox, whatever credentials and proxies lie around', async () => {
    await service.client.request('/api/bookings', {
      method: 'POST',
      body: [...bookingsOn([3], 'gb', 100, 3), ...bookingsOn([3], 'fr', 100, 2)],
    });
    const everywhere = { performanceRequirements: { maximumProviderSharePercent: 40 } };
    const body = resolveRelativeDates(smallSeason(everywhere), Date.now());
    const report = await service.ended(await service.start('/api/scaling/seasons', body));
    expect([report.error, report.status]).toEqual([undefined, 'completed']);
    expect(report.environment).toBe('sandbox');
    expect(new Set(report.cells.map((cell) => cell.provider)).size).toBe(4);
    expect(report.monitoring.map(({ status }) => status)).toEqual(['published']);
  });

  test('tests a provider with stand-in credentials, whatever it is given', async () => {
    const given = [
      { roleArn: 'arn:aws:iam::123456789012:role/production', sourceProfile: 'production' },
      { accessKeyId: ACCESS_KEY, secretAccessKey: 'secret' },
      { chain: true },
    ];
    for (const credentials of given) {
      const body = { provider: 'aws', name: 'w', regions: ['eu-west-1'], credentials };
      const path = '/api/integrations/scalability/cloud-providers';
      const { testResult } = await service.client.request<{ testResult: ProviderTest }>(path, {
        method: 'POST',
        body,
      });
      expect(testResult.environment).toBe('sandbox');
      expect(testResult.identity).toMatchObject({
        status: 'proven',
        arn: expect.stringMatching(/user\/SANDBOX$/),
      });
    }
  });

  test('has asked no host but its own parts and the sandbox', async () => {
    const connections = new Set(readFileSync(connectionsFile, 'utf8').trim().split('\n'));
    const vendors = ['aws', 'gcp', 'azure', 'kubernetes', 'datadog'].map((name) => {
      const { hostname, port } = new URL(service.sandbox[name] ?? '');
      return `${hostname}:${port}`;
    });
    // The record is of what we think it is: every vendor of the sandbox and Temporal are in it.
    expect([...connections]).toEqual(expect.arrayContaining([...vendors, service.temporal.address]));
    expect([...connections].filter((one) => !/^(127\.0\.0\.1|localhost):\d+$/.test(one))).toEqual([]);
    expect([...connections]).not.toContain(trapUrl().replace('http://', ''));
    expect(trapped).toBe(0);
  });

  test('has shown nobody a credential of the machine', async () => {
    const callers = new Set((await service.control.ledger()).map(({ caller }) => caller));
    expect(callers.size).toBeGreaterThan(0);
    for (const caller of callers) expect(caller).not.toContain(ACCESS_KEY);
  });

  test('would have been caught: the trap counts', async () => {
    const socket = new Socket().connect((trap.address() as AddressInfo).port, '127.0.0.1');
    await new Promise((resolve) => socket.on('close', resolve));
    expect(trapped).toBe(1);
  });
});
