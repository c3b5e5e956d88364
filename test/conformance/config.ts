import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

/** What one run of the suite is asked for. */
export interface ConformanceConfig {
  /** Where counterparts are installed and built, outside of the checkout; kept from run to run. */
  readonly cacheFolder: string;
  /** Public data files with `specs/` in it; undefined where none were given. */
  readonly dataFolder: string | undefined;
  /** Ids of the counterparts to run; empty for all. */
  readonly only: readonly string[];
}

/**
 * Reads the command line and the environment: `--data DIR`, `--only COUNTERPART` (may be repeated), and the
 * cache in `WEDSCALE_CACHE_DIR`, else `XDG_CACHE_HOME/wedscale`, else `~/.cache/wedscale`.
 * @throws TypeError on an option that does not exist.
 */
export function conformanceConfig(argv: readonly string[]): ConformanceConfig {
  const { values } = parseArgs({
    args: [...argv],
    options: { data: { type: 'string' }, only: { type: 'string', multiple: true } },
  });
  const { WEDSCALE_CACHE_DIR, XDG_CACHE_HOME } = process.env;
  const cache = WEDSCALE_CACHE_DIR ?? join(XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'wedscale');
  return {
    cacheFolder: join(cache, 'conformance'),
    dataFolder: values.data === undefined ? undefined : resolve(values.data),
    only: values.only ?? [],
  };
}

/** Variables of this process with others added or, by `undefined`, taken away. */
export function environmentWith(
  changes: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string>> {
  const kept = Object.entries({ ...process.env, ...changes }).filter(([, value]) => value !== undefined);
  return Object.fromEntries(kept) as Record<string, string>;
}

/** Gives this process a variable that a client library reads by itself. */
export function setVariable(name: string, value: string): void {
  process.env[name] = value;
}
