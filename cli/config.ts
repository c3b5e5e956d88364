import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { variablesSet } from '../domain/environment.ts';

/** Where the API listens by default. */
export const DEFAULT_URL = 'http://127.0.0.1:8080';

/** Something on the command line or in the environment is wrong; said in words, exit status 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** How to reach the API. */
export interface CliConfig {
  /** Without a slash at the end. */
  readonly url: string;
  readonly key: string;
}

/** Options of the command line that stand above the environment. */
export interface ConnectionOptions {
  readonly url?: string | undefined;
  readonly keyFile?: string | undefined;
}

const environment = z.object({
  WEDSCALE_API_URL: z.url({ protocol: /^https?$/, error: 'must be an http or https address' }).optional(),
  WEDSCALE_API_KEY: z.string().min(1).optional(),
});

/** @throws UsageError that names everything wrong at once. */
export function readConfig(
  options: ConnectionOptions,
  env: Readonly<Record<string, string | undefined>> = process.env,
): CliConfig {
  const parsed = environment.safeParse(variablesSet(env));
  const faults = parsed.error?.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`) ?? [];
  const url = options.url ?? parsed.data?.WEDSCALE_API_URL ?? DEFAULT_URL;
  if (options.url && !/^https?:\/\/\S+$/.test(options.url)) {
    faults.push(`--url ${options.url} must be an http or https address, e.g. ${DEFAULT_URL}`);
  }
  let key = parsed.data?.WEDSCALE_API_KEY;
  if (options.keyFile) key = readKey(options.keyFile, faults);
  else if (!key) faults.push('no API key: set WEDSCALE_API_KEY or give --key-file FILE');
  if (faults.length > 0) throw new UsageError(faults.join('\n'));
  return { url: url.replace(/\/+$/, ''), key: key ?? '' };
}

/** Whether text on `stream` may be coloured: a terminal, and NO_COLOR (no-color.org) not set. */
export function colourAllowed(
  stream: { readonly isTTY?: boolean | undefined },
  env: Readonly<Record<string, string | undefined>> = process.env,
): boolean {
  return stream.isTTY === true && !env.NO_COLOR && env.TERM !== 'dumb';
}

function readKey(path: string, faults: string[]): string | undefined {
  try {
    const key = readFileSync(path, 'utf8').trim();
    if (key === '') faults.push(`--key-file ${path} is empty`);
    return key;
  } catch (error) {
    faults.push(`--key-file ${path} cannot be read: ${(error as Error).message}`);
    return undefined;
  }
}

/** The environment as it is, to be handed on to a process the command line starts. */
export function inheritedEnvironment(): Readonly<Record<string, string | undefined>> {
  return process.env;
}
