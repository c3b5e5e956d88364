import { cellOf, providerOf } from '../fleet.ts';
import { figure } from '../floor-explanation.ts';
import type { Infeasibility, PlanContent, PlannedFloor } from '../plan.ts';
import { quotaFaults } from '../quota.ts';
import type { Situation } from './situation.ts';

/** Changes named in a sentence; the others are counted. */
const NAMED = 5;

/** What a plan without one of the constraints asks to be changed, and by how much; continues a sentence. */
export function relaxationText(
  situation: Situation,
  constraint: Infeasibility['constraint'],
  { cost, floors }: { readonly cost: PlanContent['cost']; readonly floors: readonly PlannedFloor[] },
): string {
  const { settings, requirements, targets } = situation;
  const { costConstraints, performanceRequirements } = settings;
  if (constraint === 'hourlyBudget') {
    return `raise costConstraints.maximumHourlyUsd from ${figure(costConstraints.maximumHourlyUsd ?? 0)} to ${figure(cost.hourlyUsdAfter)}`;
  }
  if (constraint === 'seasonBudget') {
    return `raise costConstraints.maximumSeasonUsd from ${figure(costConstraints.maximumSeasonUsd ?? 0)} to ${figure(cost.seasonUsd)}`;
  }
  if (constraint === 'survival') return 'set performanceRequirements.survivesLossOf to none, or promise less';
  if (constraint === 'providerShare') {
    const now = performanceRequirements.maximumProviderSharePercent;
    const most = Math.ceil(100 * largestProviderShare(situation, floors) - 1e-6);
    return `raise performanceRequirements.maximumProviderSharePercent from ${now} to ${most}`;
  }
  if (constraint === 'quota') {
    const faults = quotaFaults(requirements.quotas?.readings ?? [], floors, requirements.live);
    return listed(
      faults.map(({ quota, resource }) => `have quota ${resource} raised to ${figure(quota?.desired ?? 0)}`),
    );
  }
  const most = new Map<string, number>();
  for (const { targetId, floorUnits } of floors)
    most.set(targetId, Math.max(most.get(targetId) ?? 0, floorUnits));
  if (constraint === 'maximumUnits') {
    const over = targets.filter(({ id, maximumUnits }) => (most.get(id) ?? 0) > maximumUnits);
    return listed(
      over.map(
        ({ id, maximumUnits }) => `raise maximumUnits of ${id} from ${maximumUnits} to ${most.get(id)}`,
      ),
    );
  }
  const rule = constraint === 'latency' ? situation.mayCarry : situation.residency;
  const broken = floors.flatMap(({ targetId, explanation }) => {
    const carrier = targets.find(({ id }) => id === targetId);
    if (!carrier) return [];
    return explanation.shares.flatMap(({ market }) =>
      rule(carrier, market) ? [] : [`${market} in ${cellOf(carrier).region}`],
    );
  });
  return listed([...new Set(broken)].map((where) => `allow ${where}`));
}

/** Of any market and workload in any step, 0 to 1. */
function largestProviderShare({ targets }: Situation, floors: readonly PlannedFloor[]): number {
  const byId = new Map(targets.map((target) => [target.id, target]));
  const shares = new Map<string, number>();
  for (const { targetId, step, explanation } of floors) {
    const carrier = byId.get(targetId);
    for (const { market, share } of explanation.shares) {
      const key = JSON.stringify([step, carrier?.workload, market, providerOf(carrier?.service ?? '')]);
      shares.set(key, (shares.get(key) ?? 0) + share);
    }
  }
  return [...shares.values()].reduce((a, b) => Math.max(a, b), 0);
}

function listed(changes: readonly string[]): string {
  const more = changes.length - NAMED;
  return changes.slice(0, NAMED).join(', ') + (more > 0 ? ` and ${more} more` : '');
}
