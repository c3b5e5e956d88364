import {
  duringPhases,
  type EventForm,
  PHASE_COUNTS,
  type PlacedEvent,
  PRIOR_SHAPES,
} from './event-phases.ts';
import { solvePositive } from './stacked-regression.ts';

/** What one past event did: lifts as log(load) - log(everyday forecast), NaN for phases without a load. */
export interface EventOutcome {
  readonly event: PlacedEvent;
  readonly lifts: Float64Array;
  /** How far the Sunday profile is from the everyday one at each phase; only for whole days. */
  readonly sunday: Float64Array;
}

/** What an event is expected to do. */
export interface ExpectedResponse {
  /** Log lift per phase. */
  readonly lifts: Float64Array;
  /** Standard deviation of the lift as a whole, common to all phases, before it is shared out by phase. */
  readonly amplitudeDeviation: number;
  /** Standard deviation of a single cell around it. */
  readonly cellDeviation: number;
}

/** Before any event of a form was seen: the usual log lift, and how far from it kinds are. */
const FIRST_KIND: Readonly<Record<EventForm, { readonly lift: number; readonly deviation: number }>> = {
  passing: { lift: 0.5, deviation: 0.9 },
  wholeDay: { lift: 0, deviation: 0.25 },
  days: { lift: 0.4, deviation: 0.9 },
};
/** Log lift per rank of intensity: its prior mean and deviation. */
const PER_RANK = { mean: 0.2, deviation: 0.3 };
/** Growth of the log lift from one event of a kind to the next. */
const PER_EVENT = { mean: 0, deviation: 0.06 };
/** Events of one kind and rank differ by this much until there are some to measure it on. */
const BETWEEN_EVENTS = { deviation: 0.4, worth: 2 };
const WITHIN_EVENT = { deviation: 0.25, worth: 2 };
/** An event weighs this much less than the next one of its kind. */
const FORGETTING_PER_EVENT = 0.95;
/** Share of the way from a weekday to a Sunday that a holiday goes, and how many days that guess is worth. */
const LIKE_SUNDAY = { share: 0.4, days: 2 };
const SHAPE_PRIOR_EVENTS = 1;
const PROFILE_PRIOR_EVENTS = 1.5;

/** Expected response to an event from what came of earlier ones, those of its own kind first. */
export function expectedResponse(
  event: PlacedEvent,
  sunday: Float64Array,
  outcomes: readonly EventOutcome[],
): ExpectedResponse {
  const alike = outcomes.filter((outcome) => outcome.event.form === event.form);
  const own = alike.filter((outcome) => outcome.event.kind === event.kind);
  const share = event.form === 'wholeDay' ? sundayShare(own) : 0;
  const amplitudes = own.map((outcome) => amplitudeOf(outcome, share));
  const prior = kindPrior(event, alike, share);
  const amplitude = predictAmplitude(event, own, amplitudes, prior);
  const shape = event.form === 'wholeDay' ? undefined : shapeOf(event.form, own, amplitudes);
  const lifts = shape
    ? shape.map((part) => part * amplitude.mean)
    : profileOf(own, share, amplitude.mean).map((lift, phase) => lift + share * (sunday[phase] ?? 0));
  return {
    lifts,
    amplitudeDeviation: amplitude.deviation,
    cellDeviation: withinDeviation(own, lifts, amplitude.mean, amplitudes),
  };
}

/** Mean lift while the event lasts, less what a Sunday would explain. */
function amplitudeOf({ event, lifts, sunday }: EventOutcome, share: number): number {
  const [from, until] = duringPhases(event.form);
  let [sum, seen] = [0, 0];
  for (let phase = from; phase < until; phase += 1) {
    const lift = lifts[phase] ?? Number.NaN;
    if (Number.isNaN(lift)) continue;
    sum += lift - share * (sunday[phase] ?? 0);
    seen += 1;
  }
  return seen > 0 ? sum / seen : Number.NaN;
}

/** How much of the way to a Sunday the days of a kind go, by regression through the origin with a prior. */
function sundayShare(own: readonly EventOutcome[]): number {
  let [product, square] = [0, 0];
  own.forEach(({ lifts, sunday }) => {
    lifts.forEach((lift, phase) => {
      if (Number.isNaN(lift)) return;
      product += (lift * (sunday[phase] ?? 0)) / lifts.length;
      square += (sunday[phase] ?? 0) ** 2 / lifts.length;
    });
  });
  const typical = own.length > 0 ? square / own.length : 0;
  const ridge = LIKE_SUNDAY.days * typical;
  if (square + ridge <= 0) return LIKE_SUNDAY.share;
  return Math.min(1.2, Math.max(0, (product + ridge * LIKE_SUNDAY.share) / (square + ridge)));
}

/** A kind never seen is expected to be as the other kinds were, and those as events are at large. */
function kindPrior(
  event: PlacedEvent,
  alike: readonly EventOutcome[],
  share: number,
): { readonly lift: number; readonly deviation: number } {
  const first = FIRST_KIND[event.form];
  const byKind = new Map<string, number[]>();
  for (const outcome of alike) {
    if (outcome.event.kind === event.kind) continue;
    const lift = amplitudeOf(outcome, share) - PER_RANK.mean * rankOf(outcome.event);
    if (!Number.isNaN(lift))
      byKind.set(outcome.event.kind, [...(byKind.get(outcome.event.kind) ?? []), lift]);
  }
  const means = [...byKind.values()].map((lifts) => lifts.reduce((a, b) => a + b, 0) / lifts.length);
  const lift = (first.lift + means.reduce((a, b) => a + b, 0)) / (1 + means.length);
  const squares = means.reduce((sum, value) => sum + (value - lift) ** 2, 0);
  return { lift, deviation: Math.sqrt((first.deviation ** 2 + squares) / (1 + means.length)) };
}

/** Ranks count from 1; an event without one is as the lowest. */
function rankOf(event: PlacedEvent): number {
  return Math.max(0, event.intensity - 1);
}

/** Bayesian regression of amplitude on rank and on the number of the event, newest events first in weight. */
function predictAmplitude(
  event: PlacedEvent,
  own: readonly EventOutcome[],
  amplitudes: readonly number[],
  prior: { readonly lift: number; readonly deviation: number },
): { readonly mean: number; readonly deviation: number } {
  const priors = [{ mean: prior.lift, deviation: prior.deviation }, PER_RANK, PER_EVENT];
  const rows = own.flatMap((outcome, i) => {
    const y = amplitudes[i] ?? Number.NaN;
    const age = own.length - i;
    return Number.isNaN(y)
      ? []
      : [{ x: [1, rankOf(outcome.event), -age], y, weight: FORGETTING_PER_EVENT ** age }];
  });
  const target = [1, rankOf(event), 0];
  let variance = BETWEEN_EVENTS.deviation ** 2;
  let fit = solveRidge(rows, priors, variance, target);
  // Twice: the spread between events is measured around a fit that needs it.
  for (let round = 0; round < 2; round += 1) {
    const total = rows.reduce((sum, row) => sum + row.weight, 0);
    const squares = rows.reduce((sum, row) => sum + row.weight * (row.y - dot(fit.weights, row.x)) ** 2, 0);
    const worth = BETWEEN_EVENTS.worth;
    variance = (worth * BETWEEN_EVENTS.deviation ** 2 + squares) / (worth + total);
    fit = solveRidge(rows, priors, variance, target);
  }
  return { mean: dot(fit.weights, target), deviation: Math.sqrt(variance + fit.variance) };
}

interface Row {
  readonly x: readonly number[];
  readonly y: number;
  readonly weight: number;
}

function solveRidge(
  rows: readonly Row[],
  priors: readonly { readonly mean: number; readonly deviation: number }[],
  variance: number,
  target: readonly number[],
): { readonly weights: Float64Array; readonly variance: number } {
  const width = priors.length;
  const matrix = new Float64Array(width * width);
  const right = new Float64Array(width);
  priors.forEach(({ mean, deviation }, i) => {
    matrix[i * width + i] = 1 / deviation ** 2;
    right[i] = mean / deviation ** 2;
  });
  for (const { x, y, weight } of rows)
    for (let i = 0; i < width; i += 1) {
      right[i] = (right[i] ?? 0) + ((x[i] ?? 0) * y * weight) / variance;
      for (let j = 0; j < width; j += 1)
        matrix[i * width + j] =
          (matrix[i * width + j] ?? 0) + ((x[i] ?? 0) * (x[j] ?? 0) * weight) / variance;
    }
  const spread = solvePositive(Float64Array.from(matrix), Float64Array.from(target), width);
  return { weights: solvePositive(matrix, right, width), variance: Math.max(0, dot(spread, target)) };
}

function dot(a: ArrayLike<number>, b: readonly number[]): number {
  return b.reduce((sum, value, i) => sum + value * (a[i] ?? 0), 0);
}

/** Share of the amplitude at each phase, by least squares through the origin with the prior shape. */
function shapeOf(form: EventForm, own: readonly EventOutcome[], amplitudes: readonly number[]): Float64Array {
  const prior = PRIOR_SHAPES[form];
  const worth = SHAPE_PRIOR_EVENTS * FIRST_KIND[form].lift ** 2;
  const products = Float64Array.from(prior, (part) => part * worth);
  const squares = new Float64Array(prior.length).fill(worth);
  own.forEach(({ lifts }, i) => {
    const amplitude = amplitudes[i] ?? Number.NaN;
    if (Number.isNaN(amplitude)) return;
    const weight = FORGETTING_PER_EVENT ** (own.length - i);
    lifts.forEach((lift, phase) => {
      if (Number.isNaN(lift)) return;
      products[phase] = (products[phase] ?? 0) + weight * amplitude * lift;
      squares[phase] = (squares[phase] ?? 0) + weight * amplitude ** 2;
    });
  });
  return products.map((product, phase) => product / (squares[phase] ?? 1));
}

/** Mean lift per hour of a whole day beyond what a Sunday explains, drawn to the mean of the day. */
function profileOf(own: readonly EventOutcome[], share: number, amplitude: number): Float64Array {
  const profile = new Float64Array(PHASE_COUNTS.wholeDay);
  return profile.map((_, phase) => {
    let [sum, weights] = [amplitude * PROFILE_PRIOR_EVENTS, PROFILE_PRIOR_EVENTS];
    own.forEach(({ lifts, sunday }, i) => {
      const lift = lifts[phase] ?? Number.NaN;
      if (Number.isNaN(lift)) return;
      const weight = FORGETTING_PER_EVENT ** (own.length - i);
      sum += weight * (lift - share * (sunday[phase] ?? 0));
      weights += weight;
    });
    return sum / weights;
  });
}

/** Spread of single cells around the response of their event. */
function withinDeviation(
  own: readonly EventOutcome[],
  expected: Float64Array,
  amplitude: number,
  amplitudes: readonly number[],
): number {
  let [squares, seen] = [WITHIN_EVENT.worth * WITHIN_EVENT.deviation ** 2, WITHIN_EVENT.worth];
  own.forEach(({ event, lifts }, i) => {
    const shift = (amplitudes[i] ?? 0) - amplitude;
    const [from, until] = duringPhases(event.form);
    let [sum, cells] = [0, 0];
    for (let phase = from; phase < until; phase += 1) {
      const lift = lifts[phase] ?? Number.NaN;
      if (Number.isNaN(lift) || Number.isNaN(shift)) continue;
      sum += (lift - shift - (expected[phase] ?? 0)) ** 2;
      cells += 1;
    }
    if (cells === 0) return;
    squares += sum / cells;
    seen += 1;
  });
  return Math.sqrt(squares / seen);
}
