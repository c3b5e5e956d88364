import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** From PyPI, each at one version. The number in the folder grows with them, so that an older one is not taken. */
const PACKAGES = ['scikit-learn==1.7.2', 'numpy==2.3.3'] as const;
const FOLDER = 'planner-python-1';

/**
 * A Python with scikit-learn in the cache folder, made at the first call.
 * @returns its path, or why there is none: without Python 3 or the package index the rest of the bench still runs.
 */
export async function plannerPython(
  cache: string,
  say: (text: string) => void,
): Promise<{ readonly python: string } | { readonly missing: string }> {
  const folder = join(cache, FOLDER);
  const python = join(folder, 'bin', 'python');
  const finished = join(folder, 'finished');
  if (existsSync(finished)) return { python };
  try {
    say(`installing ${PACKAGES.join(', ')} into ${folder}`);
    await rm(folder, { recursive: true, force: true });
    await mkdir(cache, { recursive: true });
    // A virtual environment knows its own path, so it cannot be moved; a mark says that it is whole.
    await run('python3', ['-m', 'venv', folder]);
    await run(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...PACKAGES]);
    await writeFile(`${finished}.new`, PACKAGES.join('\n'));
    await rename(`${finished}.new`, finished);
    return { python };
  } catch (cause) {
    return { missing: cause instanceof Error ? cause.message : String(cause) };
  }
}
