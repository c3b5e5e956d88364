import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/**
 * docker-compose.yml through compose-go, the library `docker compose` itself loads files with: schema,
 * interpolation, references. Needs Go; no container is started.
 */

const run = promisify(execFile);
const folder = fileURLToPath(new URL('.', import.meta.url));
const composeFile = fileURLToPath(new URL('../../docker-compose.yml', import.meta.url));

let passed = 0;
let failed = 0;

async function check(name: string, body: () => Promise<void>): Promise<void> {
  try {
    await body();
    passed += 1;
    console.log(`ok     ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`FAILED ${name}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

async function load(file: string, ...profiles: readonly string[]): Promise<readonly string[]> {
  const { stdout } = await run('go', ['run', '.', file, ...profiles], { cwd: folder });
  return stdout.trim().split('\n');
}

function expectServices(lines: readonly string[], names: readonly string[]): void {
  const found = lines.map((line) => line.split(' ')[0] ?? '').toSorted();
  if (found.join() !== names.toSorted().join()) throw new Error(`services are ${found.join(', ')}`);
}

const ALWAYS = [
  'api',
  'postgres',
  'prepare',
  'redis',
  'temporal',
  'temporal-postgres',
  'temporal-ui',
  'worker',
];

await check('loads without a profile', async () => expectServices(await load(composeFile), ALWAYS));
await check('loads with the sandbox', async () =>
  expectServices(await load(composeFile, 'sandbox'), [...ALWAYS, 'sandbox']),
);
await check('refuses a slip of the pen', async () => {
  const broken = mkdtempSync(join(tmpdir(), 'wedscale-compose-'));
  try {
    const file = join(broken, 'docker-compose.yml');
    writeFileSync(file, readFileSync(composeFile, 'utf8').replace('replicas: 2', 'replica: 2'));
    const outcome = await load(file).then(
      () => 'was taken',
      () => 'was refused',
    );
    if (outcome !== 'was refused') throw new Error(`a file with "replica" ${outcome}`);
  } finally {
    rmSync(broken, { recursive: true, force: true });
  }
});

console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
