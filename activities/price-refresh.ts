import { Context } from '@temporalio/activity';
import { ProviderError } from '../domain/errors.ts';
import { byProvider, type PriceRefresh, type ProviderRefresh, thingText } from '../domain/price-refresh.ts';
import { type PricedThing, pricedThing } from '../domain/pricing.ts';
import type { ProviderId } from '../domain/providers.ts';
import { currentFleet, repriceTargets } from '../store/fleet.ts';
import { finishRefresh, getRefresh, type ReadPrice, writePrices } from '../store/prices.ts';
import type { ActivityDependencies, VendorAccess } from './dependencies.ts';
import { type PriceReader, priceReaderRegistry } from './prices/registry.ts';

/** One request may take so long, in milliseconds of wall time. */
const REQUEST_LIMIT_MS = 20_000;

/** Most names that an outcome lists. */
const MOST_NAMED = 50;

/** Activities that read list prices. Nothing at a vendor is changed, and nothing is forgotten that was not read anew. */
export function createPriceActivities(deps: ActivityDependencies, access: VendorAccess) {
  return {
    /** Reads the prices that a stored refresh asks for and keeps them. Idempotent. */
    async refreshPrices(request: { readonly refreshId: string }): Promise<{ readonly prices: number }> {
      const stored = await getRefresh(deps.db, request.refreshId);
      if (!stored) throw new ProviderError('InvalidTarget', `there is no refresh ${request.refreshId}`);
      const things = stored.things ?? (await thingsOfFleet(deps));
      const outcome = await refresh(deps, access, things, Context.current().cancellationSignal);
      await finishRefresh(deps.db, stored.id, outcome);
      return { prices: outcome.providers.reduce((sum, { prices }) => sum + prices, 0) };
    },
  };
}

/** Reads prices of things, provider by provider, keeps them, and prices the fleet in force with them. */
export async function refresh(
  deps: Pick<ActivityDependencies, 'db'>,
  access: Pick<VendorAccess, 'connections' | 'guard'>,
  things: readonly PricedThing[],
  signal: AbortSignal,
): Promise<PriceRefresh> {
  const providers = await Promise.all(
    byProvider(things).map(([provider, wanted]) => ofProvider(deps, access, provider, wanted, signal)),
  );
  await repriceTargets(deps.db);
  return { providers };
}

/** What the fleet in force leaves for somebody else to price. */
async function thingsOfFleet(deps: Pick<ActivityDependencies, 'db'>): Promise<readonly PricedThing[]> {
  const targets = (await currentFleet(deps.db))?.fleet.targets ?? [];
  return targets.flatMap((target) => (target.price ? (pricedThing(target) ?? []) : []));
}

async function ofProvider(
  deps: Pick<ActivityDependencies, 'db'>,
  { connections, guard }: Pick<VendorAccess, 'connections' | 'guard'>,
  provider: ProviderId,
  things: readonly PricedThing[],
  signal: AbortSignal,
): Promise<ProviderRefresh> {
  const none = { provider, prices: 0, unknown: [] };
  const entry = priceReaderRegistry.find(({ id }) => id === provider);
  if (!entry) {
    return { ...none, status: 'unsupported', message: `this release reads no prices of ${provider}` };
  }
  const connection = connections[provider];
  if (!connection) {
    const message = `${provider} is not connected; name it in WEDSCALE_REAL_VENDORS`;
    return { ...none, status: 'unconnected', message };
  }
  const reader = (await entry.load())({ connection, guard });
  const source = connection.mode === 'sandbox' ? `${reader.source} (sandbox)` : reader.source;
  const { found, unknown, failure } = await readAll(reader, things, signal);
  const asOf = new Date().toISOString().slice(0, 10);
  await writePrices(
    deps.db,
    found.map((price) => ({ ...price, asOf, source })),
  );
  const status = failure === null ? 'refreshed' : found.length > 0 ? 'partial' : 'failed';
  const kept = failure === null ? {} : { message: `${failure}; what was not read keeps its price` };
  return { provider, status, prices: found.length, unknown: unknown.slice(0, MOST_NAMED), ...kept };
}

interface Findings {
  readonly found: readonly Omit<ReadPrice, 'asOf' | 'source'>[];
  readonly unknown: readonly string[];
  readonly failure: string | null;
}

/** One after the other: a refresh is in no hurry, and shares its rates with nobody who is. */
async function readAll(
  reader: PriceReader,
  things: readonly PricedThing[],
  signal: AbortSignal,
): Promise<Findings> {
  const found: Omit<ReadPrice, 'asOf' | 'source'>[] = [];
  const unknown: string[] = [];
  for (const thing of things) {
    try {
      const price = await reader.read(
        thing,
        AbortSignal.any([signal, AbortSignal.timeout(REQUEST_LIMIT_MS)]),
      );
      if (price) found.push({ ...thing, ...price });
      else unknown.push(thingText(thing));
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof ProviderError)) throw error;
      return { found, unknown, failure: error.message };
    }
  }
  return { found, unknown, failure: null };
}
