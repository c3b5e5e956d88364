import { type CellKey, cellOf, type ScalingTarget } from '../fleet.ts';
import type { BindingConstraint, PlanContent, PlannedFloor } from '../plan.ts';
import { FLEET_FILE } from '../price-origins.ts';
import { constraintsOn } from './constraints-on.ts';
import { type FloorTerms, floorTerms } from './floor-terms.ts';
import { type NextBest, nextBest } from './next-best.ts';
import {
  type FloorCost,
  floorCost,
  liveUnitsOf,
  type PlanGrounds,
  targetOf,
  workloadOf,
} from './plan-grounds.ts';

/** Who carries a market instead, where a target has no floor. */
export interface CarriedElsewhere {
  readonly market: string;
  readonly targetId: string;
  readonly share: number;
}

/** Why a target has the floor it has in one step of a plan, or none. What is null is not known; `unknown` says why. */
export interface WhyFloor {
  readonly kind: 'floor';
  readonly planId: string;
  readonly targetId: string;
  readonly step: number;
  readonly fromMs: number;
  readonly untilMs: number;
  readonly workload: { readonly id: string; readonly unit: string } | null;
  readonly cell: CellKey | null;
  /** 0 where the plan asks for nothing here. */
  readonly floorUnits: number;
  /** Floor that was there when the plan was made. */
  readonly liveUnits: number | null;
  readonly maximumUnits: number | null;
  /** Null where there is no floor. */
  readonly terms: FloorTerms | null;
  /** Only where there is no floor: who carries the markets this target could serve. */
  readonly carriedElsewhere: readonly CarriedElsewhere[];
  readonly cost: (FloorCost & { readonly priceDate: string; readonly priceSource: string }) | null;
  readonly bindingConstraints: readonly BindingConstraint[] | null;
  readonly nextBest: NextBest | null;
  /** Its floor in every step that has one. */
  readonly floorsByStep: readonly { readonly step: number; readonly floorUnits: number }[];
  /** What cannot be said, and why, in sentences. */
  readonly unknown: readonly string[];
}

/** Every scaling target a plan can be asked about: those with floors, and those of its fleet. */
export function explainableTargets({ content, fleet }: PlanGrounds): readonly string[] {
  const planned = content.floors.map((floor) => floor.targetId);
  const declared = (fleet?.targets ?? []).map((target) => target.id);
  return [...new Set([...planned, ...declared])].toSorted();
}

/** The step in which a target costs most, which is the first with its highest floor; the plan's first without any. */
export function costliestStep({ content }: Pick<PlanGrounds, 'content'>, targetId: string): number {
  const floors = content.floors.filter((floor) => floor.targetId === targetId);
  const highest = floors.reduce((most, floor) => Math.max(most, floor.floorUnits), 0);
  return floors.find((floor) => floor.floorUnits === highest)?.step ?? content.steps[0]?.step ?? 0;
}

/** Why a target has its floor in a step. @returns null where plan and fleet have no such target or step. */
export function whyFloor(grounds: PlanGrounds, targetId: string, step: number): WhyFloor | null {
  const { content, planId } = grounds;
  const window = content.steps.find((candidate) => candidate.step === step);
  if (!window || !explainableTargets(grounds).includes(targetId)) return null;
  const mine = content.floors.filter((floor) => floor.targetId === targetId);
  const floor = mine.find((candidate) => candidate.step === step);
  const target = targetOf(grounds, targetId);
  const workload = workloadOf(grounds, target?.workload);
  const floorUnits = floor?.floorUnits ?? 0;
  const known = {
    bindingConstraints: constraintsOn(content, {
      targetId,
      step,
      workload: target?.workload ?? null,
      markets: target?.markets ?? [],
    }),
    nextBest: nextBest(grounds, targetId, step),
    terms: floor ? floorTerms(grounds, floor) : null,
  };
  return {
    kind: 'floor',
    planId,
    targetId,
    step,
    fromMs: window.fromMs,
    untilMs: window.untilMs,
    workload: workload && { id: workload.id, unit: workload.unit },
    cell: target && cellOf(target),
    floorUnits,
    liveUnits: liveUnitsOf(grounds, targetId),
    maximumUnits: target?.maximumUnits ?? null,
    ...known,
    carriedElsewhere: floor ? [] : carriedElsewhere(grounds, targetId, step),
    cost: target && { ...floorCost(grounds, target, floorUnits), ...priceOf(content, target) },
    floorsByStep: mine.map((one) => ({ step: one.step, floorUnits: one.floorUnits })),
    unknown: unknowns(grounds, floor, known),
  };
}

function priceOf({ cost }: PlanContent, { price }: ScalingTarget) {
  return { priceDate: price?.asOf ?? cost.priceDate, priceSource: price?.source ?? FLEET_FILE };
}

function carriedElsewhere(grounds: PlanGrounds, targetId: string, step: number): readonly CarriedElsewhere[] {
  const target = targetOf(grounds, targetId);
  if (!target) return [];
  const markets = new Set(target.markets);
  return grounds.content.floors
    .filter((floor) => floor.step === step)
    .filter((floor) => targetOf(grounds, floor.targetId)?.workload === target.workload)
    .flatMap((floor) =>
      floor.explanation.shares
        .filter(({ market }) => markets.has(market))
        .map(({ market, share }) => ({ market, targetId: floor.targetId, share })),
    );
}

function unknowns(
  { fleet, requirements }: PlanGrounds,
  floor: PlannedFloor | undefined,
  known: Pick<WhyFloor, 'bindingConstraints' | 'nextBest' | 'terms'>,
): readonly string[] {
  const bands = (known.terms?.markets ?? []).filter((market) => market.atPeak === null);
  return [
    !fleet && 'Another fleet is in force than the plan was made for: prices, units and places are not known.',
    !requirements &&
      'The requirements of its run were not kept: expected demand and what was there are not known.',
    floor &&
      bands.length > 0 &&
      'The plan has no quantiles of demand: how likely more is needed is not known.',
    known.bindingConstraints === null &&
      'The plan has no prices of constraints: what stands in the way of a cheaper one is not known.',
    known.nextBest === null && 'Without all that the plan was made from, the next best cannot be worked out.',
  ].filter((sentence) => typeof sentence === 'string');
}
