import type { Conflict, Infeasibility } from '../plan.ts';
import type { Situation } from './situation.ts';

/** Constraints that a person can loosen, in the order in which they are kept rather than given up. */
const FAMILIES = [
  'seasonBudget',
  'hourlyBudget',
  'quota',
  'providerShare',
  'survival',
  'latency',
  'maximumUnits',
  'residency',
] as const satisfies readonly Infeasibility['constraint'][];

type Family = (typeof FAMILIES)[number];

/** What a situation comes to with some constraints given up: what the plan would cost, or null where there is none. */
export type Attempt = (
  situation: Situation,
) => Promise<{ readonly seasonUsd: number; readonly needs: (family: Family) => string } | null>;

/**
 * Kinds of constraints that no plan keeps together (a deletion filter): each in turn is given up for good where there is
 * still no plan without it, so that what is left is in conflict and no part of it is; another, smaller set may exist.
 * Then what it costs to give up each of them, the cheapest first, residency last: it is nobody's to give up for money.
 */
export async function conflictOf(situation: Situation, attempt: Attempt): Promise<Conflict | undefined> {
  const inForce = FAMILIES.filter((family) => isInForce(situation, family));
  let kept: readonly Family[] = inForce;
  for (const family of inForce) {
    const fewer = kept.filter((one) => one !== family);
    if ((await attempt(keeping(situation, fewer))) === null) kept = fewer;
  }
  const relaxations = [];
  for (const family of kept) {
    const without = keeping(
      situation,
      kept.filter((one) => one !== family),
    );
    const plan = await attempt(without);
    if (plan) relaxations.push({ constraint: family, seasonUsd: plan.seasonUsd, text: plan.needs(family) });
  }
  if (kept.length === 0) return undefined;
  const hard = ({ constraint }: { readonly constraint: Family }) => Number(constraint === 'residency');
  const cheapest = relaxations.toSorted((a, b) => hard(a) - hard(b) || a.seasonUsd - b.seasonUsd);
  return { constraints: kept, relaxations: cheapest, text: inWords(kept, cheapest[0]?.text) };
}

function inWords(kept: readonly Family[], cheapest: string | undefined): string {
  const [last, ...others] = kept.toReversed();
  const names = others.length === 0 ? last : `${others.toReversed().join(', ')} and ${last}`;
  const what =
    kept.length === 1
      ? `no plan keeps ${names}`
      : `no plan keeps ${names} together, though any of them could be kept without the others`;
  return cheapest === undefined ? `${what}.` : `${what}. The cheapest way out: ${cheapest}.`;
}

function isInForce({ settings, fleet, requirements }: Situation, family: Family): boolean {
  const { maximumHourlyUsd, maximumSeasonUsd } = settings.costConstraints;
  const { maximumProviderSharePercent, survivesLossOf = 'none' } = settings.performanceRequirements;
  if (family === 'hourlyBudget') return maximumHourlyUsd !== undefined;
  if (family === 'seasonBudget') return maximumSeasonUsd !== undefined;
  if (family === 'providerShare') return maximumProviderSharePercent < 100;
  if (family === 'survival') return survivesLossOf !== 'none';
  if (family === 'latency') return fleet.workloads.some((one) => one.maximumRoundTripMs !== undefined);
  if (family === 'quota') return (requirements.quotas?.readings ?? []).length > 0;
  return true;
}

/** Units that no target ever reaches. */
const WITHOUT_END = 100_000;

/** The same situation in which only these constraints hold; it is read again, so that everything follows from it. */
export function keeping(situation: Situation, kept: readonly Family[]): Situation {
  const { settings, fleet, requirements } = situation;
  const { maximumHourlyUsd, maximumSeasonUsd, ...unbounded } = settings.costConstraints;
  const { survivesLossOf, ...performance } = settings.performanceRequirements;
  const has = (family: Family) => kept.includes(family);
  const { quotas: _readings, ...unquoted } = requirements;
  return {
    ...situation,
    requirements: has('quota') ? requirements : unquoted,
    fleet: {
      ...fleet,
      markets: has('residency')
        ? fleet.markets
        : fleet.markets.map((market) => anywhere(market, fleet.targets)),
      workloads: has('latency')
        ? fleet.workloads
        : fleet.workloads.map(({ maximumRoundTripMs: _limit, ...workload }) => workload),
      targets: has('maximumUnits')
        ? fleet.targets
        : fleet.targets.map(({ classes: _ladder, ...target }) => ({ ...target, maximumUnits: WITHOUT_END })),
    },
    settings: {
      ...settings,
      costConstraints: {
        ...unbounded,
        ...(has('hourlyBudget') && maximumHourlyUsd !== undefined && { maximumHourlyUsd }),
        ...(has('seasonBudget') && maximumSeasonUsd !== undefined && { maximumSeasonUsd }),
      },
      performanceRequirements: {
        ...performance,
        ...(!has('providerShare') && { maximumProviderSharePercent: 100 }),
        ...(has('survival') && survivesLossOf !== undefined && { survivesLossOf }),
      },
      complianceRequirements: has('residency') ? settings.complianceRequirements : { excludedRegions: [] },
    },
  };
}

function anywhere<M extends { readonly allowedRegions: readonly string[] }>(
  market: M,
  targets: Situation['fleet']['targets'],
): M {
  return { ...market, allowedRegions: [...new Set(targets.map(({ region }) => region))] };
}
