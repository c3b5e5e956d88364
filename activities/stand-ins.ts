import { mayCarryRule } from '../domain/allocation/situation.ts';
import { selectedTargetIds } from '../domain/allocation.ts';
import { contentHash } from '../domain/canonical.ts';
import { isTerminal, ProviderError } from '../domain/errors.ts';
import { cellId, cellOf, type ScalingTarget } from '../domain/fleet.ts';
import { floorOf, type OwnedFields } from '../domain/owned-fields.ts';
import type { Distribution, Plan, Requirements, Shortage } from '../domain/plan.ts';
import { marketsOf } from '../domain/season.ts';
import { grownFloors, type StandInOutcome, standIn } from '../domain/stand-in.ts';
import { NETWORK_TABLES } from '../domain/tables/network-facts.ts';
import { claimOfStep, unavailableTargets } from '../store/claims.ts';
import { currentFleet } from '../store/fleet.ts';
import { enter } from '../store/journal.ts';
import { adoptGeneration } from '../store/plan-generations.ts';
import { getPlan, insertPlan } from '../store/plans.ts';
import { withdrawQuestion } from '../store/questions.ts';
import { carriesWeight } from '../store/releases.ts';
import { planOfRun, requestOfRun, runRequest, runRow } from '../store/run-context.ts';
import { asksForConsent, isApproved } from './approvals.ts';
import { askPerson } from './attention.ts';
import { type ActivityDependencies, serviceNowMs } from './dependencies.ts';
import { type Execution, execute } from './execution.ts';
import { readTargets } from './reading.ts';
import { reconcileTarget } from './reconcile.ts';
import { type ServiceFailure, type TargetStep, targetOf } from './scaling.ts';
import type { VendorWatch } from './vendor-watch.ts';

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
      const target = await targetOf(deps, short.failure.targetId);
      const branch = cellId(cellOf(target));
      return execute(deps, short.runId, branch, ({ watch }) => decideStandIn(deps, short, target, watch));
    },

    /** Whether a service serves no more now than its stand-ins were chosen for: consent may have taken hours. */
    async isStillShort(request: ShortService & { readonly planId: string }): Promise<boolean> {
      const { runId, planId, failure } = request;
      const target = await targetOf(deps, failure.targetId);
      const { content } = await planToAdopt(deps, planId);
      return execute(deps, runId, cellId(cellOf(target)), async ({ watch }) => {
        const serving = await servingOf(deps, target, watch);
        const keptUnits = content.standIn?.shortages.at(-1)?.keptUnits ?? 0;
        return serving instanceof ProviderError || serving === null || serving <= keptUnits;
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
      const { approvalExpiresAfterMinutes } = (await requestOfRun(db, runId)).costConstraints;
      const message =
        `${failure.message}; ${who} could stand in, at ${usd} USD/h in all, which nobody has approved. ` +
        `Approve plan ${planId} (wedscale approve ${runId} ${planId}) within ${approvalExpiresAfterMinutes} minutes, ` +
        `or ${failure.targetId} fails.`;
      await askPerson(deps, runId, { resource: planId, topic: 'approval', message });
    },

    /**
     * Takes the question back: nobody consented in time, the run ends, or things moved on after `principal` had
     * consented.
     */
    async lapseStandIn(request: {
      readonly runId: string;
      readonly planId: string;
      readonly principal?: string;
    }): Promise<void> {
      const { runId, planId, principal } = request;
      const entry =
        principal === undefined
          ? { kind: 'approval.lapsed', key: planId, body: {} }
          : { kind: 'approval.outdated', key: planId, body: { principal, changed: ['what serves'] } };
      await enter(db, runId, entry);
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
      if (status !== 'adopted') return { status };
      if (principal !== undefined) await withdrawQuestion(db, runId, planId);
      return { status, targetIds: grown.map(({ targetId }) => targetId) };
    },

    /**
     * Brings a service that ran short down to what it keeps, so that its vendor does not go on trying. The gate is open
     * only where no more than that serves and nothing of this run carries traffic: then nothing is taken away. What
     * cannot be brought down stays as it is, until its release.
     */
    async settleForLess(step: TargetStep): Promise<void> {
      const target = await targetOf(deps, step.targetId);
      const branch = cellId(cellOf(target));
      await execute(deps, step.runId, branch, (execution) => bringDown(deps, step, target, execution));
    },
  };
}

/** The activity `findStandIn` under a given watch. */
export async function decideStandIn(
  deps: ActivityDependencies,
  short: ShortService,
  target: ScalingTarget,
  watch: VendorWatch,
): Promise<FoundStandIn> {
  const { db } = deps;
  const serving = await servingOf(deps, target, watch);
  if (serving instanceof ProviderError) return { status: 'none', reason: serving.message };
  const plan = await planOfRun(db, short.runId);
  const outcome = await standInFor(deps, short, plan, serving);
  if (outcome.status === 'none') return outcome;
  const next = { id: contentHash(outcome.content), content: outcome.content };
  await insertPlan(db, next, short.runId);
  const asks = !outcome.declared || (await isTooDear(deps, short.runId, plan, next));
  return { status: 'planned', planId: next.id, asks };
}

/** The activity `settleForLess` under a given execution. */
export async function bringDown(
  deps: ActivityDependencies,
  { runId, step, targetId }: TargetStep,
  target: ScalingTarget,
  { owner, watch }: Pick<Execution, 'owner' | 'watch'>,
): Promise<void> {
  const { db } = deps;
  const serving = await servingOf(deps, target, watch);
  const claim = await claimOfStep(db, { runId, step, targetId });
  if (serving instanceof ProviderError || !claim) return;
  const unused = serving !== null && serving <= claim.floorUnits;
  const gate = unused && !(await carriesWeight(db, runId, [target.workload])) ? 'open' : 'closed';
  const request = { runId, targetId, owner, direction: 'forward', gate } as const;
  const result = await reconcileTarget(deps, request, watch).catch(unlessTerminal);
  if (result instanceof ProviderError || result.status === 'refused') {
    deps.log.warn({ runId, targetId, result }, 'a service that ran short keeps what was asked of it');
  }
}

/** Serving units, null where the vendor does not say; or why they cannot be read at all. @throws what a retry may mend. */
async function servingOf(
  deps: ActivityDependencies,
  target: ScalingTarget,
  watch: VendorWatch,
): Promise<number | null | ProviderError> {
  const { states, errors } = await readTargets(deps, [target], watch);
  const state = states.get(target.id);
  return state ? state.servingUnits : unlessTerminal(errors.get(target.id));
}

/** @throws the error, unless no retry can mend it. */
function unlessTerminal(error: unknown): ProviderError {
  if (error instanceof ProviderError && isTerminal(error.kind)) return error;
  throw error;
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
  const markets = marketsOf(run);
  const before = await preStateUnits(deps, targetId);
  // Where the vendor does not say what serves, nothing beyond what was there before is counted on.
  const keptUnits =
    servingUnits === null ? before : Math.max(before, Math.min(servingUnits, claim.floorUnits));
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
    mayCarry: mayCarryRule({
      fleet: stored.fleet,
      settings: run.request,
      markets,
      distribution: row.distribution as Distribution,
      network: NETWORK_TABLES,
    }),
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
  if (!asksForConsent(next.content, await requestOfRun(deps.db, runId))) return false;
  return !(await isApproved(deps.db, runId, inForce));
}

async function planToAdopt({ db }: ActivityDependencies, planId: string): Promise<Plan> {
  const plan = await getPlan(db, planId);
  if (!plan) throw new Error(`plan ${planId} is not stored`);
  return { id: plan.id, content: plan.content };
}
