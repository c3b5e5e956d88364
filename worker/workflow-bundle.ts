import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const SOURCES = ['workflows', 'domain', 'activities'].map((name) =>
  fileURLToPath(new URL(`../${name}/`, import.meta.url)),
);
const LOCK_FILE = fileURLToPath(new URL('../package-lock.json', import.meta.url));

/**
 * The bundle of the workflows as they are now, made once for these sources and kept in the temporary folder:
 * bundling takes seconds, and every worker process of a machine needs the same one.
 */
export async function workflowBundleFrom(
  make: () => Promise<{ readonly code: string }>,
): Promise<{ readonly code: string }> {
  const file = join(cacheFolder(), `${hashOfSources()}.js`);
  if (existsSync(file)) return { code: readFileSync(file, 'utf8') };
  const bundle = await make();
  const work = `${file}.${process.pid}`;
  writeFileSync(work, bundle.code, { mode: 0o600 });
  renameSync(work, file);
  return bundle;
}

/** A folder of this user only: what is in it will be executed. */
function cacheFolder(): string {
  const folder = join(tmpdir(), `wedscale-bundles-${process.getuid?.() ?? 'user'}`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const { uid } = statSync(folder);
  if (process.getuid && uid !== process.getuid()) {
    throw new Error(`${folder} belongs to another user; remove it, because what is in it would be executed`);
  }
  return folder;
}

function hashOfSources(): string {
  const hash = createHash('sha256');
  const files = SOURCES.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => join(folder, name)),
  );
  for (const file of [...files.toSorted(), LOCK_FILE].filter((path) => existsSync(path))) {
    hash.update(file).update('\0').update(readFileSync(file)).update('\0');
  }
  return hash.digest('hex');
}
