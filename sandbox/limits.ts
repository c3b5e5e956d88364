import { LIMITS, type Limit } from './limits-table.ts';

/** Result of asking a bucket for a token. */
export type Token = { readonly ok: true } | { readonly ok: false; readonly retryAfterSeconds: number };

/** Token buckets per limit and scope (account, region). */
export interface Limits {
  /** @throws Error for a bucket the table does not hold. */
  takeToken(bucket: string, scope: string): Token;
  /** Multiplies every rate and burst, e.g. 0.5 to halve what vendors allow without notice. */
  setFactor(factor: number): void;
  /** Calls that found no token, by bucket; those that a fault rule throttles are not among them. */
  refused(): Readonly<Record<string, number>>;
  reset(): void;
}

/** @param nowMs service time now. */
export function createLimits(nowMs: () => number): Limits {
  const table = new Map(LIMITS.map((limit) => [limit.bucket, limit]));
  const buckets = new Map<string, { tokens: number; atMs: number }>();
  const refused = new Map<string, number>();
  let factor = 1;
  function limitOf(bucket: string): Limit {
    const limit = table.get(bucket);
    if (!limit) throw new Error(`no limit is declared for ${bucket}; add it to limits-table.ts`);
    return { ...limit, burst: limit.burst * factor, ratePerSecond: limit.ratePerSecond * factor };
  }
  return {
    takeToken(bucket, scope) {
      const limit = limitOf(bucket);
      const key = `${bucket}/${scope}`;
      const now = nowMs();
      const held = buckets.get(key) ?? { tokens: limit.burst, atMs: now };
      const refilled = held.tokens + (Math.max(0, now - held.atMs) / 1000) * limit.ratePerSecond;
      const tokens = Math.min(limit.burst, refilled);
      const ok = tokens >= 1;
      buckets.set(key, { tokens: ok ? tokens - 1 : tokens, atMs: now });
      if (ok) return { ok };
      refused.set(bucket, (refused.get(bucket) ?? 0) + 1);
      return { ok, retryAfterSeconds: Math.max(1, Math.ceil((1 - tokens) / limit.ratePerSecond)) };
    },
    setFactor(value) {
      factor = value;
    },
    refused: () => Object.fromEntries(refused),
    reset() {
      buckets.clear();
      refused.clear();
      factor = 1;
    },
  };
}
