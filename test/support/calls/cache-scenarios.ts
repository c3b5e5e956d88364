import assert from 'node:assert/strict';
import type { CallsPlace } from './calls-place.ts';

let keys = 0;

function freshKey(): string {
  keys += 1;
  return `contract/${process.pid}/${keys}`;
}

const LONG_MS = 600_000;

/** What must hold of the cache of three processes, which is one where they have Redis. */
export const CACHE_SCENARIOS: readonly {
  readonly name: string;
  readonly run: (place: CallsPlace) => Promise<void>;
}[] = [
  {
    name: 'what was read is remembered, by all processes where they share a cache and else by its reader alone',
    run: async ({ callers: [first, second], store }) => {
      const key = freshKey();
      assert.deepEqual(await first.cached({ key, ttlMs: LONG_MS, value: 'a' }), { value: 'a', read: true });
      assert.deepEqual(await first.cached({ key, ttlMs: LONG_MS, value: 'b' }), { value: 'a', read: false });
      const other = await second.cached({ key, ttlMs: LONG_MS, value: 'b' });
      assert.deepEqual(other, store === 'redis' ? { value: 'a', read: false } : { value: 'b', read: true });
    },
  },
  {
    name: 'what was read under another key is another thing',
    run: async ({ callers: [first] }) => {
      await first.cached({ key: freshKey(), ttlMs: LONG_MS, value: 'a' });
      const other = await first.cached({ key: freshKey(), ttlMs: LONG_MS, value: 'b' });
      assert.deepEqual(other, { value: 'b', read: true });
    },
  },
  {
    name: 'is read anew when its time is over',
    run: async ({ callers: [first] }) => {
      const key = freshKey();
      await first.cached({ key, ttlMs: 200, value: 'a' });
      for (let look = 1; look <= 200; look += 1) {
        const found = await first.cached({ key, ttlMs: 200, value: 'b' });
        if (found.read) return assert.equal(found.value, 'b');
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      assert.fail('it is remembered for ever');
    },
  },
  {
    name: 'a read that fails is told, and not remembered',
    run: async ({ callers: [first] }) => {
      const key = freshKey();
      await assert.rejects(first.cached({ key, ttlMs: LONG_MS, value: null }), /the read failed/);
      assert.deepEqual(await first.cached({ key, ttlMs: LONG_MS, value: 'a' }), { value: 'a', read: true });
    },
  },
];
