import { randomBytes } from 'node:crypto';
import { type Kysely, sql } from 'kysely';
import type { Discovery, FleetTag } from '../domain/discovery.ts';
import type { ProviderId } from '../domain/providers.ts';
import type { Schema } from './schema.ts';

/** How long what was found is kept, in hours: it is a file somebody takes away, not a record. */
const KEPT_HOURS = 24;

/** What is to be looked through. */
export interface DiscoveryRequest {
  readonly provider: ProviderId;
  readonly regions: readonly string[];
  readonly tag: FleetTag;
}

/** A discovery as read; `outcome` is null while it goes on. */
export interface StoredDiscovery extends DiscoveryRequest {
  readonly id: string;
  readonly outcome: Discovery | null;
}

/** Enters a discovery that is to begin, and forgets those of yesterday. @returns its id. */
export async function createDiscovery(
  db: Kysely<Schema>,
  { provider, regions, tag }: DiscoveryRequest,
  principal: string,
): Promise<string> {
  const yesterday = sql<Date>`now() - ${`${KEPT_HOURS} hours`}::interval`;
  await db.deleteFrom('discoveries').where('created_at', '<', yesterday).execute();
  const id = `dsc_${randomBytes(9).toString('hex')}`;
  const values = { id, provider, regions: JSON.stringify(regions), tag: JSON.stringify(tag) };
  await db
    .insertInto('discoveries')
    .values({ ...values, created_by: principal })
    .execute();
  return id;
}

/** A discovery by its id, or null for one that never was or is too old. */
export async function getDiscovery(db: Kysely<Schema>, id: string): Promise<StoredDiscovery | null> {
  const row = await db
    .selectFrom('discoveries')
    .select(['id', 'provider', 'regions', 'tag', 'outcome'])
    .where('id', '=', id)
    .executeTakeFirst();
  return (row as StoredDiscovery | undefined) ?? null;
}

/** Enters what was found. */
export async function finishDiscovery(db: Kysely<Schema>, id: string, outcome: Discovery): Promise<void> {
  await db
    .updateTable('discoveries')
    .set({ outcome: JSON.stringify(outcome), finished_at: sql<Date>`now()` })
    .where('id', '=', id)
    .execute();
}
