import { existsSync, globSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from 'redis';
import { freePort } from '../../worker/embedded/free-port.ts';
import { install, run, type Server, startServer } from '../conformance/processes.ts';

/** Debian's server, the package its binary lies in, and libraries a plain machine does not have. */
const PACKAGES = ['redis-server', 'redis-tools', 'libjemalloc2', 'liblzf1'];

interface RedisBinary {
  readonly command: string;
  readonly env: Readonly<Record<string, string>>;
}

/** A real redis-server on a port of its own, without anything on disk: what it knew is gone with it. */
export interface RedisServer {
  readonly url: string;
  /** Ends it in the middle of whatever it does. */
  kill(): Promise<void>;
  /** Starts it anew on the same port, empty. */
  startAgain(): Promise<void>;
}

/** Starts one. @throws NotRun where there is neither a redis-server nor a way to get one. */
export async function startRedis(cacheFolder: string): Promise<RedisServer> {
  const binary = await redisBinary(cacheFolder);
  const port = await freePort();
  const folder = await mkdtemp(join(tmpdir(), 'wedscale-redis-'));
  const url = `redis://127.0.0.1:${port}`;
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--dir', folder];
  const start = () =>
    startServer('redis-server', binary.command, args, () => ping(url), {
      env: { ...binary.env },
      signal: 'SIGKILL',
    });
  let server: Server = await start();
  return {
    url,
    kill: () => server.stop(),
    startAgain: async () => {
      server = await start();
    },
  };
}

async function ping(url: string): Promise<void> {
  const client = createClient({ url, socket: { reconnectStrategy: false } });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.ping();
  } finally {
    client.destroy();
  }
}

/** The one on the PATH, else Debian's packages unpacked into the cache: nothing of the machine changes. */
async function redisBinary(cacheFolder: string): Promise<RedisBinary> {
  const path = { PATH: process.env.PATH ?? '' };
  const onPath = await run('redis-server', ['--version']).catch(() => null);
  if (onPath?.code === 0) return { command: 'redis-server', env: path };
  const folder = join(cacheFolder, 'redis');
  if (!existsSync(folder)) await unpack(folder);
  const libraries = globSync(join(folder, 'usr', 'lib', '*-linux-gnu')).join(':');
  return {
    command: join(folder, 'usr', 'bin', 'redis-server'),
    env: { ...path, LD_LIBRARY_PATH: libraries },
  };
}

async function unpack(folder: string): Promise<void> {
  console.log(`       getting ${PACKAGES.join(', ')} from Debian, once`);
  const fresh = `${folder}.new`;
  await rm(fresh, { recursive: true, force: true });
  await mkdir(fresh, { recursive: true });
  const download = () => run('apt-get', ['download', ...PACKAGES], { cwd: fresh });
  if ((await download().catch(() => null))?.code !== 0) {
    await install('redis-server', 'apt-get', ['update']);
    await install('redis-server', 'apt-get', ['download', ...PACKAGES], { cwd: fresh });
  }
  for (const file of (await readdir(fresh)).filter((name) => name.endsWith('.deb'))) {
    await install('redis-server', 'dpkg-deb', ['-x', join(fresh, file), fresh]);
  }
  await rename(fresh, folder);
}
