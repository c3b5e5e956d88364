import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { NotRun } from './matrix.ts';
import { install, run } from './processes.ts';

const VERSION = 'v1.36.2';
const KWOK_VERSION = 'v0.8.0';

/** Building Kubernetes takes about seven minutes of two cores; a slow machine may need several times that. */
const BUILD_TIMEOUT_MS = 45 * 60_000;

/** Behaviours of nodes and pods that kwok is told, below its module's folder of stages. */
const STAGES = [
  'node/fast/node-initialize.yaml',
  'node/heartbeat/node-heartbeat.yaml',
  'pod/fast/pod-ready.yaml',
  'pod/fast/pod-complete.yaml',
  'pod/fast/pod-delete.yaml',
];

/** A folder with kube-apiserver, kube-controller-manager, kube-scheduler, kubectl and kwok, and kwok's stages. */
export interface KubernetesBinaries {
  command(name: string): string;
  readonly stages: readonly string[];
}

let made: Promise<KubernetesBinaries> | undefined;

/**
 * The binaries, built at the first call from the go.mod files beside this one and kept in the cache.
 * @throws NotRun without Go or without the module proxy.
 */
export function kubernetesBinaries(cacheFolder: string): Promise<KubernetesBinaries> {
  made ??= make(cacheFolder);
  return made;
}

async function make(cacheFolder: string): Promise<KubernetesBinaries> {
  const folder = join(cacheFolder, `kubernetes-${VERSION}-kwok-${KWOK_VERSION}`);
  if (!existsSync(folder)) {
    const fresh = `${folder}.new`;
    await rm(fresh, { recursive: true, force: true });
    await mkdir(fresh, { recursive: true });
    console.log(`        building Kubernetes ${VERSION} with Go, once: about seven minutes on two cores`);
    await build(fresh);
    await rename(fresh, folder);
  }
  return {
    command: (name) => join(folder, name),
    stages: STAGES.map((stage) => join(folder, 'stages', stage)),
  };
}

async function build(folder: string): Promise<void> {
  const module = (name: string) => ({
    cwd: fileURLToPath(new URL(name, import.meta.url)),
    timeoutMs: BUILD_TIMEOUT_MS,
  });
  const output = ['build', '-mod=readonly', '-o', `${folder}/`];
  const version = `-X k8s.io/component-base/version.gitVersion=${VERSION}`;
  await install('Kubernetes', 'go', [...output, '-ldflags', version, 'tool'], module('kubernetes'));
  await install('kwok', 'go', [...output, 'tool'], module('kwok'));
  const list = ['list', '-m', '-f', '{{.Dir}}', 'sigs.k8s.io/kwok'];
  const source = (await install('kwok', 'go', list, module('kwok'))).trim();
  for (const stage of STAGES) {
    await cp(join(source, 'kustomize', 'stage', stage), join(folder, 'stages', stage));
  }
}

/** etcd: the one on the PATH, else Debian's package unpacked into the cache. @throws NotRun without either. */
export async function etcdBinary(cacheFolder: string): Promise<string> {
  const onPath = await run('etcd', ['--version']).catch(() => null);
  if (onPath?.code === 0) return 'etcd';
  const folder = join(cacheFolder, 'etcd');
  if (!existsSync(folder)) await unpackDebianEtcd(folder);
  return join(folder, 'usr', 'bin', 'etcd');
}

/** Unpacked and not installed: nothing of the machine changes, and no service of it is started. */
async function unpackDebianEtcd(folder: string): Promise<void> {
  const fresh = `${folder}.new`;
  await rm(fresh, { recursive: true, force: true });
  await mkdir(fresh, { recursive: true });
  const download = () => run('apt-get', ['download', 'etcd-server'], { cwd: fresh });
  const missing = (error: Error) => {
    throw new NotRun(`etcd is not on the PATH, and there is no apt-get: ${error.message}`);
  };
  if ((await download().catch(missing)).code !== 0) {
    await install('etcd', 'apt-get', ['update']);
    await install('etcd', 'apt-get', ['download', 'etcd-server'], { cwd: fresh });
  }
  const file = (await readdir(fresh)).find((name) => name.endsWith('.deb'));
  if (file === undefined) throw new NotRun('etcd: apt-get download gave no package');
  await install('etcd', 'dpkg-deb', ['-x', join(fresh, file), fresh]);
  await rename(fresh, folder);
}
