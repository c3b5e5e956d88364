import { access } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { UsageError } from '../config.ts';

/** What can be made to go wrong on purpose. */
export const CHAOS = ['kill-worker', 'critical-failure', 'throttle', 'no-room'] as const;

/** One of {@link CHAOS}. */
export type Chaos = (typeof CHAOS)[number];

/** How the demo runs. */
export interface DemoOptions {
  /** One JSON document on stdout, all else on stderr. */
  readonly json: boolean;
  /** Leave everything running at the end. */
  readonly keep: boolean;
  readonly season: string;
  readonly fleet: string;
  readonly bookings: string;
  readonly workers: number;
  readonly chaos: Chaos | null;
}

/** In words, for `--help`. */
export const DEMO_HELP = `npm run demo -- [options]

  --json            one JSON document on stdout, all else on stderr
  --keep            leave everything running at the end, and say where
  --season FILE     another season or wedding day (docs/formats.md)
  --fleet FILE      another fleet; the sandbox's resources are made from it
  --bookings FILE   other bookings, .csv, .json or .ndjson
  --workers N       worker processes, 1 to 16 (default 1; 2 with --chaos kill-worker)
  --chaos NAME      ${CHAOS.join(' | ')}
`;

const sample = (file: string) => fileURLToPath(new URL(`../../samples/${file}`, import.meta.url));

/** @throws UsageError naming everything wrong at once; `null` when help was asked for. */
export async function readDemoOptions(args: readonly string[]): Promise<DemoOptions | null> {
  const values = parsed(args);
  if (values.help) return null;
  const faults: string[] = [];
  const chaos = CHAOS.find((name) => name === values.chaos) ?? null;
  if (values.chaos !== undefined && chaos === null) {
    faults.push(`--chaos ${values.chaos} is not known; it is one of ${CHAOS.join(', ')}`);
  }
  const workers = Number(values.workers ?? (chaos === 'kill-worker' ? 2 : 1));
  if (!Number.isInteger(workers) || workers < 1 || workers > 16) {
    faults.push(`--workers must be a whole number from 1 to 16, is ${values.workers}`);
  }
  if (chaos === 'kill-worker' && workers < 2) faults.push('--chaos kill-worker needs --workers 2 or more');
  for (const file of [values.season, values.fleet, values.bookings]) {
    await access(file).catch((error: Error) => faults.push(`${file} cannot be read: ${error.message}`));
  }
  if (faults.length > 0) throw new UsageError(faults.join('\n'));
  const { json, keep, season, fleet, bookings } = values;
  return { json, keep, season, fleet, bookings, workers, chaos };
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        help: { type: 'boolean', short: 'h', default: false },
        json: { type: 'boolean', default: false },
        keep: { type: 'boolean', default: false },
        season: { type: 'string', default: sample('season.json') },
        fleet: { type: 'string', default: sample('fleet.json') },
        bookings: { type: 'string', default: sample('bookings.csv') },
        workers: { type: 'string' },
        chaos: { type: 'string' },
      },
    }).values;
  } catch (error) {
    throw new UsageError(`${(error as Error).message}\n\n${DEMO_HELP}`);
  }
}
