import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { environmentWith } from './config.ts';
import type { Matrix } from './matrix.ts';
import { install } from './processes.ts';

/**
 * Packages from PyPI, each at one version, by environment: ministack and the AWS command line bring versions of
 * shared packages that others refuse. The number in a folder grows when its packages change, so that an older
 * one is not taken for it.
 */
const ENVIRONMENTS = {
  'aws-cli': { folder: 'python-aws-cli-1', packages: ['awscli==1.46.3'] },
  clients: {
    folder: 'python-1',
    packages: ['moto[server]==5.2.5', 'boto3==1.44.8', 'google-api-python-client==2.202.0'],
  },
  ministack: { folder: 'python-ministack-1', packages: ['ministack==1.5.33'] },
} as const;

/** One of the environments. */
export type PythonEnvironmentName = keyof typeof ENVIRONMENTS;

/** A Python with the packages of one environment. */
export interface PythonEnvironment {
  readonly python: string;
  /** Folder of the installed packages. */
  readonly sitePackages: string;
  /** A command that came with a package. */
  command(name: string): string;
}

const made = new Map<PythonEnvironmentName, Promise<PythonEnvironment>>();

/** An environment, made at the first call. @throws NotRun without Python 3 or without the package index. */
export function pythonEnvironment(
  cacheFolder: string,
  name: PythonEnvironmentName = 'clients',
): Promise<PythonEnvironment> {
  const known = made.get(name) ?? make(cacheFolder, name);
  made.set(name, known);
  return known;
}

async function make(cacheFolder: string, name: PythonEnvironmentName): Promise<PythonEnvironment> {
  const { folder: folderName, packages } = ENVIRONMENTS[name];
  const folder = join(cacheFolder, folderName);
  const python = join(folder, 'bin', 'python');
  const finished = join(folder, 'finished');
  if (!existsSync(finished)) {
    console.log(`        installing ${packages.join(', ')} into ${folder}`);
    await rm(folder, { recursive: true, force: true });
    await mkdir(cacheFolder, { recursive: true });
    // A virtual environment knows its own path, so it cannot be moved; a mark says that it is whole.
    await install('Python 3 with venv', 'python3', ['-m', 'venv', folder]);
    await install('packages of PyPI', python, ['-m', 'pip', 'install', '--quiet', ...packages]);
    await writeFile(`${finished}.new`, packages.join('\n'));
    await rename(`${finished}.new`, finished);
  }
  const where = 'import sysconfig; print(sysconfig.get_paths()["purelib"])';
  const sitePackages = (await install('Python', python, ['-c', where])).trim();
  return { python, sitePackages, command: (name) => join(folder, 'bin', name) };
}

/**
 * Runs a script of `python/` whose lines of output are results, `{service, name, why}`, and enters them.
 * @throws Error when it ends badly or says nothing.
 */
export async function enterPythonChecks(
  matrix: Matrix,
  counterpart: string,
  { python }: PythonEnvironment,
  script: string,
  args: readonly string[],
): Promise<void> {
  const file = fileURLToPath(new URL(`python/${script}`, import.meta.url));
  // No profile, credential or proxy of the machine may take part.
  const env = environmentWith({
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    AWS_PROFILE: undefined,
    AWS_ENDPOINT_URL: undefined,
    AWS_EC2_METADATA_DISABLED: 'true',
    HTTP_PROXY: undefined,
    HTTPS_PROXY: undefined,
    http_proxy: undefined,
    https_proxy: undefined,
    NO_PROXY: '*',
    PYTHONDONTWRITEBYTECODE: '1',
  });
  const child = spawn(python, [file, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = once(child, 'close');
  let complaints = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaints = (complaints + text).slice(-2_000);
  });
  let results = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    const { service, name, why } = JSON.parse(line) as { service: string; name: string; why: string };
    matrix.enter(service, counterpart, name, why);
    results += 1;
  }
  const [code] = (await ended) as [number | null];
  if (code !== 0 || results === 0) throw new Error(`${script} ended with ${code}: ${complaints}`);
}
