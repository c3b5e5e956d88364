import { isDeepStrictEqual } from 'node:util';
import { type Kysely, sql, type Transaction } from 'kysely';
import { contentHash } from '../domain/canonical.ts';
import type { Fleet, RecordSet, ScalingTarget } from '../domain/fleet.ts';
import { SYSTEM_STREAM } from '../domain/names.ts';
import { type DeclaredFleet, declaredFleet, pricedFleet } from '../domain/pricing.ts';
import { appendJournal } from './journal.ts';
import { priceBook } from './prices.ts';
import type { Schema } from './schema.ts';

/** The fleet in force. */
export interface StoredFleet {
  /** With the prices its file left out, as they are known now. */
  readonly fleet: Fleet;
  /** SHA-256 of the canonical JSON of its declaration, whatever prices are looked up. */
  readonly hash: string;
}

/** A target that owes something cannot become another resource under the same id. */
export class FleetConflict extends Error {
  override readonly name = 'FleetConflict';
  readonly targetIds: readonly string[];
  constructor(targetIds: readonly string[]) {
    super(
      `${targetIds.join(', ')} point to another resource than before while runs still hold them; ` +
        'release those runs first, or give the new resource a new id',
    );
    this.targetIds = targetIds;
  }
}

/**
 * Puts a fleet in force, all or nothing: new targets are entered, known ones updated, missing ones kept as no
 * longer declared until nothing is owed on them. Idempotent. @throws FleetConflict
 */
export async function importFleet(db: Kysely<Schema>, fleet: Fleet, principal: string): Promise<StoredFleet> {
  const declaration = declaredFleet(fleet);
  const hash = contentHash(declaration);
  await db.transaction().execute(async (tx) => {
    const declared = [
      ...fleet.targets.map((spec) => ({
        id: spec.id,
        kind: 'scaling' as const,
        service: spec.service,
        spec,
      })),
      ...fleet.recordSets.map((spec) => ({
        id: spec.id,
        kind: 'record' as const,
        service: spec.service,
        spec,
      })),
    ];
    await refuseMoved(tx, declared);
    const ids = declared.map((target) => target.id);
    await tx
      .updateTable('targets')
      .set({ declared: false })
      .where('kind', '<>', 'monitor')
      .$if(ids.length > 0, (q) => q.where('id', 'not in', ids))
      .execute();
    for (const { id, kind, service, spec } of declared.toSorted((a, b) => (a.id < b.id ? -1 : 1))) {
      const row = { kind, service, spec: JSON.stringify(spec), declared: true };
      await tx
        .insertInto('targets')
        .values({ id, ...row })
        .onConflict((conflict) => conflict.column('id').doUpdateSet(row))
        .execute();
    }
    const body = JSON.stringify(declaration);
    await tx
      .insertInto('fleet')
      .values({ id: 1, body, hash })
      .onConflict((conflict) =>
        conflict.column('id').doUpdateSet({ body, hash, imported_at: sql<Date>`now()` }),
      )
      .execute();
    const entry = { hash, targets: fleet.targets.length, recordSets: fleet.recordSets.length, by: principal };
    await appendJournal(tx, SYSTEM_STREAM, [{ kind: 'fleet.imported', key: '', body: entry }]);
  });
  return { fleet, hash };
}

/** The fleet in force, or null before the first import. */
export async function currentFleet(db: Kysely<Schema>): Promise<StoredFleet | null> {
  const row = await db.selectFrom('fleet').select(['body', 'hash']).executeTakeFirst();
  if (!row) return null;
  return { fleet: pricedFleet(row.body as DeclaredFleet, await priceBook(db)), hash: row.hash };
}

/** Prices declared targets by what is known now, where their file left that out. Idempotent. */
export async function repriceTargets(db: Kysely<Schema>): Promise<void> {
  const stored = await currentFleet(db);
  for (const spec of stored?.fleet.targets.filter(({ price }) => price !== undefined) ?? []) {
    await db
      .updateTable('targets')
      .set({ spec: JSON.stringify(spec) })
      .where('id', '=', spec.id)
      .where('declared', '=', true)
      .execute();
  }
}

async function refuseMoved(
  tx: Transaction<Schema>,
  declared: readonly { readonly id: string; readonly spec: ScalingTarget | RecordSet }[],
): Promise<void> {
  const owing = await tx
    .selectFrom('targets')
    .select(['id', 'spec'])
    .where('pre_state', 'is not', null)
    .execute();
  const specs = new Map(declared.map((target) => [target.id, target.spec]));
  const moved = owing.filter((row) => {
    const next = specs.get(row.id);
    return next !== undefined && !isDeepStrictEqual(resourceOf(row.spec), resourceOf(next));
  });
  if (moved.length > 0) throw new FleetConflict(moved.map((row) => row.id));
}

function resourceOf(spec: unknown): unknown {
  const { service, region, reference, lever, zoneId, name, type } = spec as Partial<
    ScalingTarget & RecordSet
  >;
  return { service, region, reference, lever, zoneId, name, type };
}
