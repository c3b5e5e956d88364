import { figure } from '../floor-explanation.ts';
import { marketsOf } from '../season.ts';
import { optimalityOf } from './optimality.ts';
import type { PlanGrounds } from './plan-grounds.ts';
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
  const gap = optimalityOf(grounds.content)?.gap ?? null;
  return [
    { label: 'Per hour before', value: money(cost.hourlyUsdBefore), note: prices },
    { label: 'Per hour at the costliest step', value: money(cost.hourlyUsdAfter), note: prices },
    { label: 'Added over the whole time', value: money(cost.seasonUsd), note: prices },
    { label: 'Planned peak', value: `${figure(peak.users)} users`, note: minute(peak.atMs) },
    { label: 'Expected unserved share', value: null, note: '' },
    { label: 'Loss of a provider or region (N-1)', value: null, note: '' },
    {
      label: 'Distance from the least cost possible',
      value: gap === null ? null : `${figure(gap * 100)} %`,
      note: gap === 0 ? 'proven least' : 'at most',
    },
  ];
}

function minute(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
