import { isTerminal, ProviderError } from '../domain/errors.ts';
import type { ScalingTarget } from '../domain/fleet.ts';
import type { PlannedFloor, PlanStepWindow } from '../domain/plan.ts';
import type { TargetState } from '../domain/scaler.ts';
import { type ClaimRequest, claimOfStep, claimTargets } from '../store/claims.ts';
import { enter } from '../store/journal.ts';
import { releaseClaims } from '../store/releases.ts';
import { planOfRun } from '../store/run-context.ts';
import { targetSnapshots } from '../store/targets.ts';
import { askPerson } from './attention.ts';
import { type ActivityDependencies, serviceNowMs } from './dependencies.ts';
import { execute, stopIfCancelled } from './execution.ts';
import { retryDelayMs } from './interceptor.ts';
import { LeaseBusy } from './lease-busy.ts';
import { readTargets } from './reading.ts';
import type { ReconcileResult } from './reconcile.ts';
import { reconcileTargets } from './reconcile-batch.ts';
import type { VendorWatch } from './vendor-watch.ts';

/** The targets of one cell in one step of a run. */
export interface CellStep {
  readonly runId: string;
  readonly step: number;
  /** `provider/region`. */
  readonly cell: string;
  /** In the order in which they are touched. */
  readonly targetIds: readonly string[];
}

/** Why a service cannot have what the plan asks for. */
export interface ServiceFailure {
  readonly targetId: string;
  /** An error kind, `ProvisioningFailed` or `SettleDeadline`. */
  readonly kind: string;
  readonly message: string;
  /** Serving units by the last vendor read, where there was one. */
  readonly servingUnits?: number | null;
}

/** What came of {@link createScalingActivities}'s `snapshotAndClaim`. */
export interface ClaimedCell {
  /** Let go of by this step before, so not its own any more. */
  readonly released: readonly string[];
  readonly failed: readonly ServiceFailure[];
  /** The run was closed meanwhile; nothing more may be touched. */
  readonly closed: boolean;
}

/** What came of {@link createScalingActivities}'s `applyTargets`; a target in neither list was accepted. */
export interface ApplyOutcome {
  readonly failed: readonly ServiceFailure[];
  /** Neither accepted nor refused: to be asked for again. */
  readonly again: readonly string[];
  /** How long to wait before, in milliseconds of wall time; null where not every one of them says. */
  readonly againInMs: number | null;
}

/** What a cell activity is asked about one target. */
export interface TargetStep {
  readonly runId: string;
  readonly step: number;
  readonly targetId: string;
}

/** Activities of phase 4 that move capacity up. All are idempotent. */
export function createScalingActivities(deps: ActivityDependencies) {
  return {
    /** Reads every target of the cell in batches and claims its floors, before anything is written. */
    async snapshotAndClaim(cell: CellStep): Promise<ClaimedCell> {
      return execute(deps, cell.runId, cell.cell, async ({ watch, stop }) => {
        stopIfCancelled(stop);
        await enterBranch(deps, cell, 'started');
        const rows = await targetSnapshots(deps.db, cell.targetIds);
        const targets = rows.map((row) => row.spec as ScalingTarget);
        const { states: seen, errors } = await readTargets(deps, targets, watch);
        const failed = [...errors].map(([id, error]) => failureOf(id, error));
        const plan = await planOfRun(deps.db, cell.runId);
        // A later generation of the plan may have taken a floor away since the cell was given its targets.
        const planned = new Set(
          plan.content.floors.filter(({ step }) => step === cell.step).map(({ targetId }) => targetId),
        );
        const requests = rows
          .filter((row) => seen.has(row.id) && planned.has(row.id))
          .map((row) => claimRequest(plan.content, cell.step, row, seen));
        const result = await claimTargets(deps.db, cell.runId, cell.step, requests, deps.patience);
        if (result.status === 'moved') {
          throw new ProviderError('Stale', `${result.targetIds.join(', ')} changed while being claimed`);
        }
        const gone = cell.targetIds.filter((id) => !planned.has(id));
        const released = result.status === 'claimed' ? [...result.released, ...gone] : gone;
        return { released, failed, closed: result.status === 'closed' };
      });
    },

    /**
     * Brings some targets to their effective floors; returns when the vendors have accepted or refused, and names
     * those for which that is not decided yet. @throws what is wrong with us and not with a target.
     */
    async applyTargets(cell: CellStep): Promise<ApplyOutcome> {
      return execute(deps, cell.runId, cell.cell, ({ owner, watch, stop }) => {
        stopIfCancelled(stop);
        return applyAll(deps, cell, owner, watch);
      });
    },

    /** Enters a service's failure; one that is not critical gives its claim up at once. */
    async failService(request: TargetStep & { readonly failure: ServiceFailure }): Promise<void> {
      const target = await targetOf(deps, request.targetId);
      const { kind, message, servingUnits = null } = request.failure;
      await enter(deps.db, request.runId, {
        kind: 'service.failed',
        key: request.targetId,
        body: { step: request.step, kind, message, servingUnits, critical: target.critical },
      });
      if (!target.critical) {
        await releaseClaims(deps.db, request.runId, { step: request.step, targetIds: [request.targetId] });
      }
    },

    /** Notes that the cell is through, whatever came of it. */
    async finishCell(cell: CellStep): Promise<void> {
      await enterBranch(deps, cell, 'finished');
    },
  };
}

async function applyAll(
  deps: ActivityDependencies,
  cell: CellStep,
  owner: string,
  watch: VendorWatch,
): Promise<ApplyOutcome> {
  const request = { runId: cell.runId, owner, direction: 'forward', gate: 'closed' } as const;
  const failed: ServiceFailure[] = [];
  const later: { readonly targetId: string; readonly inMs: number | undefined }[] = [];
  for (const [targetId, outcome] of await reconcileTargets(deps, cell.targetIds, request, watch)) {
    if ('result' in outcome) failed.push(...(await refusalOf(deps, cell.runId, targetId, outcome.result)));
    else if (isFinal(outcome.error)) failed.push(failureOf(targetId, outcome.error));
    else later.push({ targetId, inMs: await laterMs(deps, { ...cell, targetId }, outcome.error) });
  }
  const waits = later.map(({ inMs }) => inMs ?? Number.POSITIVE_INFINITY);
  const longestMs = waits.reduce((a, b) => Math.max(a, b), 0);
  return {
    failed,
    again: later.map(({ targetId }) => targetId),
    againInMs: Number.isFinite(longestMs) ? longestMs : null,
  };
}

async function refusalOf(
  deps: ActivityDependencies,
  runId: string,
  targetId: string,
  result: ReconcileResult,
): Promise<readonly ServiceFailure[]> {
  // The settle deadline decides whether a person's answer comes in time.
  if (result.status === 'contested') {
    await askPerson(deps, runId, { resource: targetId, topic: 'contested', message: result.message });
  }
  if (result.status !== 'refused') return [];
  return [{ targetId, kind: result.kind, message: result.message }];
}

function isFinal(error: unknown): boolean {
  return error instanceof ProviderError && isTerminal(error.kind);
}

/** @returns when to ask again, where the error says. @throws an error that is neither the vendor's nor a lease's. */
async function laterMs(
  deps: ActivityDependencies,
  request: TargetStep,
  error: unknown,
): Promise<number | undefined> {
  const { runId, targetId } = request;
  await askWhenLate(deps, request, error);
  if (!(error instanceof ProviderError || error instanceof LeaseBusy)) throw error;
  deps.log.warn({ runId, target: targetId, err: error }, 'not accepted yet; asked for again');
  return retryDelayMs(error, deps.clock.scale);
}

/** The declaration of a target. @throws Error when the fleet does not know it. */
export async function targetOf(deps: ActivityDependencies, targetId: string): Promise<ScalingTarget> {
  const [row] = await targetSnapshots(deps.db, [targetId]);
  if (!row) throw new Error(`target ${targetId} is not in the fleet; import the fleet again`);
  return row.spec as ScalingTarget;
}

/** A terminal error as a failure of the service. @throws the error itself when a retry may mend it. */
export function failureOf(targetId: string, error: unknown): ServiceFailure {
  if (!(error instanceof ProviderError) || !isTerminal(error.kind)) throw error;
  return { targetId, kind: error.kind, message: error.message };
}

function claimRequest(
  plan: { readonly floors: readonly PlannedFloor[]; readonly steps: readonly PlanStepWindow[] },
  step: number,
  row: { readonly id: string; readonly generation: number },
  seen: ReadonlyMap<string, TargetState>,
): ClaimRequest {
  const floor = plan.floors.find((f) => f.step === step && f.targetId === row.id);
  const window = plan.steps.find((s) => s.step === step);
  const state = seen.get(row.id);
  if (!floor || !window || !state) throw new Error(`the plan has no floor for ${row.id} in step ${step}`);
  return {
    targetId: row.id,
    kind: 'floor',
    floorUnits: floor.floorUnits,
    startsAtMs: window.fromMs,
    endsAtMs: window.untilMs,
    seen: state.owned,
    generation: row.generation,
  };
}

async function enterBranch(deps: ActivityDependencies, cell: CellStep, status: string): Promise<void> {
  await enter(deps.db, cell.runId, {
    kind: 'branch',
    key: cell.cell,
    body: { status, step: cell.step },
  });
}

/** What is merely not possible yet waits until the claim begins; from then on a person is told. */
async function askWhenLate(deps: ActivityDependencies, request: TargetStep, error: unknown): Promise<void> {
  const claim = await claimOfStep(deps.db, request);
  if (!claim || claim.acceptedAt || serviceNowMs(deps) < claim.startsAtMs) return;
  const message = `${request.targetId} should be ready by now and its vendor still does not take the change: ${String(error)}`;
  await askPerson(deps, request.runId, { resource: request.targetId, topic: 'late', message });
}
