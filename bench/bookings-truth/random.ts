/** Draws from distributions; the same seed gives the same draws on every machine. */
export interface Random {
  /** Uniform, 0 (included) to 1 (not). */
  readonly uniform: () => number;
  /** Standard normal (Box and Muller, 1958). */
  readonly normal: () => number;
  /** Log-normal by its median and the deviation of its logarithm. */
  readonly logNormal: (median: number, deviation: number) => number;
  /** Poisson; by products of uniforms (Knuth), in parts of at most 30 so that nothing underflows. */
  readonly poisson: (mean: number) => number;
  /** One of the entries, by weight. */
  readonly pick: <T>(entries: readonly (readonly [T, number])[]) => T;
}

/** Most that Knuth's product is asked for at once. */
const POISSON_PART = 30;

/** Independent streams for independent names: what one part draws never moves another's draws. */
export function randomOf(seed: number, name: string): Random {
  const uniform = mulberry32(hashed(`${seed} ${name}`));
  const normal = () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  return {
    uniform,
    normal,
    logNormal: (median, deviation) => median * Math.exp(deviation * normal()),
    poisson: (mean) => poisson(mean, uniform),
    pick: (entries) => pick(entries, uniform()),
  };
}

function poisson(mean: number, uniform: () => number): number {
  let left = mean;
  let count = 0;
  while (left > 0) {
    const limit = Math.exp(-Math.min(left, POISSON_PART));
    for (let product = uniform(); product > limit; product *= uniform()) count += 1;
    left -= POISSON_PART;
  }
  return count;
}

function pick<T>(entries: readonly (readonly [T, number])[], at: number): T {
  const [first] = entries;
  if (!first) throw new Error('there is nothing to pick from');
  let left = at * entries.reduce((sum, [, weight]) => sum + weight, 0);
  for (const [entry, weight] of entries) {
    left -= weight;
    if (left < 0) return entry;
  }
  return first[0];
}

/** FNV-1a, 32 bits. */
function hashed(text: string): number {
  let hash = 0x811c9dc5;
  for (const letter of text) hash = Math.imul(hash ^ (letter.codePointAt(0) ?? 0), 0x01000193);
  return hash >>> 0;
}

/** Tommy Ettinger's mulberry32: 32 bits of state, good enough for draws that are no secret. */
export function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
