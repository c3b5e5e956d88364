import { unitPrice } from '../fleet.ts';
import { figure } from '../floor-explanation.ts';
import { planOutlook } from '../plan-outlook.ts';
import { marketsOf } from '../season.ts';
import { type PlanGrounds, targetOf } from './plan-grounds.ts';
import { money } from './why-in-words.ts';

/** One figure a reader wants first. */
export interface HeadlineFact {
  readonly label: string;
  /** Null where the plan was made without it. */
  readonly value: string | null;
  readonly note: string;
}

/** What a plan is called: the name of its season, or the day and markets. */
export function planTitle({ request, planId }: PlanGrounds): string {
  if (request?.kind === 'season') return request.request.season.name;
  if (request) return `Wedding day ${request.request.weddingDay.date}, ${marketsOf(request).join(', ')}`;
  return `Plan ${planId.slice(0, 12)}`;
}

/** The figures of a plan a reader wants first: cost, loss of a provider, expected unserved share, peak. */
export function headlineOf(grounds: PlanGrounds): readonly HeadlineFact[] {
  const { cost, peak } = grounds.content;
  const prices = `prices of ${cost.priceDate}`;
  const gap = grounds.content.optimality?.gap ?? null;
  return [
    { label: 'Per hour before', value: money(cost.hourlyUsdBefore), note: prices },
    { label: 'Per hour at the costliest step', value: money(cost.hourlyUsdAfter), note: prices },
    { label: 'Added over the whole time', value: money(cost.seasonUsd), note: prices },
    { label: 'Planned peak', value: `${figure(peak.users)} users`, note: minute(peak.atMs) },
    unservedFact(grounds),
    { label: 'On one cloud alone', value: planOutlook(grounds.content).singleCloud, note: '' },
    survivalFact(grounds),
    {
      label: 'Distance from the least cost possible',
      value: gap === null ? null : gap === 0 ? 'none' : `at most ${figure(Math.max(0.01, gap * 100))} %`,
      note: gap === 0 ? 'proven least' : '',
    },
  ];
}

function unservedFact({ content: { expectedUnserved } }: PlanGrounds): HeadlineFact {
  const label = 'Expected unserved share';
  if (!expectedUnserved) return { label, value: null, note: '' };
  const [most] = expectedUnserved.toSorted((a, b) => b.share - a.share);
  if (!most) return { label, value: 'none', note: 'no demand is expected' };
  return { label, value: `at most ${figure(most.share * 100)} %`, note: `of ${most.workload}, the highest` };
}

/** What of the plan is there for the loss of a provider or region only, in its dearest step. */
function survivalFact(grounds: PlanGrounds): HeadlineFact {
  const label = 'Loss of a provider or region (N-1)';
  const asked = grounds.request?.request.performanceRequirements;
  if (!asked) return { label, value: null, note: '' };
  const { survivesLossOf = 'none', promisedSharePercent = 100 } = asked;
  if (survivesLossOf === 'none')
    return {
      label,
      value: 'not planned for',
      note: planOutlook(grounds.content).survival ?? 'the request does not ask for it',
    };
  const keptUsd = grounds.content.steps.map(({ step }) => reserveUsd(grounds, step));
  const most = keptUsd.includes(null) ? null : Math.max(0, ...keptUsd.map((usd) => usd ?? 0));
  return {
    label,
    value: `any ${survivesLossOf}, ${figure(promisedSharePercent)} % served`,
    note: most === null ? '' : `at most ${money(most)} per hour only for that`,
  };
}

function reserveUsd(grounds: PlanGrounds, step: number): number | null {
  const floors = grounds.content.floors.filter(
    (floor) => floor.step === step && (floor.reserveUnits ?? 0) > 0,
  );
  const usd = floors.map((floor) => {
    const target = targetOf(grounds, floor.targetId);
    return target && (floor.reserveUnits ?? 0) * unitPrice(target);
  });
  return usd.includes(null) ? null : usd.reduce<number>((sum, one) => sum + (one ?? 0), 0);
}

function minute(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
