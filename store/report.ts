import type { Kysely, Selectable } from 'kysely';
import type { ScalingTarget } from '../domain/fleet.ts';
import { floorOf, type OwnedFields } from '../domain/owned-fields.ts';
import type { Plan, Requirements } from '../domain/plan.ts';
import type { HoldStatus, RunReport, RunStatus } from '../domain/report.ts';
import { foldReport, type ReportEntry, type ReportSources } from '../domain/report-fold.ts';
import type { RunSettings } from '../domain/season.ts';
import { stepStarts } from '../domain/step-starts.ts';
import { getPlan } from './plans.ts';
import { getRun } from './runs.ts';
import type { RunRow, Schema } from './schema.ts';

/** What a report says besides what the store knows. */
export interface ReportContext {
  /** Origin of the API for links. */
  readonly apiBaseUrl: string;
  /** Address under which the Web UI shows a workflow by its id; null where there is none. */
  readonly webUiUrl: string | null;
  readonly environment: 'sandbox' | 'real';
}

/** The report of a run as of now, or null where there is no such run. */
export async function buildRunReport(
  db: Kysely<Schema>,
  runId: string,
  context: ReportContext,
): Promise<RunReport | null> {
  const run = await getRun(db, runId);
  if (!run) return null;
  const plan = run.plan_id === null ? null : await getPlan(db, run.plan_id);
  const ids = plan ? [...new Set(plan.content.floors.map((floor) => floor.targetId))] : [];
  const targets = await readTargets(db, ids);
  const claims = await readFloorClaims(db, runId);
  const begun = Math.max(-1, ...claims.map((claim) => claim.step));
  return foldReport({
    run: runOf(run),
    entries: await readEntries(db, runId),
    plan,
    targets,
    live: (run.requirements as Requirements | null)?.live ?? {},
    claims,
    effectiveFloors: await readEffectiveFloors(db, ids),
    nextStepAtMs: plan ? nextStepAtMs(plan, targets, run.request as RunSettings, begun) : null,
    environment: context.environment,
    links: {
      api: `${context.apiBaseUrl}/api/runs/${run.id}`,
      webUi: context.webUiUrl && `${context.webUiUrl}/${run.workflow_id}`,
    },
    nowMs: Date.now(),
  });
}

function runOf(run: Selectable<RunRow>): ReportSources['run'] {
  return {
    id: run.id,
    workflowId: run.workflow_id,
    kind: run.kind,
    dryRun: run.dry_run,
    status: run.status as RunStatus,
    holdStatus: run.hold_status as HoldStatus | null,
    error: run.error as ReportSources['run']['error'],
    createdAtMs: run.created_at.getTime(),
    finishedAtMs: run.finished_at?.getTime() ?? null,
    endsAtMs: run.ends_at.getTime(),
  };
}

async function readEntries(db: Kysely<Schema>, runId: string): Promise<readonly ReportEntry[]> {
  const rows = await db
    .selectFrom('journal')
    .select(['at', 'kind', 'key', 'body'])
    .where('stream', '=', runId)
    .orderBy('seq')
    .execute();
  return rows.map(({ at, kind, key, body }) => ({
    atMs: at.getTime(),
    kind,
    key,
    body: (body ?? {}) as ReportEntry['body'],
  }));
}

async function readTargets(
  db: Kysely<Schema>,
  ids: readonly string[],
): Promise<ReadonlyMap<string, ScalingTarget>> {
  if (ids.length === 0) return new Map();
  const rows = await db
    .selectFrom('targets')
    .select(['id', 'spec'])
    .where('id', 'in', [...ids])
    .execute();
  return new Map(rows.map((row) => [row.id, row.spec as ScalingTarget]));
}

async function readFloorClaims(db: Kysely<Schema>, runId: string): Promise<ReportSources['claims']> {
  const rows = await db
    .selectFrom('claims')
    .select(['target_id', 'step', 'accepted_at'])
    .where('run_id', '=', runId)
    .where('kind', '=', 'floor')
    .where('state', '<>', 'planned')
    .execute();
  return rows.map((row) => ({ targetId: row.target_id, step: row.step, accepted: row.accepted_at !== null }));
}

async function readEffectiveFloors(
  db: Kysely<Schema>,
  ids: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  if (ids.length === 0) return new Map();
  const rows = await db
    .selectFrom('targets')
    .leftJoin('claims', (join) =>
      join
        .onRef('claims.target_id', '=', 'targets.id')
        .on('claims.state', '=', 'live')
        .on('claims.unreachable', '=', false),
    )
    .select(['targets.id', 'targets.pre_state', 'claims.floor_units'])
    .where('targets.id', 'in', [...ids])
    .where('targets.pre_state', 'is not', null)
    .execute();
  const floors = new Map<string, number>();
  for (const { id, pre_state, floor_units } of rows) {
    const before = floors.get(id) ?? floorOf(pre_state as OwnedFields);
    floors.set(id, Math.max(before, floor_units ?? 0));
  }
  return floors;
}

function nextStepAtMs(
  { content }: Plan,
  targets: ReadonlyMap<string, ScalingTarget>,
  { additionalLeadMinutes }: RunSettings,
  begun: number,
): number | null {
  const leadMinutes = new Map([...targets].map(([id, target]) => [id, target.leadTimeMinutes]));
  const next = content.steps.find((step) => step.step > begun);
  if (!next) return null;
  return stepStarts(content, leadMinutes, additionalLeadMinutes).get(next.step) ?? null;
}
