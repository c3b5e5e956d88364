import { ProviderError } from '../../../domain/errors.ts';

/** One page of a list, and the token of the next; absent or empty at the end. */
export interface Page<T> {
  readonly items: readonly T[] | undefined;
  readonly next: string | undefined;
}

/** Everything of a list that comes in pages, in its order. A page may be empty though more follow. */
export async function everyPage<T>(
  ask: (token: string | undefined) => Promise<Page<T>>,
): Promise<readonly T[]> {
  const all: T[] = [];
  let token: string | undefined;
  do {
    const { items, next } = await ask(token);
    all.push(...(items ?? []));
    token = next || undefined;
  } while (token !== undefined);
  return all;
}

/** What a call about one thing of a list comes to; null where that thing is gone since it was listed. */
export async function unlessGone<T>(call: Promise<T>): Promise<T | null> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof ProviderError && error.kind === 'NotFound') return null;
    throw error;
  }
}
