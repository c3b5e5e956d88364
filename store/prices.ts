import { randomBytes } from 'node:crypto';
import { type Kysely, sql } from 'kysely';
import { type PriceRefresh, thingId } from '../domain/price-refresh.ts';
import {
  newestOf,
  type PriceBook,
  type PricedThing,
  tablePrices,
  type UnitPrice,
} from '../domain/pricing.ts';
import type { Schema } from './schema.ts';

/** How long what a refresh came to is kept, in days. */
const KEPT_DAYS = 30;

/** A price that was read from a vendor. */
export type ReadPrice = PricedThing & UnitPrice;

/** A refresh as read; `outcome` is null while it goes on, `things` where the fleet in force says what. */
export interface StoredRefresh {
  readonly id: string;
  readonly things: readonly PricedThing[] | null;
  readonly outcome: PriceRefresh | null;
}

/** What is known of prices now: what was read from vendors where that is newer, else the tables of this release. */
export async function priceBook(db: Kysely<Schema>): Promise<PriceBook> {
  const read = new Map((await readPrices(db)).map((price) => [thingId(price), price]));
  return newestOf((thing) => priceOf(read.get(thingId(thing))), tablePrices);
}

/** Every price that was read from a vendor, in a fixed order. */
export async function readPrices(db: Kysely<Schema>): Promise<readonly ReadPrice[]> {
  const rows = await db
    .selectFrom('unit_prices')
    .selectAll()
    .orderBy('provider')
    .orderBy('region')
    .orderBy('type')
    .orderBy('engine')
    .execute();
  return rows.map((row) => ({
    provider: row.provider as ReadPrice['provider'],
    region: row.region,
    type: row.type,
    engine: row.engine,
    usdPerHour: row.usd_per_hour,
    spotUsdPerHour: row.spot_usd_per_hour,
    asOf: row.as_of,
    source: row.source,
  }));
}

/** Enters prices in place of those they are newer than, or as old as. Idempotent. */
export async function writePrices(db: Kysely<Schema>, prices: readonly ReadPrice[]): Promise<void> {
  for (const { provider, region, type, engine, usdPerHour, spotUsdPerHour, asOf, source } of prices) {
    const figures = { usd_per_hour: usdPerHour, spot_usd_per_hour: spotUsdPerHour, as_of: asOf, source };
    await db
      .insertInto('unit_prices')
      .values({ provider, region, type, engine, ...figures })
      .onConflict((conflict) =>
        conflict
          .columns(['provider', 'region', 'type', 'engine'])
          .doUpdateSet(figures)
          .where('unit_prices.as_of', '<=', asOf),
      )
      .execute();
  }
}

/** Enters a refresh that is to begin. @param things null for what the fleet in force leaves out. @returns its id. */
export async function createRefresh(
  db: Kysely<Schema>,
  things: readonly PricedThing[] | null,
  principal: string,
): Promise<string> {
  const oldest = sql<Date>`now() - ${`${KEPT_DAYS} days`}::interval`;
  await db.deleteFrom('price_refreshes').where('created_at', '<', oldest).execute();
  const id = `prc_${randomBytes(9).toString('hex')}`;
  const wanted = things && JSON.stringify(things);
  await db.insertInto('price_refreshes').values({ id, things: wanted, created_by: principal }).execute();
  return id;
}

/** A refresh by its id, or null for one that never was or is too old. */
export async function getRefresh(db: Kysely<Schema>, id: string): Promise<StoredRefresh | null> {
  const row = await db
    .selectFrom('price_refreshes')
    .select(['id', 'things', 'outcome'])
    .where('id', '=', id)
    .executeTakeFirst();
  return (row as StoredRefresh | undefined) ?? null;
}

/** Enters what a refresh came to. */
export async function finishRefresh(db: Kysely<Schema>, id: string, outcome: PriceRefresh): Promise<void> {
  await db
    .updateTable('price_refreshes')
    .set({ outcome: JSON.stringify(outcome), finished_at: sql<Date>`now()` })
    .where('id', '=', id)
    .execute();
}

function priceOf(price: ReadPrice | undefined): UnitPrice | null {
  if (!price) return null;
  const { usdPerHour, spotUsdPerHour, asOf, source } = price;
  return { usdPerHour, spotUsdPerHour, asOf, source };
}
