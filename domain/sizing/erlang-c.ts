import { normalDensity, normalProbability } from '../normal-distribution.ts';

/** Far beyond what any share of waiting requests asks for: at this β nobody waits. */
const LARGEST_BETA = 12;
/** Halvings of an interval: enough for the last digits of a number. */
const HALVINGS = 60;

/**
 * Probability that a request waits in a queue with Poisson arrivals and exponential service (M/M/c).
 * The recursion runs over the inverse of Erlang B, which only adds positive numbers and so loses no digits:
 * `1/B(n) = 1 + n/a × 1/B(n-1)`, `C = 1 / (ρ + (1-ρ)/B)` with `ρ = a/n`
 * (R. B. Cooper, Introduction to Queueing Theory, 2nd ed., 1981, ch. 3).
 * @param servers whole number, at least 1. @param load offered load in erlangs, 0 or more.
 * @returns 0 to 1; 1 where the load is all the servers can do or more.
 */
export function erlangC(servers: number, load: number): number {
  if (load <= 0) return 0;
  if (load >= servers) return 1;
  let inverse = 1;
  for (let n = 1; n <= servers; n += 1) inverse = 1 + (n / load) * inverse;
  const use = load / servers;
  return 1 / (use + (1 - use) * inverse);
}

/** Largest load in erlangs at which at most this share of requests waits (0 to 1, exclusive) for a server. */
export function largestLoad(servers: number, delayProbability: number): number {
  return increasingRoot((load) => erlangC(servers, load) - delayProbability, 0, servers);
}

/**
 * β of square-root staffing: with `load + β × √load` servers this share of requests waits,
 * `1 / (1 + β Φ(β) / φ(β))` in the limit of many servers
 * (S. Halfin and W. Whitt, Heavy-traffic limits for queues with many exponential servers, Operations Research 29, 1981).
 * @param delayProbability share of requests that may wait, 0 to 1, exclusive.
 */
export function halfinWhittBeta(delayProbability: number): number {
  const waits = (beta: number) => 1 / (1 + (beta * normalProbability(beta)) / normalDensity(beta));
  return increasingRoot((beta) => delayProbability - waits(beta), 0, LARGEST_BETA);
}

function increasingRoot(f: (x: number) => number, from: number, until: number): number {
  let low = from;
  let high = until;
  for (let halving = 0; halving < HALVINGS; halving += 1) {
    const middle = (low + high) / 2;
    if (f(middle) > 0) high = middle;
    else low = middle;
  }
  return low;
}
