import { type Kysely, sql } from 'kysely';
import { type ScalingTarget, unitPrice } from '../domain/fleet.ts';
import { METRICS } from '../domain/metrics.ts';
import type { MetricPoint } from '../domain/monitor.ts';
import { floorOf, type OwnedFields } from '../domain/owned-fields.ts';
import type { Plan } from '../domain/plan.ts';
import { latestObservation } from './observations.ts';
import type { Schema } from './schema.ts';

/** A reading from outside older than this says nothing about now, in milliseconds of service time. */
const FRESH_MS = 15 * 60_000;

/** Metrics, by where they come from. */
export interface MetricReading {
  readonly points: readonly MetricPoint[];
  /** Metrics without a source now; named, never invented. */
  readonly absent: readonly string[];
}

interface Held {
  readonly service: string;
  readonly region: string;
  readonly context: string;
  readonly floorUnits: number;
  readonly observedUnits: number | null;
  readonly hourlyUsd: number;
}

/**
 * The ten metrics as of now: instances and costs of everything runs hold, from their last vendor reads; forecasts
 * from the plans in force; the rest from `POST /api/observations`.
 * @param options.nowServiceMs service time now. @param options.runId only what this run holds; default all.
 * @param options.eventsAfter counts only later events, for platforms that add up what they are sent; default all.
 */
export async function collectMetricPoints(
  db: Kysely<Schema>,
  options: {
    readonly nowServiceMs: number;
    readonly runId?: string;
    readonly eventsAfter?: Date | undefined;
  },
): Promise<MetricReading> {
  const held = await readHeld(db, options.runId);
  const atMs = Date.now();
  const point = (metric: string, value: number, tags: readonly string[]): MetricPoint => {
    const kind = METRICS.find((m) => m.name === metric)?.kind ?? 'gauge';
    return { metric, value, atMs, kind, tags };
  };
  const points: MetricPoint[] = [];
  const groups = Map.groupBy(held, (row) => tagsOf(row).join());
  for (const group of groups.values()) {
    const [first] = group;
    if (!first) continue;
    const tags = tagsOf(first);
    const observed = group.flatMap((row) => row.observedUnits ?? []);
    if (observed.length === group.length) {
      points.push(point('wedsync.scalability.instances.current', sum(observed), tags));
    }
    points.push(point('wedsync.scalability.instances.target', sum(group.map((row) => row.floorUnits)), tags));
    points.push(point('wedsync.scalability.cost.hourly', sum(group.map((row) => row.hourlyUsd)), tags));
  }
  for (const { count, tags } of await scalingEvents(db, options.runId, options.eventsAfter)) {
    points.push(point('wedsync.scalability.scaling_events.count', count, tags));
  }
  for (const { users, context } of await predictions(db, options.nowServiceMs, options.runId)) {
    const tags = ['service:all', 'region:all', `wedding_context:${context}`];
    points.push(point('wedsync.scalability.wedding_load.prediction', users, tags));
  }
  for (const metric of METRICS) {
    if (points.some((known) => known.metric === metric.name)) continue;
    const value = await latestObservation(db, metric.name, options.nowServiceMs - FRESH_MS);
    if (value !== null)
      points.push(point(metric.name, value, ['service:all', 'region:all', 'wedding_context:all']));
  }
  const absent = METRICS.map((m) => m.name as string).filter(
    (name) => !points.some((p) => p.metric === name),
  );
  return { points, absent };
}

function tagsOf({
  service,
  region,
  context,
}: Pick<Held, 'service' | 'region' | 'context'>): readonly string[] {
  return [`service:${service}`, `region:${region}`, `wedding_context:${context}`];
}

/** One row per target a run holds; where several do, the highest floor counts, under that run's name. */
async function readHeld(db: Kysely<Schema>, runId: string | undefined): Promise<readonly Held[]> {
  const rows = await db
    .selectFrom('claims')
    .innerJoin('targets', 'targets.id', 'claims.target_id')
    .innerJoin('runs', 'runs.id', 'claims.run_id')
    .select(['targets.id', 'targets.spec', 'targets.pre_state', 'runs.request'])
    .select(['claims.floor_units', 'claims.observed_units'])
    .where('claims.kind', '=', 'floor')
    .where('claims.state', '=', 'live')
    .where('claims.unreachable', '=', false)
    .$if(runId !== undefined, (q) => q.where('claims.run_id', '=', runId ?? ''))
    .orderBy('claims.floor_units', 'desc')
    .execute();
  const first = new Map(rows.toReversed().map((row) => [row.id, row]));
  return [...first.values()].map((row) => {
    const target = row.spec as ScalingTarget;
    const before = row.pre_state ? floorOf(row.pre_state as OwnedFields) : 0;
    const floorUnits = Math.max(before, row.floor_units);
    return {
      service: target.service,
      region: target.region,
      context: contextOf(row.request),
      floorUnits,
      observedUnits: row.observed_units,
      hourlyUsd: floorUnits * unitPrice(target),
    };
  });
}

async function scalingEvents(
  db: Kysely<Schema>,
  runId: string | undefined,
  after: Date | undefined,
): Promise<readonly { readonly count: number; readonly tags: readonly string[] }[]> {
  const rows = await db
    .selectFrom('intents')
    .innerJoin('targets', 'targets.id', 'intents.target_id')
    .innerJoin('runs', 'runs.id', 'intents.run_id')
    .select(['targets.service', 'runs.request'])
    .select(sql<string>`targets.spec ->> 'region'`.as('region'))
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('targets.kind', '=', 'scaling')
    .where('intents.outcome', 'in', ['accepted', 'proven'])
    .$if(runId !== undefined, (q) => q.where('intents.run_id', '=', runId ?? ''))
    .$if(after !== undefined, (q) => q.where('intents.outcome_at', '>', after ?? new Date(0)))
    .groupBy(['targets.service', 'runs.request', sql`targets.spec ->> 'region'`])
    .execute();
  return rows.map(({ service, region, request, count }) => ({
    count: Number(count),
    tags: tagsOf({ service, region, context: contextOf(request) }),
  }));
}

/** Users at the peak of the plans whose window lasts. */
async function predictions(
  db: Kysely<Schema>,
  nowServiceMs: number,
  runId: string | undefined,
): Promise<readonly { readonly users: number; readonly context: string }[]> {
  const rows = await db
    .selectFrom('runs')
    .innerJoin('plans', 'plans.id', 'runs.plan_id')
    .select(['runs.request'])
    .select(sql<Plan['content']['peak']>`plans.content -> 'peak'`.as('peak'))
    .where('runs.dry_run', '=', false)
    .where('runs.closed_at', 'is', null)
    .where('runs.ends_at', '>', new Date(nowServiceMs))
    .where('runs.status', 'in', ['running', 'completed', 'partial'])
    .$if(runId !== undefined, (q) => q.where('runs.id', '=', runId ?? ''))
    .execute();
  return rows.map(({ request, peak }) => ({ users: peak.users, context: contextOf(request) }));
}

/** The season's or the day's own id. */
function contextOf(request: unknown): string {
  const { season, weddingDay } = request as { season?: { id: string }; weddingDay?: { id: string } };
  return season?.id ?? weddingDay?.id ?? 'all';
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
