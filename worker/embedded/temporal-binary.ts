import { execFile, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { makeFolder } from './make-folder.ts';

const run = promisify(execFile);

/** Version of the Temporal command line that is downloaded or built; pinned in deploy/temporal-cli/go.mod. */
export const TEMPORAL_CLI_VERSION = '1.8.2';

const MODULE = fileURLToPath(new URL('../../deploy/temporal-cli/', import.meta.url));
const MAIN_PACKAGE = 'github.com/temporalio/cli/cmd/temporal';
const DOWNLOAD_LIMIT_MS = 20_000;

/** Says what a first start waits for and how far it is. */
export type Progress = (text: string) => void;

/** Where to look. */
export interface TemporalSearch {
  /** The environment of this process, for PATH and for Go. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Outside of any checkout; kept between starts. */
  readonly cacheDirectory: string;
  readonly progress: Progress;
}

/**
 * Path of a Temporal command line: on the PATH, in our cache, downloaded, or built by Go from a pinned module.
 * @throws Error naming everything that was tried.
 */
export async function findTemporal(search: TemporalSearch): Promise<string> {
  const { cacheDirectory } = search;
  const onPath = findOnPath(search.environment.PATH ?? '');
  if (onPath) return onPath;
  const folder = join(cacheDirectory, `temporal-${TEMPORAL_CLI_VERSION}`);
  const cached = join(folder, 'temporal');
  if (existsSync(cached)) return cached;
  makeFolder(folder, 'The cache directory', 'give another one with WEDSCALE_CACHE_DIR');
  const failures: string[] = [];
  for (const [how, get] of [
    ['download', download],
    ['build with Go', build],
  ] as const) {
    const work = mkdtempSync(join(folder, 'new-'));
    try {
      const made = await get(work, search);
      chmodSync(made, 0o755);
      // Written under another name first: a second start never finds half a file.
      renameSync(made, cached);
      return cached;
    } catch (error) {
      failures.push(`${how}: ${firstLine(error)}`);
    } finally {
      rmSync(work, { recursive: true, force: true });
    }
  }
  throw new Error(
    `No Temporal server could be had (${failures.join('; ')}). Put "temporal" ${TEMPORAL_CLI_VERSION} on the ` +
      'PATH, install Go 1.26.4 or later, or give a server of your own with TEMPORAL_ADDRESS.',
  );
}

function findOnPath(searchPath: string): string | null {
  const folders = searchPath.split(delimiter).filter((folder) => folder !== '');
  const name = process.platform === 'win32' ? 'temporal.exe' : 'temporal';
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path)) ?? null;
}

/** The archive the SDKs' own test servers download. */
async function download(folder: string, { progress }: TemporalSearch): Promise<string> {
  progress(
    `Temporal: downloading the command line ${TEMPORAL_CLI_VERSION} (at most ${DOWNLOAD_LIMIT_MS / 1000} s)`,
  );
  const arch = process.arch === 'x64' ? 'amd64' : process.arch;
  const place = `https://temporal.download/cli/archive/v${TEMPORAL_CLI_VERSION}`;
  const response = await fetch(`${place}?platform=${process.platform}&arch=${arch}`, {
    signal: AbortSignal.timeout(DOWNLOAD_LIMIT_MS),
  });
  if (!response.ok) throw new Error(`the server answered ${response.status}`);
  const archive = join(folder, 'temporal.tar.gz');
  await writeFile(archive, Buffer.from(await response.arrayBuffer()));
  await run('tar', ['-xzf', archive, '-C', folder, 'temporal']);
  return join(folder, 'temporal');
}

async function build(folder: string, { environment, progress }: TemporalSearch): Promise<string> {
  const env = { ...environment, CGO_ENABLED: '0' };
  await run('go', ['version']).catch(() => {
    throw new Error('there is no "go" on the PATH');
  });
  progress('Temporal: downloading the Go modules of its server (first start only)');
  await run('go', ['mod', 'download'], { cwd: MODULE, env, maxBuffer: 1 << 26 });
  const list = await run('go', ['list', '-deps', MAIN_PACKAGE], { cwd: MODULE, env, maxBuffer: 1 << 26 });
  const total = list.stdout.trim().split('\n').length;
  const output = join(folder, 'temporal');
  const args = ['build', '-v', '-o', output, MAIN_PACKAGE];
  const child = spawn('go', args, { cwd: MODULE, env, stdio: ['ignore', 'ignore', 'pipe'] });
  await followBuild(child, total, progress);
  return output;
}

/**
 * How far a build is. `go build -v` names a package when it compiles it; one in Go's own cache is never named, so
 * the total says something only once packages are compiled at all.
 */
export function buildProgress(compiled: number, total: number, seconds: number): string {
  const packages = compiled === 0 ? '' : `, ${compiled} packages compiled (of ${total}, some in Go's cache)`;
  return `Temporal: building its server, ${seconds} s${packages} (first start only)`;
}

function followBuild(child: ReturnType<typeof spawn>, total: number, progress: Progress): Promise<void> {
  const startMs = Date.now();
  let compiled = 0;
  const tell = () => progress(buildProgress(compiled, total, Math.round((Date.now() - startMs) / 1000)));
  tell();
  const timer = setInterval(tell, 5_000);
  const tail: string[] = [];
  const lines = createInterface({ input: child.stderr as NodeJS.ReadableStream });
  lines.on('line', (line) => {
    compiled += 1;
    tail.push(line);
    if (tail.length > 20) tail.shift();
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code) => {
      clearInterval(timer);
      if (code === 0) resolve();
      else reject(new Error(`go build ended with ${code}: ${tail.join(' ')}`));
    });
  });
}

function firstLine(error: unknown): string {
  const { message, cause } = error as Error;
  const reason = cause instanceof Error ? `${message} (${cause.message})` : message;
  return reason.split('\n', 1)[0] ?? reason;
}
