import type { PricedThing } from './pricing.ts';
import { PROVIDERS, type ProviderId } from './providers.ts';

/** What a refresh came to at one provider. */
export interface ProviderRefresh {
  readonly provider: ProviderId;
  /**
   * `refreshed`: every price was read. `partial`: some were. `failed`: none was. `unsupported`: this release reads no prices
   * there. `unconnected`: this service does not reach it. Whatever was not read keeps the price it had.
   */
  readonly status: 'refreshed' | 'partial' | 'failed' | 'unsupported' | 'unconnected';
  /** Prices read and kept. */
  readonly prices: number;
  /** What the vendor sells at no price it would tell, or not at all, e.g. `m9.large in eu-west-1`. */
  readonly unknown: readonly string[];
  /** Why reading ended early. */
  readonly message?: string;
}

/** What a refresh came to; only providers that anything was wanted of. */
export interface PriceRefresh {
  readonly providers: readonly ProviderRefresh[];
}

/** Each thing once, in an order of its own. */
export function distinctThings(things: readonly PricedThing[]): readonly PricedThing[] {
  const known = new Map(things.map((thing) => [thingId(thing), thing]));
  return [...known].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, thing]) => thing);
}

/** Things by provider, in the order of {@link PROVIDERS}; providers that nothing is wanted of are left out. */
export function byProvider(
  things: readonly PricedThing[],
): readonly (readonly [ProviderId, readonly PricedThing[]])[] {
  const distinct = distinctThings(things);
  return PROVIDERS.flatMap((provider) => {
    const own = distinct.filter((thing) => thing.provider === provider);
    return own.length > 0 ? [[provider, own] as const] : [];
  });
}

/** A thing in words, e.g. `db.r6g.large (postgres) in eu-west-1`. */
export function thingText({ type, engine, region }: PricedThing): string {
  return `${type}${engine === '' ? '' : ` (${engine})`} in ${region}`;
}

/** Canonical text of a thing. */
export function thingId({ provider, region, type, engine }: PricedThing): string {
  return [provider, region, type, engine].join('\n');
}
