import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { BREAKS, type Break, breakSource } from './breaks.ts';

/**
 * Breaks the product one line at a time, each in a copy, and expects the test named beside it to turn red; in
 * an unbroken copy the same tests have to be green, or red would prove nothing. An argument picks breaks by name.
 */

const root = fileURLToPath(new URL('../../', import.meta.url));
const LEFT_OUT = /(^|\/)(\.git|\.scratch|node_modules)(\/|$)/;

function copyOfProject(): string {
  const copy = mkdtempSync(join(tmpdir(), 'wedscale-break-'));
  cpSync(root, copy, { recursive: true, filter: (path) => !LEFT_OUT.test(path.slice(root.length)) });
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  return copy;
}

/** @returns whether the test is green; null where no test of that name ran, or none could be run. */
function isGreen(copy: string, { test, testName }: Break): Promise<boolean | null> {
  const args = ['--no-warnings', 'test/run.ts', test, '-t', testName];
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      args,
      { cwd: copy, maxBuffer: 1 << 26, timeout: 300_000 },
      (_error, stdout) => {
        const [, passed = '0', failed = '0'] = /^(\d+) passed, (\d+) failed$/m.exec(stdout) ?? [];
        if (Number(passed) + Number(failed) === 0) resolve(null);
        else resolve(failed === '0');
      },
    );
  });
}

async function outcomeOf(one: Break): Promise<string | null> {
  const copy = copyOfProject();
  try {
    const before = await isGreen(copy, one);
    if (before !== true)
      return before === null ? 'its test does not exist' : 'its test is red without the break';
    const path = join(copy, one.file);
    writeFileSync(path, breakSource(readFileSync(path, 'utf8'), one));
    const after = await isGreen(copy, one);
    if (after === null) return 'nothing could be run with the break; it must be a slip, not a wreck';
    return after ? 'its test stays green' : null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

let passed = 0;
let failed = 0;
// `--data` is for the suites that have a use for it; .ci/run gives it to all.
const { positionals } = parseArgs({ allowPositionals: true, options: { data: { type: 'string' } } });
const [only = ''] = positionals;
for (const one of BREAKS.filter(({ name }) => name.includes(only))) {
  const wrong = await outcomeOf(one);
  if (wrong === null) passed += 1;
  else failed += 1;
  console.log(
    `${wrong === null ? 'noticed' : 'MISSED '} ${one.name} (${one.test}, "${one.testName}")${wrong ? `: ${wrong}` : ''}`,
  );
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
