import { type ScalingTarget, unitPrice } from '../fleet.ts';
import { mergedQuotas, type QuotaReading } from '../quota.ts';
import type { Entry, ModelDraft } from './mixed-integer.ts';
import type { CarrierColumns, PartColumns } from './part-model.ts';
import { type Situation, unpaidHours } from './situation.ts';

/** Ties parts together: quotas in every step, the hourly budget in every step, and the season's budget over all. */
export function couple(draft: ModelDraft, situation: Situation, parts: readonly PartColumns[]): void {
  const bySteps = Map.groupBy(parts, ({ part }) => part.step.step);
  for (const [step, group] of bySteps) {
    const carriers = group.flatMap((part) => part.carriers);
    for (const reading of mergedQuotas(situation.requirements.quotas?.readings ?? [])) {
      quotaRow(draft, situation, reading, step, carriers);
    }
    hourlyBudgetRow(draft, situation, step, carriers);
  }
  seasonBudgetRow(draft, situation, parts);
}

/** `used + withheld + Σ (perUnit × increase + perRaise) <= limit`, as {@link quotaFaults} looks at it afterwards. */
function quotaRow(
  draft: ModelDraft,
  { requirements }: Situation,
  reading: QuotaReading,
  step: number,
  carriers: readonly CarrierColumns[],
): void {
  const { perUnit, perRaise = {}, counted = {}, limit, used, withheld = 0 } = reading;
  const entries = carriers.flatMap(({ carrier: { target }, baseUnits, added }): readonly Entry[] => {
    if (added.length === 0) return [];
    const { floorUnits = 0, servingUnits = 0 } = requirements.live[target.id] ?? {};
    const there = Math.max(floorUnits, servingUnits ?? 0, counted[target.id] ?? 0);
    return [
      ...increaseOf(draft, added, there - baseUnits, perUnit[target.id] ?? 0),
      ...raiseOf(draft, added, target, perRaise[target.id] ?? 0),
    ];
  });
  if (entries.length === 0) return;
  const resource = [
    reading.quotaService,
    reading.quota,
    reading.region,
    ...(reading.resource ? [reading.resource] : []),
  ];
  const name = { constraint: 'quota', resource: resource.join('/'), step, unit: reading.unit } as const;
  draft.row(Number.NEGATIVE_INFINITY, Math.max(0, limit - used - withheld), entries, { name });
}

/** Units above those that are counted already; `spare` of the added ones are. */
function increaseOf(
  draft: ModelDraft,
  added: CarrierColumns['added'],
  spare: number,
  each: number,
): readonly Entry[] {
  if (each === 0) return [];
  if (spare <= 0) return added.map(({ column, units }) => [column, units * each]);
  const increase = draft.column({});
  draft.row(-spare, Number.POSITIVE_INFINITY, [
    [increase, 1],
    ...added.map(({ column, units }): Entry => [column, -units]),
  ]);
  return [[increase, each]];
}

/** What a target takes as soon as anything is added to it. */
function raiseOf(
  draft: ModelDraft,
  added: CarrierColumns['added'],
  { maximumUnits }: ScalingTarget,
  each: number,
): readonly Entry[] {
  if (each === 0) return [];
  const raised = draft.column({ upper: 1, integer: true });
  draft.row(0, Number.POSITIVE_INFINITY, [
    [raised, maximumUnits],
    ...added.map(({ column, units }): Entry => [column, -units]),
  ]);
  return [[raised, each]];
}

function hourlyBudgetRow(
  draft: ModelDraft,
  { settings, targets, selected, requirements }: Situation,
  step: number,
  carriers: readonly CarrierColumns[],
): void {
  const { maximumHourlyUsd } = settings.costConstraints;
  if (maximumHourlyUsd === undefined) return;
  const before = targets
    .filter(({ id }) => selected.has(id))
    .reduce((sum, target) => sum + (requirements.live[target.id]?.floorUnits ?? 0) * unitPrice(target), 0);
  const name = {
    constraint: 'hourlyBudget',
    resource: 'costConstraints.maximumHourlyUsd',
    step,
    unit: 'USD/h',
  } as const;
  draft.row(Number.NEGATIVE_INFINITY, maximumHourlyUsd - before, spent(carriers, 1), { name });
}

function seasonBudgetRow(draft: ModelDraft, situation: Situation, parts: readonly PartColumns[]): void {
  const { maximumSeasonUsd } = situation.settings.costConstraints;
  if (maximumSeasonUsd === undefined) return;
  const name = {
    constraint: 'seasonBudget',
    resource: 'costConstraints.maximumSeasonUsd',
    unit: 'USD',
  } as const;
  const entries = parts.flatMap(({ part, carriers }) => spent(carriers, unpaidHours(situation, part)));
  draft.row(Number.NEGATIVE_INFINITY, maximumSeasonUsd, entries, { name });
}

function spent(carriers: readonly CarrierColumns[], hours: number): readonly Entry[] {
  return carriers.flatMap(({ carrier: { target }, added }) =>
    added.map(({ column, units }): Entry => [column, units * unitPrice(target) * hours]),
  );
}
