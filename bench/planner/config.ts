import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

/** What one run of the bench is asked for. */
export interface PlannerBenchConfig {
  /** Folder with `series/index.json`; not looked at when a series is named. */
  readonly dataFolder: string;
  /** A series of one's own. */
  readonly series?: { readonly file: string; readonly events?: string; readonly timeZone: string };
  /** Whether a goal missed ends the bench with status 1. */
  readonly check: boolean;
  /** Where Python packages are installed, outside of the checkout. */
  readonly cacheFolder: string;
}

/**
 * Reads `--data DIR` (default `../shared/data`), or `--series FILE [--events FILE] [--time-zone ZONE]` (default UTC),
 * and `--check`; the cache is `WEDSCALE_CACHE_DIR`, else `XDG_CACHE_HOME/wedscale`, else `~/.cache/wedscale`.
 * @throws TypeError on an option that does not exist or has no effect.
 */
export function plannerBenchConfig(options: readonly string[]): PlannerBenchConfig {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    args: [...options],
    options: {
      data: text,
      series: text,
      events: text,
      'time-zone': text,
      check: { type: 'boolean', default: false },
    },
  });
  const { series, events, data, check } = values;
  const timeZone = values['time-zone'];
  if (series === undefined && (events !== undefined || timeZone !== undefined))
    throw new TypeError('--events and --time-zone go with --series FILE');
  if (series !== undefined && data !== undefined) throw new TypeError('give --data or --series, not both');
  return {
    dataFolder: resolve(data ?? '../shared/data'),
    ...(series === undefined
      ? {}
      : {
          series: {
            file: resolve(series),
            ...(events === undefined ? {} : { events: resolve(events) }),
            timeZone: timeZone ?? 'UTC',
          },
        }),
    check,
    cacheFolder: cacheFolder(),
  };
}

function cacheFolder(): string {
  const { WEDSCALE_CACHE_DIR, XDG_CACHE_HOME } = process.env;
  return WEDSCALE_CACHE_DIR ?? join(XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'wedscale');
}
