import { mayCarryRule } from '../allocation/situation.ts';
import { marketsOf } from '../season.ts';
import { selectedTargetIds } from '../selection.ts';
import { grownFloors, standIn } from '../stand-in.ts';
import { NETWORK_TABLES } from '../tables/network-facts.ts';
import type { PlanGrounds } from './plan-grounds.ts';

/**
 * What would carry a target's demand in a step if it got nothing beyond what was there, and what that would cost more
 * over the step. Found as a stand-in is, without searching all plans: a cheaper one may exist where that is not proven.
 */
export type NextBest =
  | {
      readonly status: 'found';
      readonly extraUsd: number;
      /** Whose floors would grow, by id. */
      readonly instead: readonly {
        readonly targetId: string;
        readonly fromUnits: number;
        readonly toUnits: number;
      }[];
    }
  /** `reason` continues a sentence. */
  | { readonly status: 'none'; readonly reason: string };

/** The next best to a floor; null where what it would be worked out from is not known any more. */
export function nextBest(grounds: PlanGrounds, targetId: string, step: number): NextBest | null {
  const { planId, content, request, distribution, requirements, fleet } = grounds;
  if (!request || !distribution || !requirements || !fleet) return null;
  const floor = content.floors.find((one) => one.step === step && one.targetId === targetId);
  if (!floor || floor.explanation.demand === 0) return { status: 'none', reason: 'it carries nothing' };
  const keptUnits = requirements.live[targetId]?.floorUnits ?? 0;
  if (keptUnits >= floor.floorUnits) return { status: 'none', reason: 'what was there before is enough' };
  const settings = request.request;
  const markets = marketsOf(request);
  const outcome = standIn({
    planId,
    content,
    shortage: { targetId, step, floorUnits: floor.floorUnits, keptUnits, servingUnits: keptUnits },
    distribution,
    requirements,
    fleet,
    settings,
    selected: selectedTargetIds(fleet, settings, markets),
    mayCarry: mayCarryRule({ fleet, settings, markets, distribution, network: NETWORK_TABLES }),
    unavailable: new Set(),
    // The whole of every step counts, as when the plan was made.
    nowMs: content.steps[0]?.fromMs ?? distribution.fromMs,
  });
  if (outcome.status === 'none') return outcome;
  const before = new Map(
    content.floors.filter((one) => one.step === step).map((one) => [one.targetId, one.floorUnits]),
  );
  return {
    status: 'found',
    extraUsd: outcome.content.cost.seasonUsd - content.cost.seasonUsd,
    instead: grownFloors(content, outcome.content).map((one) => ({
      targetId: one.targetId,
      fromUnits: before.get(one.targetId) ?? requirements.live[one.targetId]?.floorUnits ?? 0,
      toUnits: one.floorUnits,
    })),
  };
}
