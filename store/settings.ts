import type { Kysely } from 'kysely';
import type { ServiceClock } from '../domain/clock.ts';
import type { Schema } from './schema.ts';

/** A value of the installation, or null where it was never set. */
export async function getSetting<T>(db: Kysely<Schema>, name: string): Promise<T | null> {
  const row = await db.selectFrom('settings').select('value').where('name', '=', name).executeTakeFirst();
  return (row?.value as T | undefined) ?? null;
}

/** Sets a value once. @returns what stands, which is another process's value where that came first. */
export async function setSettingOnce<T>(db: Kysely<Schema>, name: string, value: T): Promise<T> {
  await db
    .insertInto('settings')
    .values({ name, value: JSON.stringify(value) })
    .onConflict((conflict) => conflict.column('name').doNothing())
    .execute();
  return (await getSetting<T>(db, name)) ?? value;
}

/**
 * The installation's service clock, anchored once at its first start.
 * @throws Error when it runs at another scale: changing it would make service time jump under live claims.
 */
export async function getOrCreateClock(db: Kysely<Schema>, scale: number): Promise<ServiceClock> {
  const clock = await setSettingOnce<ServiceClock>(db, 'clock', { anchorMs: Date.now(), scale });
  if (clock.scale === scale) return clock;
  throw new Error(
    `This database's service time runs at scale ${clock.scale} and WEDSCALE_TIME_SCALE is ${scale}. ` +
      `Set it to ${clock.scale}, or start with an empty database (another --state-dir or DATABASE_URL).`,
  );
}
