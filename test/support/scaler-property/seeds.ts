import fc from 'fast-check';
import { someEvents } from './events.ts';
import { someFleet, VARIANTS, type Variant } from './fleet.ts';
import type { History } from './play.ts';

/** Tried every time, so that what was once found is found again. */
const FIXED_SEEDS = [1, 2, 5, 7];

/** Targets of one fleet. */
const FLEET_SIZE = 4;

/** The seeds of this run and why they are tried, as the environment asks for them. @throws Error for no number. */
export function seedsOf(environment: NodeJS.ProcessEnv): readonly number[] {
  const { WEDSCALE_SEED: one, WEDSCALE_SEEDS: many } = environment;
  if (one) return [numberIn('WEDSCALE_SEED', one)];
  const random = Array.from({ length: many ? numberIn('WEDSCALE_SEEDS', many) : 1 }, someSeed);
  return [...FIXED_SEEDS, ...random];
}

function numberIn(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0) throw new Error(`${name} must be a whole number, not ${text}`);
  return value;
}

function someSeed(): number {
  return Math.floor(Math.random() * 2 ** 31);
}

/** Every variant once, in fleets that the seed puts together. */
export function fleetsOf(seed: number): readonly (readonly Variant[])[] {
  const all = fc.noBias(fc.shuffledSubarray([...VARIANTS], { minLength: VARIANTS.length }));
  const [order = []] = fc.sample(all, { seed, numRuns: 1 });
  return Array.from({ length: Math.ceil(order.length / FLEET_SIZE) }, (_, n) =>
    order.slice(n * FLEET_SIZE, (n + 1) * FLEET_SIZE),
  );
}

/** The history of one of a seed's fleets. */
export function historyOf(seed: number, fleet: number): History {
  const variants = fleetsOf(seed)[fleet] ?? [];
  // Small numbers first would be the same few over and over: one history is drawn of each.
  const histories = fc.record({
    fleet: someFleet(variants, `f${fleet}`),
    events: someEvents(variants.length),
  });
  const [history] = fc.sample(fc.noBias(histories), { seed: seed + fleet, numRuns: 1 });
  if (!history) throw new Error(`seed ${seed} has no fleet ${fleet}`);
  return history;
}
