import { dependableCapacity, type ScalingTarget, type Workload } from './fleet.ts';
import type { DemandShare, Distribution, PlannedFloor, PlanStepWindow } from './plan.ts';
import type { MarketDemand } from './shares.ts';

/** What one floor follows from. */
export interface FloorGrounds {
  readonly distribution: Distribution;
  readonly step: PlanStepWindow;
  readonly workload: Workload;
  readonly target: ScalingTarget;
  /** Share of each market this target carries. */
  readonly mine: ReadonlyMap<string, number>;
  readonly demands: readonly MarketDemand[];
  /** Index of the target's worst hour within the step. */
  readonly hour: number;
  readonly utilizationPercent: number;
  /** Units before rounding, with what queueing and zones add. */
  readonly needUnits: number;
}

/** The sum behind a floor, in figures to be recomputed and in words to be read. */
export function explain(grounds: FloorGrounds): PlannedFloor['explanation'] {
  const { target, step, hour, utilizationPercent } = grounds;
  const shares = [...grounds.mine]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map((entry) => shareOf(grounds, ...entry));
  const demand = shares.reduce((sum, share) => sum + share.demand * share.share, 0);
  const carried = grounds.demands.filter(({ market }) => grounds.mine.has(market));
  const learnt = carried.map(({ pastSeasonFactor = 1 }) => pastSeasonFactor);
  const explanation = {
    peakAtMs: step.hoursMs[hour] ?? step.fromMs,
    shares,
    demand,
    capacityPerUnit: dependableCapacity(target),
    utilizationPercent,
    pastSeasonFactor: Math.max(1, ...learnt),
  };
  return { ...explanation, text: inWords(grounds, explanation) };
}

function shareOf(
  { distribution, step, workload, demands, hour }: FloorGrounds,
  market: string,
  share: number,
): DemandShare {
  const index = distribution.hoursMs.indexOf(step.hoursMs[hour] ?? Number.NaN);
  const found = distribution.markets.find((candidate) => candidate.market === market);
  const users = (workload.liveStreamOnly ? found?.liveStreamUsers : found?.users)?.[index] ?? 0;
  const booked = (workload.liveStreamOnly ? found?.bookedLiveStreamUsers : found?.bookedUsers)?.[index];
  const usersToCome = users - (booked ?? users);
  const demand = demands.find((candidate) => candidate.market === market)?.demandByHour[hour] ?? 0;
  const bookings = found?.bookingsByHour[index] ?? 0;
  return { market, bookings, users, ...(usersToCome > 0 && { usersToCome }), demand, share };
}

function inWords(
  { workload, target, needUnits }: FloorGrounds,
  {
    peakAtMs,
    shares,
    demand,
    utilizationPercent,
    pastSeasonFactor,
  }: Omit<PlannedFloor['explanation'], 'text'>,
): string {
  const unit = `${workload.unit}/s`;
  const parts = shares.map(
    ({ market, bookings, users, usersToCome = 0, demand: whole, share }) =>
      `${market}: ${figure(bookings)} bookings under way, ${figure(users)} users` +
      `${usersToCome > 0 ? ` (${figure(usersToCome)} of bookings still expected)` : ''}, ${figure(whole)} ${unit}, ` +
      `${figure(share * 100)} % of it here`,
  );
  const learnt =
    pastSeasonFactor > 1
      ? ` Demands are up to ${figure(pastSeasonFactor)} times what bookings alone say: past seasons of this id saw more than was expected.`
      : '';
  const { spotPercent = 0, spotInterruptedPercent = 0 } = target;
  const capacityPerUnit = dependableCapacity(target);
  const interrupted =
    capacityPerUnit < target.capacityPerUnit
      ? ` A unit counts with ${figure(capacityPerUnit)} instead of ${figure(target.capacityPerUnit)}: ${figure(spotPercent)} % are interruptible, and ${figure(spotInterruptedPercent)} % of those count as gone.`
      : '';
  const usable = capacityPerUnit * (utilizationPercent / 100);
  const why = [
    ...(workload.queueing && workload.queueing.kind !== 'none' ? ['its queue stays short'] : []),
    ...(target.zones ? [`the loss of one of ${figure(target.zones)} zones leaves enough`] : []),
  ];
  const beside = why.length > 0 ? `, and ${figure(needUnits)} so that ${why.join(' and ')}` : '';
  return (
    `At ${new Date(peakAtMs).toISOString().slice(0, 16)}Z: ${parts.join('; ')}. Together ${figure(demand)} ${unit}, ` +
    `divided by ${figure(usable)} per unit (${figure(capacityPerUnit)} at ${figure(utilizationPercent)} %) ` +
    `is ${figure(demand / usable)} units${beside}.${learnt}${interrupted}`
  );
}

// Making a format takes longer than the thousands of figures of a large plan.
const FIGURE = new Intl.NumberFormat('en-US', { maximumFractionDigits: 2 });

/** A number for people: thousands separated, at most two digits after the point. */
export function figure(value: number): string {
  return FIGURE.format(value);
}
