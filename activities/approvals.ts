import type { Kysely } from 'kysely';
import type { Plan, PlanContent } from '../domain/plan.ts';
import type { RunSettings } from '../domain/season.ts';
import { enter } from '../store/journal.ts';
import { getPlan } from '../store/plans.ts';
import { planOfRun, requestOfRun, runRow } from '../store/run-context.ts';
import type { Schema } from '../store/schema.ts';
import { type ActivityDependencies, serviceNowMs, wallWaitMs } from './dependencies.ts';
import { currentInputs } from './planning.ts';

/** Activities around a person's consent, which binds to the plan's hash. All are idempotent. */
export function createApprovalActivities(deps: ActivityDependencies) {
  const { db } = deps;
  return {
    /** True for a plan that nobody can take back whole, or that adds more per hour than goes without consent. */
    async needsApproval({ runId }: { readonly runId: string }): Promise<boolean> {
      const plan = await planOfRun(db, runId);
      const tooDear = asksForConsent(plan.content, await requestOfRun(db, runId));
      if (!tooDear && plan.content.commitments.length === 0) return false;
      return !(await isApproved(db, runId, plan));
    },

    /**
     * How long an approval may still take: as long as the request says from when the run first waits for this plan,
     * and never beyond the run's window.
     */
    async approvalWait(request: {
      readonly runId: string;
      readonly planId: string;
    }): Promise<{ waitMs: number; expired: boolean }> {
      const { runId, planId } = request;
      const { approvalExpiresAfterMinutes } = (await requestOfRun(db, runId)).costConstraints;
      const askedMs = await firstAskedMs(deps, runId, planId);
      const endsAtMs = (await runRow(db, runId)).ends_at.getTime();
      const leftMs = Math.min(askedMs + approvalExpiresAfterMinutes * 60_000, endsAtMs) - serviceNowMs(deps);
      return { waitMs: wallWaitMs(deps, leftMs), expired: leftMs <= 0 };
    },

    /** Enters an approval, unless the plan has expired or its inputs have changed since: then it takes a new one. */
    async acceptApproval(approval: {
      readonly runId: string;
      readonly planId: string;
      readonly principal: string;
    }): Promise<boolean> {
      const { runId, planId, principal } = approval;
      const plan = await planOfRun(db, runId);
      const inputs = await currentInputs(deps, runId);
      const names = ['request', 'bookings', 'fleet', 'prices'] as const;
      const expired = serviceNowMs(deps) > plan.content.validUntilMs ? ['validUntilMs'] : [];
      const changed = [...names.filter((name) => inputs[name] !== plan.content.inputs[name]), ...expired];
      const kind = changed.length === 0 && plan.id === planId ? 'approval' : 'approval.outdated';
      await enter(db, runId, { kind, key: planId, body: { principal, changed } });
      return kind === 'approval';
    },
  };
}

/** Whether a plan adds more per hour than goes without a person's consent. */
export function asksForConsent(
  { cost }: Pick<PlanContent, 'cost'>,
  { costConstraints }: Pick<RunSettings, 'costConstraints'>,
): boolean {
  const { approvalAboveHourlyUsd = Number.POSITIVE_INFINITY } = costConstraints;
  return cost.hourlyUsdAfter - cost.hourlyUsdBefore > approvalAboveHourlyUsd;
}

/** Whether somebody consented to a plan of a run, or to the one it follows from without having to be asked about. */
export async function isApproved(db: Kysely<Schema>, runId: string, plan: Plan): Promise<boolean> {
  const approved = await db
    .selectFrom('journal')
    .select('seq')
    .where('stream', '=', runId)
    .where('kind', '=', 'approval')
    .where('key', '=', plan.id)
    .executeTakeFirst();
  if (approved) return true;
  const before = plan.content.standIn && (await getPlan(db, plan.content.standIn.replaces));
  return before ? isApproved(db, runId, before) : false;
}

async function firstAskedMs(deps: ActivityDependencies, runId: string, planId: string): Promise<number> {
  const asked = await deps.db
    .selectFrom('journal')
    .select('body')
    .where('stream', '=', runId)
    .where('kind', '=', 'approval.asked')
    .where('key', '=', planId)
    .executeTakeFirst();
  if (asked) return (asked.body as { atServiceMs: number }).atServiceMs;
  const atServiceMs = serviceNowMs(deps);
  await enter(deps.db, runId, { kind: 'approval.asked', key: planId, body: { atServiceMs } });
  return atServiceMs;
}
