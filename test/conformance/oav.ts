import { existsSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { install } from './processes.ts';
import type { Exchange } from './recorder.ts';

const VERSION = '4.0.3';

/** The part of oav's answer that is looked at. */
interface Verdict {
  /** Undefined where oav found no operation to compare with. */
  readonly isSuccessful?: boolean;
  readonly errors: readonly {
    readonly code: string;
    readonly message?: string;
    readonly pathsInPayload: readonly string[];
  }[];
  readonly runtimeException?: { readonly message?: string };
}

interface LiveValidator {
  initialize(): Promise<void>;
  validateLiveRequestResponse(pair: object): Promise<{
    readonly requestValidationResult: Verdict;
    readonly responseValidationResult: Verdict;
  }>;
}

interface Oav {
  readonly LiveValidator: new (options: object, log: () => void) => LiveValidator;
}

/** Everything a request and its answer have against a document, as text; empty for none. */
export type ExchangeJudge = (exchange: Exchange) => Promise<readonly string[]>;

/**
 * Azure's own live validator over the documents below `directory` that `pattern` names; oav is installed at
 * the first call. @throws NotRun without npm or the registry.
 */
export async function azureJudge(
  cacheFolder: string,
  directory: string,
  pattern: string,
): Promise<ExchangeJudge> {
  const { LiveValidator } = await loadOav(cacheFolder);
  const options = {
    directory,
    git: { shouldClone: false },
    swaggerPathsPattern: [pattern],
    loadValidatorInInitialize: true,
  };
  // It writes to its log what its answer says as well.
  const validator = new LiveValidator(options, () => {});
  await validator.initialize();
  return async (exchange) => {
    const found = await validator.validateLiveRequestResponse(pairOf(exchange));
    return [
      ...faultsOf('request', found.requestValidationResult),
      ...faultsOf('answer', found.responseValidationResult),
    ];
  };
}

async function loadOav(cacheFolder: string): Promise<Oav> {
  const folder = join(cacheFolder, `oav-${VERSION}`);
  if (!existsSync(folder)) {
    const fresh = `${folder}.new`;
    await rm(fresh, { recursive: true, force: true });
    await mkdir(fresh, { recursive: true });
    await writeFile(join(fresh, 'package.json'), '{ "private": true }');
    const args = ['install', '--no-audit', '--no-fund', '--ignore-scripts', '--save-exact', `oav@${VERSION}`];
    await install('oav', 'npm', args, { cwd: fresh });
    await rename(fresh, folder);
  }
  return createRequire(join(folder, 'package.json'))('oav') as Oav;
}

function pairOf({ method, path, query, headers, body, status, answerHeaders, answerBody }: Exchange): object {
  const parsed = (text: string) => (text === '' ? undefined : JSON.parse(text));
  return {
    liveRequest: {
      method,
      url: `https://management.azure.com${path}?${query}`,
      headers,
      query: Object.fromEntries(query),
      body: parsed(body),
    },
    liveResponse: { statusCode: String(status), headers: answerHeaders, body: parsed(answerBody) },
  };
}

/** Only a plain yes counts: oav says nothing at all of an operation or a version it does not know. */
function faultsOf(side: string, { isSuccessful, errors, runtimeException }: Verdict): string[] {
  if (isSuccessful === true) return [];
  const faults = errors.map(
    ({ code, message = '', pathsInPayload }) => `${side}: ${code} ${message} at ${pathsInPayload.join(', ')}`,
  );
  if (faults.length > 0) return faults;
  return [
    `${side}: not compared (${runtimeException?.message ?? 'no operation of the document is like it'})`,
  ];
}
