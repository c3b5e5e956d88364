/**
 * Waits for every promise, then throws the first rejection, if any. Unlike `Promise.all` nothing is still
 * running afterwards: an undo must never race a write in flight.
 */
export async function awaitAll<T>(promises: readonly Promise<T>[]): Promise<T[]> {
  const results = await Promise.allSettled(promises);
  return results.map((result) => {
    if (result.status === 'rejected') throw result.reason;
    return result.value;
  });
}
