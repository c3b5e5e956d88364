import { figure } from '../floor-explanation.ts';
import type { BindingConstraint } from '../plan.ts';
import type { FloorTerms, MarketTerm, UnitTerm } from './floor-terms.ts';
import type { WhyFloor } from './why-floor.ts';

/** A heading with its sentences, for a terminal or a page. */
export interface Passage {
  readonly title: string;
  readonly sentences: readonly string[];
}

/** Demands are stored with six digits: a smaller part of one is no demand of anybody. */
const STORED_PRECISION = 1e-5;

const UNIT_REASONS: Readonly<Record<UnitTerm['reason'], string>> = {
  load: 'for the load',
  queueing: 'to keep its queue short',
  zones: 'so that the loss of a zone leaves enough',
  rounding: 'to whole units',
  rung: 'to the next size that can be asked for',
  survival: 'so that the loss of a provider or region is survived',
};

/** An explanation in words: from bookings to units, what it costs, what stands in the way, what is not known. */
export function whyInWords(why: WhyFloor): readonly Passage[] {
  const unit = why.workload ? `${why.workload.unit}/s` : 'units of demand per second';
  const passages: readonly (Passage | null)[] = [
    { title: 'Answer', sentences: answer(why) },
    why.terms && { title: 'From bookings to demand', sentences: fromBookings(why.terms, unit) },
    why.terms && { title: 'From demand to units', sentences: fromDemand(why.terms, unit) },
    why.bindingConstraints && {
      title: 'What stands in the way of a cheaper plan',
      sentences: constraintsInWords(why.bindingConstraints),
    },
    why.nextBest && { title: 'Next best', sentences: [nextBestInWords(why.nextBest)] },
    { title: 'Not known', sentences: why.unknown },
  ];
  return passages.filter((passage) => passage !== null && passage.sentences.length > 0) as readonly Passage[];
}

function answer({ targetId, step, floorUnits, liveUnits, maximumUnits, fromMs, untilMs, ...why }: WhyFloor) {
  const window = `step ${step + 1}, ${minute(fromMs)} to ${minute(untilMs)}`;
  const before = liveUnits === null ? '' : `; ${figure(liveUnits)} were there`;
  const most = maximumUnits === null ? '' : ` of at most ${figure(maximumUnits)}`;
  const sentences =
    floorUnits > 0
      ? [`${targetId}: at least ${figure(floorUnits)} units${most} in ${window}${before}.`]
      : [`${targetId} is asked for nothing in ${window}${before}.`, ...elsewhere(why.carriedElsewhere)];
  const { cost } = why;
  if (!cost || floorUnits === 0) return sentences;
  const added =
    cost.addedHourlyUsd === null ? '' : `, ${money(cost.addedHourlyUsd)} more than what was there`;
  return [
    ...sentences,
    `That is ${money(cost.hourlyUsd)} per hour${added}, at ${EXACT_USD.format(cost.unitUsdPerHour)} per unit and hour (price of ${cost.priceDate}, from ${cost.priceSource}).`,
  ];
}

function elsewhere(carried: WhyFloor['carriedElsewhere']): readonly string[] {
  if (carried.length === 0) return [];
  const parts = carried.map(
    ({ market, targetId, share }) => `${targetId} carries ${figure(share * 100)} % of ${market}`,
  );
  return [`Others carry its markets: ${parts.join('; ')}.`];
}

function fromBookings({ markets, demand, peakAtMs }: FloorTerms, unit: string): readonly string[] {
  return [
    `Its worst hour begins ${minute(peakAtMs)}.`,
    ...markets.map((market) => marketInWords(market, unit)),
    `Together ${figure(demand)} ${unit}.`,
  ];
}

function marketInWords(term: MarketTerm, unit: string): string {
  const { market, bookings, users, bookedUsers, demandPerUser, pastSeasonFactor, otherDemand, meanDemand } =
    term;
  const booked =
    bookedUsers === null || bookedUsers === users ? '' : ` (${figure(bookedUsers)} of bookings in hand)`;
  const perUser = demandPerUser === null ? '' : ` × ${figure(demandPerUser)} ${unit} each`;
  const learnt =
    pastSeasonFactor === 1 ? '' : ` × ${factor(pastSeasonFactor)} learnt from past seasons of this id`;
  const other =
    otherDemand === null || Math.abs(otherDemand) <= STORED_PRECISION * (meanDemand ?? 0)
      ? ''
      : ` ${otherDemand < 0 ? '−' : '+'} ${figure(Math.abs(otherDemand))} ${otherInWords(term)}`;
  const mean = meanDemand === null ? '' : ` = ${figure(meanDemand)} ${unit} expected`;
  return (
    `${market}: ${figure(bookings)} bookings under way, ${figure(users)} users${booked}${perUser}${learnt}${other}${mean}` +
    `${designInWords(term)} = ${figure(term.demand)} ${unit} to be ready for; ${figure(term.share * 100)} % of it ` +
    `here = ${figure(term.carried)} ${unit}.${bandInWords(term, unit)}`
  );
}

function otherInWords({ atPeak }: MarketTerm): string {
  const { baseDemand = 0, coupledDemand = 0, intensityFactor = 1 } = atPeak?.terms ?? {};
  const reasons = [
    baseDemand > 0 && 'of everybody else',
    coupledDemand > 0 && 'caused by other workloads',
    intensityFactor !== 1 && 'that observations taught',
  ].filter((reason) => reason !== false);
  return reasons.length > 0 ? reasons.join(' and ') : 'of phases that load it otherwise';
}

function designInWords({ designFactor, atPeak }: MarketTerm): string {
  if (designFactor === null || designFactor === 1) return '';
  const quantile = atPeak?.band ? `the ${figure(atPeak.band.quantile * 100)} % quantile` : 'uncertainty';
  return ` × ${factor(designFactor)} for ${quantile} and growth while capacity is made`;
}

function bandInWords({ atPeak }: MarketTerm, unit: string): string {
  if (!atPeak?.band) return '';
  const { p50, p95, p99 } = atPeak.band;
  const { terms } = atPeak;
  const chosen =
    terms?.quantileBy === 'newsvendor'
      ? ` The quantile follows from what 1 ${unit} costs when it is not served for an hour, ${EXACT_USD.format(terms.unservedUsd)}, against capacity for it that idles, ${EXACT_USD.format(terms.idleUsd)}.`
      : terms
        ? ' The quantile is the one the request asks for.'
        : '';
  return ` At its own peak, ${minute(atPeak.peakAtMs)}: p50 ${figure(p50)}, p95 ${figure(p95)}, p99 ${figure(p99)} ${unit}.${chosen}`;
}

function fromDemand(terms: FloorTerms, unit: string): readonly string[] {
  const { demand, usablePerUnit, capacityPerUnit, utilizationPercent, floorUnits, units } = terms;
  const nominal = terms.nominalCapacityPerUnit ?? capacityPerUnit;
  const interrupted =
    capacityPerUnit < nominal
      ? `, which is less than its ${figure(nominal)} because a part may be interrupted`
      : '';
  const more = units
    .filter(({ reason }) => reason !== 'load')
    .map(
      (term) => `${term.units < 0 ? '−' : '+'} ${figure(Math.abs(term.units))} ${UNIT_REASONS[term.reason]}`,
    );
  return [
    `${figure(demand)} ${unit} / ${figure(usablePerUnit)} per unit (${figure(capacityPerUnit)} at ` +
      `${figure(utilizationPercent)} %${interrupted}) = ${figure(demand / usablePerUnit)} units.`,
    ...(more.length > 0 ? [`${more.join('; ')}.`] : []),
    `Floor: ${figure(floorUnits)} units.`,
  ];
}

function constraintsInWords(constraints: readonly BindingConstraint[]): readonly string[] {
  if (constraints.length === 0) return ['None of the constraints that cost most bears on this target.'];
  return constraints.map(
    ({ constraint, resource, savesUsd, unit }) =>
      `${constraint} of ${resource}: one ${unit} ${constraint === 'demand' ? 'less' : 'more'} would save ${money(savesUsd)} over the step.`,
  );
}

function nextBestInWords(best: NonNullable<WhyFloor['nextBest']>): string {
  if (best.status === 'none') return `There is none: ${best.reason}.`;
  const who = best.instead.map(
    ({ targetId, fromUnits, toUnits }) => `${targetId} from ${figure(fromUnits)} to ${figure(toUnits)}`,
  );
  const extra = `${money(Math.abs(best.extraUsd))} ${best.extraUsd < 0 ? 'less' : 'more'} over the step`;
  const instead = who.length > 0 ? who.join(', ') : 'others, at the floors they have';
  return `If nothing were added here: ${instead}, which costs ${extra}. Found step by step, cheapest first; a better one is not ruled out.`;
}

// Making a format takes longer than the thousands of figures of a large plan.
const usdFormat = (maximumFractionDigits: number) =>
  new Intl.NumberFormat('en-US', {
    style: 'currency',
    currency: 'USD',
    minimumFractionDigits: 2,
    maximumFractionDigits,
  });
const USD = usdFormat(2);
const EXACT_USD = usdFormat(6);
const FACTOR = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 4 });

/** USD for people, to the cent; what is less than a cent with the digits it has: `$1,234.50`, `$0.0031`. */
export function money(usd: number): string {
  return (Math.abs(usd) < 0.01 ? EXACT_USD : USD).format(usd);
}

function factor(value: number): string {
  return FACTOR.format(value);
}

function minute(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
