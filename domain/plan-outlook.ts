import { figure } from './floor-explanation.ts';
import type { Alternative, PlanContent } from './plan.ts';

/** What a plan is judged by, in words: how much may go unserved, one cloud alone, the loss of a provider. */
export interface PlanOutlook {
  readonly unserved: string | null;
  readonly singleCloud: string | null;
  readonly survival: string | null;
}

/** Sentences about a plan; null for what an older plan does not say. */
export function planOutlook({ expectedUnserved, alternatives, cost }: PlanContent): PlanOutlook {
  return {
    unserved: expectedUnserved ? unservedText(expectedUnserved) : null,
    singleCloud: alternatives ? singleCloudText(alternatives.singleCloud, cost.seasonUsd) : null,
    survival: alternatives ? survivalText(alternatives.survivesProvider, cost.seasonUsd) : null,
  };
}

function unservedText(shares: NonNullable<PlanContent['expectedUnserved']>): string {
  if (shares.length === 0) return 'No demand is expected.';
  const parts = shares.map(({ workload, share }) => `${workload} ${figure(share * 100)} %`);
  return `Expected to go unserved at most, of each workload's demand: ${parts.join(', ')}.`;
}

function singleCloudText(alternative: Alternative, seasonUsd: number): string {
  if (alternative.status === 'infeasible')
    return `No single cloud of the fleet can carry it, whatever the maxima. ${alternative.reason}`;
  const { provider = 'one provider', seasonUsd: alone } = alternative;
  const percent = alone > 0 ? (1 - seasonUsd / alone) * 100 : 0;
  const saved = `${figure(Math.abs(percent))} % ${percent >= 0 ? 'less' : 'more'}`;
  return `On the cheapest single cloud, ${provider}, it would add ${figure(alone)} USD; this plan adds ${saved}.`;
}

function survivalText(alternative: Alternative, seasonUsd: number): string {
  if (alternative.status === 'infeasible')
    return `The loss of a provider could not be survived in full: ${alternative.reason}`;
  const { withoutRoom } = alternative;
  const more = Math.max(0, alternative.seasonUsd - (withoutRoom?.seasonUsd ?? seasonUsd));
  const cost = `To survive the loss of any one provider in full costs ${figure(more)} USD more over the whole time`;
  return withoutRoom ? `${cost}, and more room than the fleet has. ${withoutRoom.reason}` : `${cost}.`;
}
