import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { ProviderErrorKind } from '../../../domain/errors.ts';

/** How a calling process is set up; `redisUrl` absent for buckets in PostgreSQL. */
export interface CallerSettings {
  readonly databaseUrl: string;
  readonly redisUrl: string | undefined;
  /** The sandbox's AWS. */
  readonly endpoint: string;
  readonly timeScale: number;
  readonly longestTurnWaitMs: number;
}

/** So many calls of one operation at once. */
export interface CallsAsked {
  readonly do: 'calls';
  readonly region: string;
  readonly operation: 'DescribeServices' | 'UpdateService';
  readonly count: number;
  /** Tries again as Temporal would, until it is accepted. Default false. */
  readonly patient?: boolean;
}

/** A read through the cache; `value` is what the vendor would give, null for a read that fails. */
export interface CachedAsked {
  readonly do: 'cached';
  readonly key: string;
  readonly ttlMs: number;
  readonly value: string | null;
}

/** What a calling process is asked. */
export type Request = CallsAsked | CachedAsked | { readonly do: 'stop' };

/** A request on its way. */
export interface Asked {
  readonly id: number;
  readonly request: Request;
}

/** A call that was not accepted. */
export interface CallFailure {
  readonly kind: ProviderErrorKind;
  readonly message: string;
  readonly retryAfterMs: number | undefined;
}

/** What came of {@link CallsAsked}. */
export interface CallsMade {
  readonly accepted: number;
  readonly failures: readonly CallFailure[];
}

/** A process with a guard of its own. */
export interface Caller {
  calls(asked: Omit<CallsAsked, 'do'>): Promise<CallsMade>;
  cached(asked: Omit<CachedAsked, 'do'>): Promise<{ readonly value: string; readonly read: boolean }>;
  /** Saves its figures and ends. */
  stop(): Promise<void>;
}

const CALLER = fileURLToPath(new URL('./caller.ts', import.meta.url));

/** Starts one. @throws Error when it ends before it is ready. */
export async function startCaller(settings: CallerSettings): Promise<Caller> {
  const child = fork(CALLER, { execArgv: ['--no-warnings'], env: environmentOf(settings) });
  const answers = new Map<number, { resolve(result: unknown): void; reject(error: Error): void }>();
  child.on('message', ({ id, result, error }: { id: number; result?: unknown; error?: string }) => {
    const waiting = answers.get(id);
    answers.delete(id);
    // Anew in this realm: what Node makes of a message has other prototypes than a test's own values.
    if (error === undefined) waiting?.resolve(JSON.parse(JSON.stringify(result ?? null)));
    else waiting?.reject(new Error(error));
  });
  child.on('exit', (code) => {
    for (const { reject } of answers.values()) reject(new Error(`a calling process ended with ${code}`));
  });
  const answerOf = (id: number) =>
    new Promise<unknown>((resolve, reject) => answers.set(id, { resolve, reject }));
  let count = 0;
  const ask = async <T>(request: Request): Promise<T> => {
    count += 1;
    const answered = answerOf(count);
    child.send({ id: count, request } satisfies Asked);
    return (await answered) as T;
  };
  await answerOf(0);
  return {
    calls: (asked) => ask<CallsMade>({ do: 'calls', ...asked }),
    cached: (asked) => ask({ do: 'cached', ...asked }),
    stop: async () => {
      await ask({ do: 'stop' });
      await ended(child);
    },
  };
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const gone = once(child, 'exit');
  child.disconnect();
  await gone;
}

function environmentOf(settings: CallerSettings): NodeJS.ProcessEnv {
  return { ...process.env, TEST_CALLER: JSON.stringify(settings) };
}
