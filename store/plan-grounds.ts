import { type Kysely, type SqlBool, sql } from 'kysely';
import type { PlanGrounds } from '../domain/explanation/plan-grounds.ts';
import type { Distribution, Requirements } from '../domain/plan.ts';
import type { RunRequest } from '../domain/season.ts';
import { currentFleet } from './fleet.ts';
import { getPlan } from './plans.ts';
import { getRun, type Run } from './runs.ts';
import type { Schema } from './schema.ts';

/** What a plan is explained from, or null where there is no such plan. */
export async function readPlanGrounds(db: Kysely<Schema>, planId: string): Promise<PlanGrounds | null> {
  const plan = await getPlan(db, planId);
  if (!plan) return null;
  const [run, stored] = await Promise.all([getRun(db, plan.createdByRun), currentFleet(db)]);
  return {
    planId: plan.id,
    content: plan.content,
    request: run && ({ kind: run.kind, request: run.request } as RunRequest),
    distribution: (run?.distribution as Distribution | null) ?? null,
    requirements: (run?.requirements as Requirements | null) ?? null,
    fleet: stored?.hash === plan.content.inputs.fleet ? stored.fleet : null,
  };
}

/** Which runs with a plan, newest first. */
export interface PlanFilter {
  readonly limit: number;
  /** Only plans that give this target a floor. */
  readonly targetId?: string;
  /** Only plans whose run still holds what it made ready. */
  readonly inForce?: boolean;
}

/** Runs that have a plan, newest first; a plan that several runs carried out is there with each of them. */
export async function listRunsWithPlan(db: Kysely<Schema>, filter: PlanFilter): Promise<readonly Run[]> {
  const { limit, targetId, inForce } = filter;
  let query = db
    .selectFrom('runs')
    .innerJoin('plans', 'plans.id', 'runs.plan_id')
    .selectAll('runs')
    .orderBy('runs.created_at', 'desc')
    .limit(limit);
  if (inForce) query = query.where('hold_status', 'in', ['holding', 'releasing', 'needsHuman']);
  if (targetId !== undefined) {
    const floor = JSON.stringify([{ targetId }]);
    query = query.where(sql<SqlBool>`plans.content -> 'floors' @> ${floor}::jsonb`);
  }
  return query.execute();
}
