import { cellId, cellOf, providerOf, type ScalingTarget } from '../domain/fleet.ts';
import type { PlanContent } from '../domain/plan.ts';
import type { HoldStatus, RunStatus } from '../domain/report.ts';
import type { PhaseName } from '../domain/season.ts';
import { stepStarts } from '../domain/step-starts.ts';
import { claimsOfRun, planClaims, releaseClaims } from '../store/claims.ts';
import { appendJournal } from '../store/journal.ts';
import { planOfRun, requestOfRun, runRequest, runRow } from '../store/run-context.ts';
import { setRunStatus } from '../store/runs.ts';
import { targetSnapshots } from '../store/targets.ts';
import { type ActivityDependencies, serviceNowMs } from './dependencies.ts';

/** Longest single wait a workflow is told, in milliseconds of wall time. */
const LONGEST_WAIT_MS = 60 * 60_000;

/** A run as its workflow first hears of it. */
export interface BegunRun {
  readonly title: string;
  readonly kind: string;
  readonly dryRun: boolean;
}

/** One cell of a step, for its child workflow. */
export interface PlannedCell {
  readonly cell: string;
  readonly targets: readonly {
    readonly targetId: string;
    readonly critical: boolean;
    readonly requiresStabilization: boolean;
  }[];
}

/** What an undo has to touch; see workflows/undo.ts. */
export interface ReleaseScopeResult {
  readonly recordSetIds: readonly string[];
  readonly monitorIds: readonly string[];
  readonly cells: readonly { readonly cell: string; readonly targetIds: readonly string[] }[];
  readonly gate: 'open' | 'closed';
  readonly noticeAfterMs: number;
}

/** What a hold does next. */
export type Agenda =
  | { readonly action: 'wait'; readonly waitMs: number; readonly until: string }
  | { readonly action: 'step'; readonly step: number; readonly waitMs: number }
  | { readonly action: 'endSteps'; readonly step: number; readonly waitMs: number }
  | { readonly action: 'release'; readonly waitMs: number };

interface Rest {
  readonly resource: string;
  readonly reason: string;
}

/** Activities that only touch our own store: the run's states, its steps, its hold. All are idempotent. */
export function createRunActivities(deps: ActivityDependencies) {
  const { db } = deps;
  const journal = (runId: string, kind: string, key: string, body: unknown) =>
    db.transaction().execute((tx) => appendJournal(tx, runId, [{ kind, key, body }]));

  return {
    /** Moves the run on from `accepted`. @returns null where a cancel was first. */
    async beginRun({ runId }: { readonly runId: string }): Promise<BegunRun | null> {
      await setRunStatus(db, runId, 'planning', { from: ['accepted'] });
      const row = await runRow(db, runId);
      if (row.status === 'cancelled') return null;
      const request = await runRequest(db, runId);
      const title = request.kind === 'season' ? request.request.season.name : request.request.weddingDay.id;
      return { title, kind: request.kind, dryRun: row.dry_run };
    },

    async recordPhase(entry: {
      readonly runId: string;
      readonly phase: PhaseName;
      readonly status: 'running' | 'completed' | 'failed' | 'skipped';
      readonly summary?: unknown;
    }): Promise<void> {
      const { status, summary } = entry;
      await journal(entry.runId, 'phase', entry.phase, { status, summary: summary ?? null });
    },

    async setStatus(change: {
      readonly runId: string;
      readonly status: RunStatus;
      readonly error?: unknown;
    }): Promise<void> {
      const { error } = change;
      await setRunStatus(db, change.runId, change.status, error === undefined ? {} : { error });
    },

    /** The step that is due now, the last one begun of those in time; null when none is. */
    async dueStep({ runId }: { readonly runId: string }): Promise<number | null> {
      const { content } = await planOfRun(db, runId);
      const starts = await startsOf(deps, runId, content);
      await planClaims(db, runId, laterClaims(content));
      const nowMs = serviceNowMs(deps);
      const due = content.steps.filter((s) => (starts.get(s.step) ?? 0) <= nowMs && s.untilMs > nowMs);
      return due.at(0)?.step ?? null;
    },

    async cellsOfStep(input: { readonly runId: string; readonly step: number }): Promise<PlannedCell[]> {
      const { content } = await planOfRun(db, input.runId);
      const ids = content.floors.filter((f) => f.step === input.step).map((f) => f.targetId);
      const specs = (await targetSnapshots(db, ids)).map((row) => row.spec as ScalingTarget);
      const order = await fleetOrder(deps);
      const sorted = specs.toSorted((a, b) => (order.get(a.id) ?? 0) - (order.get(b.id) ?? 0));
      return [...Map.groupBy(sorted, (target) => cellId(cellOf(target)))].map(([cell, targets]) => ({
        cell,
        targets: targets.map((target) => ({
          targetId: target.id,
          critical: target.critical,
          requiresStabilization: target.requiresStabilization,
        })),
      }));
    },

    /** Closes the run, releases its claims, and says what there is to undo. */
    async closeRun({ runId }: { readonly runId: string }): Promise<ReleaseScopeResult> {
      const targetIds = await releaseClaims(db, runId);
      return scopeOf(deps, runId, targetIds);
    },

    /** Releases one step, or all before one, of a run that goes on. */
    async releaseStep(input: {
      readonly runId: string;
      readonly step?: number;
      readonly beforeStep?: number;
    }): Promise<ReleaseScopeResult> {
      const scope =
        input.beforeStep === undefined ? { step: input.step ?? 0 } : { beforeStep: input.beforeStep };
      return scopeOf(deps, input.runId, await releaseClaims(db, input.runId, scope));
    },

    /** What there is to undo for some targets whose claims are released already. */
    async targetScope(input: {
      readonly runId: string;
      readonly targetIds: readonly string[];
    }): Promise<ReleaseScopeResult> {
      return scopeOf(deps, input.runId, input.targetIds);
    },

    async recordRollback(entry: {
      readonly runId: string;
      readonly undone: readonly string[];
      readonly residual: readonly Rest[];
    }): Promise<void> {
      const { runId, undone, residual } = entry;
      await journal(runId, 'rollback', '', { undone, kept: [], residual });
    },

    /** Enters what a failed run keeps under `onFailure: 'keep-capacity'`. */
    async recordKept({ runId }: { readonly runId: string }): Promise<void> {
      const claims = await claimsOfRun(db, runId);
      const kept = claims.filter((claim) => claim.state === 'live').map((claim) => claim.targetId);
      await journal(runId, 'rollback', '', { undone: [], kept, residual: [] });
      await setHoldStatus(deps, runId, 'holding');
    },

    async failurePolicy({ runId }: { readonly runId: string }) {
      return { onFailure: (await requestOfRun(db, runId)).onFailure };
    },

    async noteMonitoringDegraded(entry: { readonly runId: string; readonly message: string }): Promise<void> {
      await journal(entry.runId, 'monitoring.degraded', '', { message: entry.message });
    },

    async setHold(change: {
      readonly runId: string;
      readonly status: HoldStatus;
      readonly reason?: string;
      readonly residual?: readonly Rest[];
    }): Promise<void> {
      const { runId, status, ...body } = change;
      if (await setHoldStatus(deps, runId, status)) await journal(runId, 'hold', '', { status, ...body });
    },

    /** The hold has nothing left to do; a run that waited for a person is now rolled back. */
    async finishHold({ runId }: { readonly runId: string }): Promise<void> {
      await setHoldStatus(deps, runId, 'released');
      await journal(runId, 'hold', '', { status: 'released' });
      const row = await runRow(db, runId);
      if (row.status !== 'needsHuman') return;
      const accepted = await db
        .selectFrom('journal')
        .select('seq')
        .where('stream', '=', runId)
        .where('kind', '=', 'resolved')
        .executeTakeFirst();
      await setRunStatus(db, runId, accepted ? 'failed' : 'rolledBack', { from: ['needsHuman'] });
    },

    async recordVanished(entry: {
      readonly runId: string;
      readonly residual: readonly Rest[];
    }): Promise<void> {
      const message = 'the run ended without a word to its hold, which has undone it';
      const status = entry.residual.length > 0 ? 'needsHuman' : 'rolledBack';
      await setRunStatus(db, entry.runId, status, { error: { type: 'SeasonVanished', message } });
    },

    /** A person lets go of what could not be given back: what is there now is nobody's any more. */
    async acceptDrift(entry: {
      readonly runId: string;
      readonly resource: string;
      readonly action: 'skip' | 'accept-drift';
    }): Promise<void> {
      const { runId, resource, action } = entry;
      await db
        .updateTable('targets')
        .set({ pre_state: null, last_applied: null })
        .where('id', '=', resource)
        .where(({ not, exists, selectFrom }) =>
          not(
            exists(
              selectFrom('claims').select('id').where('target_id', '=', resource).where('state', '=', 'live'),
            ),
          ),
        )
        .execute();
      await journal(runId, 'resolved', resource, { action });
    },

    /** Targets whose claims of this run are released while the vendor still owes their pre-state to nobody else. */
    async forgottenTargets({ runId }: { readonly runId: string }): Promise<readonly string[]> {
      const rows = await db
        .selectFrom('targets')
        .select('id')
        .where('pre_state', 'is not', null)
        .where(({ exists, selectFrom }) =>
          exists(
            selectFrom('claims')
              .select('claims.id')
              .whereRef('claims.target_id', '=', 'targets.id')
              .where('claims.run_id', '=', runId)
              .where('claims.state', '=', 'released'),
          ),
        )
        .where(({ not, exists, selectFrom }) =>
          not(
            exists(
              selectFrom('claims')
                .select('claims.id')
                .whereRef('claims.target_id', '=', 'targets.id')
                .where('claims.state', '=', 'live'),
            ),
          ),
        )
        .execute();
      return rows.map((row) => row.id);
    },

    /** What the hold does next, and how long it may sleep until then. */
    async holdAgenda({ runId }: { readonly runId: string }): Promise<Agenda> {
      const { content } = await planOfRun(db, runId);
      const row = await runRow(db, runId);
      const nowMs = serviceNowMs(deps);
      const waitUntil = (ms: number) => wallWaitMs(deps, Math.min(ms - nowMs, deps.patience.recheckMs));
      if (row.ends_at.getTime() <= nowMs) return { action: 'release', waitMs: waitUntil(nowMs) };
      const claims = await claimsOfRun(db, runId);
      const begun = Math.max(-1, ...claims.map((claim) => claim.step));
      const starts = await startsOf(deps, runId, content);
      const next = content.steps.find((step) => step.step > begun && step.untilMs > nowMs);
      const nextMs = next ? (starts.get(next.step) ?? next.fromMs) : Number.POSITIVE_INFINITY;
      if (next && nextMs <= nowMs) return { action: 'step', step: next.step, waitMs: 0 };
      const current = content.steps.find((step) => step.step === begun);
      // A newer step that was given up takes nothing over: the earlier one stays.
      const newer = claims.some((claim) => claim.state === 'live' && claim.step === begun);
      const old = newer && claims.some((claim) => claim.state === 'live' && claim.step < begun);
      if (current && old && current.fromMs <= nowMs) return { action: 'endSteps', step: begun, waitMs: 0 };
      const handOver = current && old ? current.fromMs : Number.POSITIVE_INFINITY;
      const waitMs = waitUntil(Math.min(row.ends_at.getTime(), nextMs, handOver));
      return { action: 'wait', waitMs, until: row.ends_at.toISOString() };
    },
  };
}

/** See {@link createRunActivities}. */
export type RunActivities = ReturnType<typeof createRunActivities>;

/** Wall milliseconds for a stretch of service time, at least a moment and at most an hour. */
export function wallWaitMs(deps: Pick<ActivityDependencies, 'clock'>, serviceMs: number): number {
  return Math.min(LONGEST_WAIT_MS, Math.max(50, Math.ceil(serviceMs / deps.clock.scale)));
}

/** When each step's capacity is asked for, in milliseconds of service time. */
async function startsOf(
  deps: ActivityDependencies,
  runId: string,
  content: PlanContent,
): Promise<ReadonlyMap<number, number>> {
  const { additionalLeadMinutes } = await requestOfRun(deps.db, runId);
  const ids = [...new Set(content.floors.map((floor) => floor.targetId))];
  const specs = (await targetSnapshots(deps.db, ids)).map((row) => row.spec as ScalingTarget);
  const leadMinutes = new Map(specs.map((target) => [target.id, target.leadTimeMinutes]));
  return stepStarts(content, leadMinutes, additionalLeadMinutes);
}

function laterClaims(content: PlanContent) {
  return content.floors.map((floor) => {
    const window = content.steps.find((step) => step.step === floor.step);
    return {
      targetId: floor.targetId,
      kind: 'floor' as const,
      step: floor.step,
      floorUnits: floor.floorUnits,
      startsAtMs: window?.fromMs ?? 0,
      endsAtMs: window?.untilMs ?? 0,
    };
  });
}

async function fleetOrder(deps: ActivityDependencies): Promise<ReadonlyMap<string, number>> {
  const row = await deps.db.selectFrom('fleet').select('body').executeTakeFirstOrThrow();
  const { targets } = row.body as { targets: readonly ScalingTarget[] };
  return new Map(targets.map((target, index) => [target.id, index]));
}

async function scopeOf(
  deps: ActivityDependencies,
  runId: string,
  targetIds: readonly string[],
): Promise<ReleaseScopeResult> {
  const rows =
    targetIds.length === 0
      ? []
      : await deps.db
          .selectFrom('targets')
          .select(['id', 'kind', 'spec'])
          .where('id', 'in', [...targetIds])
          .execute();
  const scaling = rows.filter((row) => row.kind === 'scaling');
  const cells = Map.groupBy(scaling, (row) => cellId(cellOf(row.spec as ScalingTarget)));
  return {
    recordSetIds: rows.filter((row) => row.kind === 'record').map((row) => row.id),
    monitorIds: rows.filter((row) => row.kind === 'monitor').map((row) => row.id),
    cells: [...cells].map(([cell, group]) => ({ cell, targetIds: group.map((row) => row.id) })),
    gate: (await tookWeight(deps, runId)) ? 'closed' : 'open',
    noticeAfterMs: wallWaitMs(deps, deps.patience.undoNoticeMs),
  };
}

/** Capacity that never took weight may go without a gate. */
async function tookWeight(deps: ActivityDependencies, runId: string): Promise<boolean> {
  const moved = await deps.db
    .selectFrom('journal')
    .select('seq')
    .where('stream', '=', runId)
    .where('kind', '=', 'phase')
    .where('key', '=', 'traffic-routing')
    .limit(1)
    .executeTakeFirst();
  return moved !== undefined;
}

async function setHoldStatus(
  deps: ActivityDependencies,
  runId: string,
  status: HoldStatus,
): Promise<boolean> {
  const changed = await deps.db
    .updateTable('runs')
    .set({ hold_status: status })
    .where('id', '=', runId)
    .where(({ eb, or }) => or([eb('hold_status', 'is', null), eb('hold_status', '<>', status)]))
    .returning('id')
    .executeTakeFirst();
  return changed !== undefined;
}

/** Providers and regions of a step's cells, for people. */
export function placesOf(targets: readonly ScalingTarget[]): {
  readonly providers: readonly string[];
  readonly regions: readonly string[];
} {
  return {
    providers: [...new Set(targets.map((target) => providerOf(target.service)))].toSorted(),
    regions: [...new Set(targets.map((target) => target.region))].toSorted(),
  };
}
