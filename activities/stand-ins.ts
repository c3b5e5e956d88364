import { selectedTargetIds } from '../domain/allocation.ts';
import { contentHash } from '../domain/canonical.ts';
import { ProviderError } from '../domain/errors.ts';
import { cellId, cellOf } from '../domain/fleet.ts';
import { floorOf, type OwnedFields } from '../domain/owned-fields.ts';
import type { Distribution, Plan, Requirements, Shortage } from '../domain/plan.ts';
import { residencyRule } from '../domain/selection.ts';
import { grownFloors, type StandInOutcome, standIn } from '../domain/stand-in.ts';
import { claimOfStep, unavailableTargets } from '../store/claims.ts';
import { currentFleet } from '../store/fleet.ts';
import { enter } from '../store/journal.ts';
import { adoptGeneration } from '../store/plan-generations.ts';
import { getPlan, insertPlan } from '../store/plans.ts';
import { withdrawQuestion } from '../store/questions.ts';
import { planOfRun, runRequest, runRow } from '../store/run-context.ts';
import { isApproved } from './approvals.ts';
import { askPerson } from './attention.ts';
import { type ActivityDependencies, serviceNowMs } from './dependencies.ts';
import { execute } from './execution.ts';
import { readTargets } from './reading.ts';
import { reconcileTarget } from './reconcile.ts';
import { type ServiceFailure, type TargetStep, targetOf } from './scaling.ts';

/** A service of a step that its vendor has no room for. */
export interface ShortService {
  readonly runId: string;
  readonly step: number;
  readonly failure: ServiceFailure;
}

/** Who could stand in: nobody, and why; or a plan, which may have to be put before a person first. */
export type FoundStandIn =
  | { readonly status: 'none'; readonly reason: string }
  | { readonly status: 'planned'; readonly planId: string; readonly asks: boolean };

/** What came of putting a generation in force; `targetIds` are to be scaled now. */
export type AdoptedStandIn =
  | { readonly status: 'adopted'; readonly targetIds: readonly string[] }
  /** Something changed since it was made. */
  | { readonly status: 'moved' }
  | { readonly status: 'closed' };

/** Activities of a fallback: others carry what a vendor has no room for. All are idempotent. */
export function createStandInActivities(deps: ActivityDependencies) {
  const { db } = deps;
  return {
    /**
     * Makes the next generation of the run's plan for a service that ran short, from what it really serves, and stores
     * it. It asks a person first where it is not all part of the hash in force, or where the plan adds more per hour
     * than goes without consent and had none.
     */
    async findStandIn(short: ShortService): Promise<FoundStandIn> {
      const { runId, failure } = short;
      const target = await targetOf(deps, failure.targetId);
      return execute(deps, runId, cellId(cellOf(target)), async ({ watch }) => {
        const { states, errors } = await readTargets(deps, [target], watch);
        const state = states.get(target.id);
        if (!state)
          throw errors.get(target.id) ?? new ProviderError('Transient', `${target.id} was not read`);
        const plan = await planOfRun(db, runId);
        const outcome = await standInFor(deps, short, plan, state.servingUnits);
        if (outcome.status === 'none') return outcome;
        const next = { id: contentHash(outcome.content), content: outcome.content };
        await insertPlan(db, next, runId);
        const asks = !outcome.declared || (await isTooDear(deps, runId, plan, next));
        return { status: 'planned', planId: next.id, asks };
      });
    },

    /** Puts the question whether a generation may be put in force before a person. */
    async askForStandIn(request: ShortService & { readonly planId: string }): Promise<void> {
      const { runId, planId, failure } = request;
      const { content } = await planToAdopt(deps, planId);
      const before = await planToAdopt(deps, content.standIn?.replaces ?? '');
      const grown = grownFloors(before.content, content);
      const who = grown.map(({ targetId, floorUnits }) => `${targetId} with ${floorUnits} units`).join(', ');
      const usd = content.cost.hourlyUsdAfter.toFixed(2);
      const message =
        `${failure.message}; ${who} could stand in, at ${usd} USD/h in all, which nobody has approved. ` +
        `Approve plan ${planId} (wedscale approve ${runId} ${planId}), or let it expire: ${failure.targetId} then fails.`;
      await askPerson(deps, runId, { resource: planId, topic: 'approval', message });
    },

    /** Notes that nobody consented in time. */
    async lapseStandIn({
      runId,
      planId,
    }: {
      readonly runId: string;
      readonly planId: string;
    }): Promise<void> {
      await enter(db, runId, { kind: 'approval.lapsed', key: planId, body: {} });
      await withdrawQuestion(db, runId, planId);
    },

    /** Puts a generation in force: plan and claims in one transaction, entered as `fallback`. */
    async adoptStandIn(request: {
      readonly runId: string;
      readonly planId: string;
      readonly failure: ServiceFailure;
      /** Who consented, where somebody had to. */
      readonly principal?: string;
    }): Promise<AdoptedStandIn> {
      const { runId, planId, failure, principal } = request;
      const plan = await planToAdopt(deps, planId);
      const { standIn: next, steps, cost, validUntilMs } = plan.content;
      const shortage = next?.shortages.at(-1);
      const window = steps.find(({ step }) => step === shortage?.step);
      if (!next || !shortage || !window) throw new Error(`plan ${planId} is no later generation`);
      if (serviceNowMs(deps) > validUntilMs) return { status: 'moved' };
      const grown = grownFloors((await planToAdopt(deps, next.replaces)).content, plan.content);
      const body = {
        ...shortage,
        kind: failure.kind,
        message: failure.message,
        planId,
        replaces: next.replaces,
        generation: next.generation,
        standIns: grown.map(({ targetId, floorUnits }) => ({ targetId, floorUnits })),
        hourlyUsdAfter: cost.hourlyUsdAfter,
        approvedBy: principal ?? null,
      };
      const entries = [
        ...(principal === undefined
          ? []
          : [{ kind: 'approval', key: planId, body: { principal, changed: [] } }]),
        { kind: 'fallback', key: shortage.targetId, body },
      ];
      const { fromMs, untilMs } = window;
      const generation = { runId, plan, replaces: next.replaces, shortage, grown, fromMs, untilMs, entries };
      const status = await adoptGeneration(db, generation);
      if (principal !== undefined) await withdrawQuestion(db, runId, planId);
      if (status !== 'adopted') return { status };
      return { status, targetIds: grown.map(({ targetId }) => targetId) };
    },

    /**
     * Brings a service that ran short down to what it keeps, so that its vendor does not go on trying. No unit
     * above that has ever served, so none of this run waits for the gate.
     */
    async settleForLess({ runId, targetId }: TargetStep): Promise<void> {
      const target = await targetOf(deps, targetId);
      await execute(deps, runId, cellId(cellOf(target)), async ({ owner, watch }) => {
        const request = { runId, targetId, owner, direction: 'forward', gate: 'open' } as const;
        const result = await reconcileTarget(deps, request, watch);
        if (result.status === 'refused')
          deps.log.warn({ runId, targetId, ...result }, 'it keeps what was asked of it');
      });
    },
  };
}

async function standInFor(
  deps: ActivityDependencies,
  { runId, step, failure }: ShortService,
  plan: Plan,
  servingUnits: number | null,
): Promise<StandInOutcome> {
  const { db } = deps;
  const { targetId } = failure;
  const stored = await currentFleet(db);
  const claim = await claimOfStep(db, { runId, step, targetId });
  if (!stored || !claim) return { status: 'none', reason: 'the fleet in force does not know it' };
  const row = await runRow(db, runId);
  const run = await runRequest(db, runId);
  const markets = run.kind === 'season' ? run.request.season.markets : run.request.weddingDay.markets;
  const before = await preStateUnits(deps, targetId);
  const keptUnits = Math.max(before, Math.min(servingUnits ?? 0, claim.floorUnits));
  const shortage: Shortage = { targetId, step, floorUnits: claim.floorUnits, keptUnits, servingUnits };
  const short = (plan.content.standIn?.shortages ?? []).filter((other) => other.step === step);
  return standIn({
    planId: plan.id,
    content: plan.content,
    shortage,
    distribution: row.distribution as Distribution,
    requirements: row.requirements as Requirements,
    fleet: stored.fleet,
    settings: run.request,
    selected: selectedTargetIds(stored.fleet, run.request, markets),
    mayCarry: residencyRule(stored.fleet, markets, run.request.complianceRequirements.excludedRegions),
    unavailable: new Set([
      ...short.map((other) => other.targetId),
      ...(await unavailableTargets(db, runId, step)),
    ]),
    nowMs: serviceNowMs(deps),
  });
}

async function preStateUnits({ db }: ActivityDependencies, targetId: string): Promise<number> {
  const row = await db
    .selectFrom('targets')
    .select('pre_state')
    .where('id', '=', targetId)
    .executeTakeFirstOrThrow();
  return row.pre_state === null ? 0 : floorOf(row.pre_state as OwnedFields);
}

/** Whether the next plan adds more per hour than goes without consent, and the one in force had none. */
async function isTooDear(
  deps: ActivityDependencies,
  runId: string,
  inForce: Plan,
  next: Plan,
): Promise<boolean> {
  const { request } = await runRequest(deps.db, runId);
  const limit = request.costConstraints.approvalAboveHourlyUsd;
  const { hourlyUsdAfter, hourlyUsdBefore } = next.content.cost;
  if (limit === undefined || hourlyUsdAfter - hourlyUsdBefore <= limit) return false;
  return !(await isApproved(deps.db, runId, inForce));
}

async function planToAdopt({ db }: ActivityDependencies, planId: string): Promise<Plan> {
  const plan = await getPlan(db, planId);
  if (!plan) throw new Error(`plan ${planId} is not stored`);
  return { id: plan.id, content: plan.content };
}
