import { ProviderError } from '../../../domain/errors.ts';

/** One page of a list, and the token of the next; absent or empty at the end. */
export interface Page<T> {
  readonly items: readonly T[] | undefined;
  readonly next: string | undefined;
}

/**
 * Everything of a list that comes in pages, in its order. A page may be empty though more follow; an absent or empty
 * token ends the list. Not the SDK's paginators: they ask for ever where a token comes again, or end there as though
 * nothing were missing.
 * @param operation the call's name at AWS, for the message of an error.
 * @throws ProviderError `Transient` for a token that was given before: it leads to the same pages without end.
 */
export async function everyPage<T>(
  operation: string,
  ask: (token: string | undefined) => Promise<Page<T>>,
): Promise<readonly T[]> {
  const all: T[] = [];
  const given = new Set<string>();
  let token: string | undefined;
  do {
    const { items, next } = await ask(token);
    for (const item of items ?? []) all.push(item);
    token = next || undefined;
    if (token !== undefined && given.has(token)) {
      const message = `AWS, ${operation}: a page's token was given twice, so the list has no end`;
      throw new ProviderError('Transient', message, { resource: operation });
    }
    if (token !== undefined) given.add(token);
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
