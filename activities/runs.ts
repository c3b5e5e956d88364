import { cellId, cellOf, providerOf, type ScalingTarget } from '../domain/fleet.ts';
import type { PlanContent } from '../domain/plan.ts';
import type { Residual, RunStatus } from '../domain/report.ts';
import type { PhaseName } from '../domain/season.ts';
import { leverOfTarget } from '../domain/services.ts';
import { planClaims } from '../store/claims.ts';
import { enter } from '../store/journal.ts';
import { planOfRun, requestOfRun, runRequest, runRow } from '../store/run-context.ts';
import { setRunStatus } from '../store/runs.ts';
import { targetSnapshots } from '../store/targets.ts';
import { type ActivityDependencies, serviceNowMs } from './dependencies.ts';
import { startsOf } from './plan-steps.ts';

/** A run as its workflow first hears of it. */
export interface BegunRun {
  readonly title: string;
  readonly kind: string;
  readonly dryRun: boolean;
}

/** A run that had ended before its workflow began. */
export interface EndedRun {
  readonly ended: RunStatus;
}

/** One cell of a step, for its child workflow. */
export interface PlannedCell {
  readonly cell: string;
  readonly targets: readonly {
    readonly targetId: string;
    readonly service: string;
    readonly critical: boolean;
    readonly requiresStabilization: boolean;
    /** 95th percentile of its lever, from accepted to serving. */
    readonly provisioningMinutes: number;
  }[];
}

/** Activities of a run that only touch our own store: its states and its steps. All are idempotent. */
export function createRunActivities(deps: ActivityDependencies) {
  const { db } = deps;
  const journal = (runId: string, kind: string, key: string, body: unknown) =>
    enter(db, runId, { kind, key, body });

  return {
    /** Moves the run on from `accepted`; one that was cancelled or failed before does not begin. */
    async beginRun({ runId }: { readonly runId: string }): Promise<BegunRun | EndedRun> {
      await setRunStatus(db, runId, 'planning', { from: ['accepted'] });
      const row = await runRow(db, runId);
      if (row.status !== 'planning') return { ended: row.status as RunStatus };
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

    /** The first step that is due now and has not passed; null when none is. Plans the claims of all. */
    async dueStep({ runId }: { readonly runId: string }): Promise<number | null> {
      const { content } = await planOfRun(db, runId);
      const starts = await startsOf(deps, runId, content);
      await planClaims(db, runId, laterClaims(content));
      const nowMs = serviceNowMs(deps);
      const due = content.steps.filter((s) => (starts.get(s.step) ?? 0) <= nowMs && s.untilMs > nowMs);
      return due.at(0)?.step ?? null;
    },

    /**
     * Cells in the fleet's order, which is the order `requiresStabilization` is about.
     * @param input.targetIds only these targets; default all of the step.
     */
    async cellsOfStep(input: {
      readonly runId: string;
      readonly step: number;
      readonly targetIds?: readonly string[];
    }): Promise<PlannedCell[]> {
      const { content } = await planOfRun(db, input.runId);
      const ids = content.floors
        .filter((f) => f.step === input.step && (input.targetIds?.includes(f.targetId) ?? true))
        .map((f) => f.targetId);
      const specs = (await targetSnapshots(db, ids)).map((row) => row.spec as ScalingTarget);
      const order = await fleetOrder(deps);
      const place = (target: ScalingTarget) =>
        (isCommitted(target) ? order.size : 0) + (order.get(target.id) ?? 0);
      // What cannot be taken back comes last: nothing after it can fail then.
      const sorted = specs.toSorted((a, b) => place(a) - place(b));
      return [...Map.groupBy(sorted, (target) => cellId(cellOf(target)))].map(([cell, targets]) => ({
        cell,
        targets: targets.map((target) => ({
          targetId: target.id,
          service: target.service,
          critical: target.critical,
          requiresStabilization: target.requiresStabilization,
          provisioningMinutes: leverOfTarget(target)?.provisioningMinutes.p95 ?? 0,
        })),
      }));
    },

    async recordRollback(entry: {
      readonly runId: string;
      readonly undone: readonly string[];
      /** Never given back, because their lever has no way back. */
      readonly kept: readonly string[];
      readonly residual: readonly Residual[];
    }): Promise<void> {
      const { runId, undone, kept, residual } = entry;
      await journal(runId, 'rollback', '', { undone, kept, residual });
    },

    async failurePolicy({ runId }: { readonly runId: string }) {
      return { onFailure: (await requestOfRun(db, runId)).onFailure };
    },

    async noteMonitoringDegraded(entry: { readonly runId: string; readonly message: string }): Promise<void> {
      await journal(entry.runId, 'monitoring.degraded', '', { message: entry.message });
    },
  };
}

/** Whether what is asked of the target is never given back. */
export function isCommitted(target: ScalingTarget): boolean {
  return leverOfTarget(target)?.reversibility === 'committed';
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
