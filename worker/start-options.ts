import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import type { Environment } from '../domain/environment.ts';
import type { Fleet } from '../domain/fleet.ts';
import { parseFleet } from '../domain/schemas/fleet.ts';
import { type AllConfig, readAllConfig } from './config.ts';

/** In words, for `--help`. */
export const START_HELP = `npm start -- [options]

  --fleet FILE       fill the sandbox with the resources of a fleet file (docs/formats.md)
  --workers N        worker processes, 0 to 64 (default 1)
  --state-dir DIR    state of the embedded servers (default: WEDSCALE_STATE_DIR)
  --web-ui-port N    port of Temporal's Web UI, 1 to 65535 (default: a free one)
  --new-key          make a further API key and show it
  --instant          the sandbox's vendors provision at once
  --throwaway        leave out what only matters after a power failure
  --events           one JSON object a line on stdout; ends when its stdin does

Variables are in docs/configuration.md.
`;

/** How everything for one machine starts: the environment and the command line, checked. */
export interface StartOptions {
  readonly config: AllConfig;
  readonly stateDirectory: string;
  readonly throwaway: boolean;
  readonly workers: number;
  /** The sandbox's resources are made from it; null leaves the sandbox empty. */
  readonly fleet: Fleet | null;
  readonly instant: boolean;
  /** Makes a further API key and shows it. */
  readonly newKey: boolean;
  /** Undefined takes a free port. */
  readonly webUiPort: number | undefined;
  readonly events: boolean;
}

/** @returns null when help was asked for. @throws Error that names everything wrong at once. */
export async function readStartOptions(
  args: readonly string[],
  environment: Environment = process.env,
): Promise<StartOptions | null> {
  const faults: string[] = [];
  const values = parsed(args, faults);
  if (values?.help) return null;
  const config = configOf(environment, faults);
  const workers = wholeNumber('--workers', values?.workers ?? '1', 0, 64, faults);
  const port = values?.['web-ui-port'];
  const webUiPort = port === undefined ? port : wholeNumber('--web-ui-port', port, 1, 65_535, faults);
  const fleet = values?.fleet === undefined ? null : await fleetOf(values.fleet, faults);
  if (faults.length > 0 || !values || !config) throw new Error(faults.join('\n'));
  return {
    config,
    stateDirectory: values['state-dir'] ?? config.stateDirectory,
    throwaway: values.throwaway,
    workers,
    fleet,
    instant: values.instant,
    newKey: values['new-key'],
    webUiPort,
    events: values.events,
  };
}

function parsed(args: readonly string[], faults: string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        events: { type: 'boolean', default: false },
        fleet: { type: 'string' },
        help: { type: 'boolean', short: 'h', default: false },
        instant: { type: 'boolean', default: false },
        'new-key': { type: 'boolean', default: false },
        'state-dir': { type: 'string' },
        throwaway: { type: 'boolean', default: false },
        'web-ui-port': { type: 'string' },
        workers: { type: 'string' },
      },
    }).values;
  } catch (error) {
    faults.push(`${(error as Error).message}\n\n${START_HELP}`);
    return null;
  }
}

function configOf(environment: Environment, faults: string[]): AllConfig | null {
  try {
    return readAllConfig(environment);
  } catch (error) {
    faults.push((error as Error).message);
    return null;
  }
}

function wholeNumber(name: string, text: string, least: number, most: number, faults: string[]): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  faults.push(`${name} must be a whole number from ${least} to ${most}, is ${text}`);
  return least;
}

async function fleetOf(file: string, faults: string[]): Promise<Fleet | null> {
  let body: unknown;
  try {
    body = JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    faults.push(`--fleet ${file} cannot be used: ${(error as Error).message}`);
    return null;
  }
  const found = parseFleet(body);
  if (found.ok) return found.fleet;
  const lines = found.faults.map((fault) => `  ${fault.path || 'fleet'}: ${fault.message}`);
  faults.push(`--fleet ${file} is no fleet (docs/formats.md):\n${lines.join('\n')}`);
  return null;
}
