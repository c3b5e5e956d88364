import { providerOf, type ScalingTarget } from '../fleet.ts';
import type { Alternative, Alternatives, PlanContent } from '../plan.ts';
import { PROVIDERS } from '../providers.ts';
import type { RunSettings } from '../season.ts';
import type { AllocationInput } from './situation.ts';

/** What the search says of other settings: what that plan would cost, or what stands in its way. */
export type Attempt = (
  input: AllocationInput,
) => Promise<
  | { readonly status: 'planned'; readonly cost: PlanContent['cost'] }
  | { readonly status: 'infeasible'; readonly reason: string }
>;

/** Units enough for a whole season on one provider. */
const ROOMY = 1_000;

/**
 * What the same demand would cost otherwise: on the cheapest single provider, with no limit to its share; and with the
 * loss of any one provider survived in full, within the maxima where they leave room for it. A fleet without room has a
 * thousand times the maxima, no ladders, and its targets serve every market that residency allows where they are. What
 * runs today stays there in both. Budgets do not count: what they would refuse is what is to be seen.
 */
export async function alternativesOf(input: AllocationInput, attempt: Attempt): Promise<Alternatives> {
  return { singleCloud: await singleCloud(input, attempt), survivesProvider: await survival(input, attempt) };
}

async function singleCloud(input: AllocationInput, attempt: Attempt): Promise<Alternative> {
  const tried = [];
  for (const provider of PROVIDERS) {
    if (!input.fleet.targets.some(({ service }) => providerOf(service) === provider)) continue;
    const settings = withoutBudgets(input.settings, { maximumProviderSharePercent: 100 });
    const alone = { ...withRoom(input), settings: { ...settings, providers: [provider] } };
    tried.push({ provider, outcome: await attempt(alone) });
  }
  const [cheapest] = tried
    .flatMap(({ provider, outcome }) =>
      outcome.status === 'planned' ? [{ provider, cost: outcome.cost }] : [],
    )
    .toSorted((a, b) => a.cost.seasonUsd - b.cost.seasonUsd);
  if (cheapest) return { status: 'planned', provider: cheapest.provider, ...figures(cheapest.cost) };
  const reasons = tried.map(({ provider, outcome }) =>
    outcome.status === 'infeasible' ? `${provider}: ${outcome.reason}` : provider,
  );
  return { status: 'infeasible', reason: reasons.join(' ') };
}

async function survival(input: AllocationInput, attempt: Attempt): Promise<Alternative> {
  const survives = { survivesLossOf: 'provider', promisedSharePercent: 100 } as const;
  const settings = withoutBudgets(input.settings, survives);
  const within = await attempt({ ...input, settings });
  if (within.status === 'planned') return { status: 'planned', ...figures(within.cost) };
  const roomy = withRoom(input);
  const beyond = await attempt({ ...roomy, settings });
  if (beyond.status === 'infeasible') return beyond;
  // Room alone makes a plan cheaper: what survival costs is told against a plan that has as much of it.
  const plain = await attempt({
    ...roomy,
    settings: withoutBudgets(input.settings, { survivesLossOf: 'none' }),
  });
  if (plain.status === 'infeasible') return plain;
  const { seasonUsd } = plain.cost;
  return { status: 'planned', ...figures(beyond.cost), withoutRoom: { reason: within.reason, seasonUsd } };
}

function withoutBudgets(
  settings: RunSettings,
  performance: Partial<RunSettings['performanceRequirements']>,
): RunSettings {
  const { approvalExpiresAfterMinutes } = settings.costConstraints;
  return {
    ...settings,
    costConstraints: { approvalExpiresAfterMinutes },
    performanceRequirements: { ...settings.performanceRequirements, ...performance },
  };
}

function withRoom(input: AllocationInput): AllocationInput {
  const { fleet } = input;
  const targets = fleet.targets.map(({ classes: _ladder, ...target }): ScalingTarget => {
    const allowed = fleet.markets.filter(({ allowedRegions }) => allowedRegions.includes(target.region));
    return {
      ...target,
      maximumUnits: target.maximumUnits * ROOMY,
      markets: allowed.map(({ id }) => id),
    };
  });
  return { ...input, fleet: { ...fleet, targets } };
}

function figures({ hourlyUsdAfter, seasonUsd }: PlanContent['cost']) {
  return { hourlyUsdAfter, seasonUsd };
}
