import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../worker/embedded/free-port.ts';
import { createKubectl, type Kubectl } from './kubectl.ts';
import { etcdBinary, kubernetesBinaries } from './kubernetes-binaries.ts';
import { answers, type Server, startServer } from './processes.ts';

/** Name of the cluster and of its administrator's context in the kubeconfig. */
export const CLUSTER = 'conformance';

/** Contexts of the same cluster for somebody without any right, and for somebody unknown. */
export const GUEST = 'guest';
export const STRANGER = 'stranger';

/** A running control plane with nodes and pods by kwok. */
export interface Cluster {
  readonly kubectl: Kubectl;
  /** Holds a context for each of the names above. */
  readonly kubeconfig: string;
  stop(): Promise<void>;
}

/**
 * Starts etcd, API server, controller manager, scheduler and kwok on free ports of loopback, with everything
 * they write below one folder that goes when they stop. @throws NotRun where a binary cannot be had.
 */
export async function startCluster(cacheFolder: string): Promise<Cluster> {
  const { command, stages } = await kubernetesBinaries(cacheFolder);
  const etcd = await etcdBinary(cacheFolder);
  const folder = mkdtempSync(join(tmpdir(), 'wedscale-kubernetes-'));
  const started: Server[] = [];
  const stop = async () => {
    for (const server of started.toReversed()) await server.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  // SIGTERM takes an API server twenty seconds, and far longer without its etcd; nothing here is kept.
  const start: Start = async (...given) => {
    started.push(await startServer(...given, { signal: 'SIGKILL', cwd: folder }));
  };
  try {
    const stored = await startEtcd(start, etcd, folder);
    const server = await startApiServer(start, command('kube-apiserver'), folder, stored);
    const kubeconfig = writeKubeconfig(folder, server);
    await startControllers(start, command, folder, kubeconfig);
    await startKwok(start, command('kwok'), kubeconfig, stages);
    return { kubectl: createKubectl(command('kubectl'), kubeconfig, CLUSTER, folder), kubeconfig, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

type Start = (
  name: string,
  command: string,
  args: readonly string[],
  ready: () => Promise<unknown>,
) => Promise<void>;

async function startEtcd(start: Start, etcd: string, folder: string): Promise<string> {
  const client = `http://127.0.0.1:${await freePort()}`;
  const peer = `http://127.0.0.1:${await freePort()}`;
  const listen = [
    '--listen-client-urls',
    client,
    '--advertise-client-urls',
    client,
    '--listen-peer-urls',
    peer,
  ];
  const args = ['--data-dir', join(folder, 'etcd'), ...listen, '--unsafe-no-fsync'];
  await start('etcd', etcd, args, () => answers(`${client}/health`));
  return client;
}

async function startApiServer(start: Start, command: string, folder: string, etcd: string): Promise<string> {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const key = join(folder, 'service-accounts.key');
  const tokens = join(folder, 'tokens.csv');
  writeFileSync(key, privateKey.export({ type: 'pkcs1', format: 'pem' }));
  writeFileSync(tokens, 'admin-token,admin,admin,system:masters\nguest-token,guest,guest\n');
  const port = String(await freePort());
  const args = [
    ...common(folder, port),
    '--etcd-servers',
    etcd,
    `--service-account-key-file=${key}`,
    `--service-account-signing-key-file=${key}`,
    '--service-account-issuer=https://127.0.0.1',
    `--token-auth-file=${tokens}`,
    '--authorization-mode=RBAC',
    // Without tokens for pods there is no account to wait for in a new namespace.
    '--disable-admission-plugins=ServiceAccount',
    // With the older etcd of Debian, kwok's watches fail otherwise.
    '--feature-gates=WatchList=false',
  ];
  await start('kube-apiserver', command, args, () => healthy(port, '/readyz'));
  return `https://127.0.0.1:${port}`;
}

async function startControllers(
  start: Start,
  command: (name: string) => string,
  folder: string,
  kubeconfig: string,
): Promise<void> {
  const shared = [
    '--kubeconfig',
    kubeconfig,
    '--leader-elect=false',
    '--kube-api-qps=500',
    '--kube-api-burst=1000',
  ];
  const managerPort = String(await freePort());
  const schedulerPort = String(await freePort());
  const manager = [
    ...common(folder, managerPort),
    ...shared,
    `--service-account-private-key-file=${join(folder, 'service-accounts.key')}`,
    '--horizontal-pod-autoscaler-sync-period=1s',
  ];
  const name = 'kube-controller-manager';
  await start(name, command(name), manager, () => healthy(managerPort, '/healthz'));
  const scheduler = [...common(folder, schedulerPort), ...shared];
  const ready = () => healthy(schedulerPort, '/readyz');
  await start('kube-scheduler', command('kube-scheduler'), scheduler, ready);
}

async function startKwok(
  start: Start,
  command: string,
  kubeconfig: string,
  stages: readonly string[],
): Promise<void> {
  const address = `127.0.0.1:${await freePort()}`;
  const args = [
    ...['--kubeconfig', kubeconfig, '--manage-all-nodes', '--cidr', '10.64.0.0/16'],
    ...['--server-address', address],
    ...stages.map((stage) => `--config=${stage}`),
  ];
  await start('kwok', command, args, () => answers(`http://${address}/healthz`));
}

function common(folder: string, port: string): readonly string[] {
  const certificates = join(folder, 'certs');
  mkdirSync(certificates, { recursive: true });
  return ['--bind-address', '127.0.0.1', '--cert-dir', certificates, '--secure-port', port];
}

/** Its certificate is its own, made a moment ago; what is asked for here is no secret. */
function healthy(port: string, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = get(
      { host: '127.0.0.1', port, path, rejectUnauthorized: false, timeout: 5_000 },
      (response) => {
        response.resume();
        if (response.statusCode === 200) resolve();
        else reject(new Error(`${path} answers ${response.statusCode}`));
      },
    );
    request.on('timeout', () => request.destroy(new Error(`${path} does not answer`)));
    request.on('error', reject);
  });
}

/** The file holds JSON, which is YAML too. */
function writeKubeconfig(folder: string, server: string): string {
  const ca = readFileSync(join(folder, 'certs', 'apiserver.crt')).toString('base64');
  const cluster = { server, 'certificate-authority-data': ca };
  const tokens = { [CLUSTER]: 'admin-token', [GUEST]: 'guest-token', [STRANGER]: 'nobody-knows-this' };
  const names = Object.keys(tokens);
  const file = join(folder, 'kubeconfig');
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: CLUSTER, cluster }],
    users: Object.entries(tokens).map(([name, token]) => ({ name, user: { token } })),
    contexts: names.map((name) => ({ name, context: { cluster: CLUSTER, user: name } })),
    'current-context': CLUSTER,
  };
  writeFileSync(file, JSON.stringify(config));
  return file;
}
