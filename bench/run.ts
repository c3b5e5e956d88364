import { execFileSync } from 'node:child_process';
import { cpus, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { benchRegistry } from './registry.ts';

/**
 * `npm run bench -- NAME [--json] [--check] [OPTIONS]`: figures beside a lower bound or a peer, measured in one run.
 * With --check the exit status is 1 where a row has missed its bound.
 */
const [name, ...rest] = process.argv.slice(2);
const json = rest.includes('--json');
const check = rest.includes('--check');
const options = rest.filter((option) => option !== '--json' && option !== '--check');
const entry = benchRegistry.find((candidate) => candidate.name === name);
if (!entry) {
  const known = benchRegistry.map((candidate) => `  ${candidate.name}  ${candidate.title}`).join('\n');
  process.stderr.write(
    `npm run bench -- NAME [--json] [--check] [OPTIONS], where NAME is one of\n${known}\n`,
  );
  process.exit(2);
}
if (options.length > 0 && !entry.takesOptions) {
  process.stderr.write(`${entry.name} has no options but --json and --check, not ${options.join(' ')}\n`);
  process.exit(2);
}

const say = (text: string) => process.stderr.write(`${text}\n`);
const run = await entry.load();
// A bench with options of its own judges its goals itself.
const rows = await run(say, check && entry.takesOptions ? [...options, '--check'] : options);
if (json) {
  const document = { name, commit: commit(), machine: machine(), rows };
  process.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
} else console.table(rows);
if (check && rows.some(({ met }) => met === false)) process.exitCode = 1;

function machine(): string {
  const [cpu] = cpus();
  return `${cpus().length} × ${cpu?.model ?? 'unknown'}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`;
}

/** Null outside of a git checkout. */
function commit(): string | null {
  try {
    const cwd = fileURLToPath(new URL('.', import.meta.url));
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], {
      cwd,
      encoding: 'utf8',
      stdio: 'pipe',
    }).trim();
  } catch {
    return null;
  }
}
