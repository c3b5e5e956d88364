/**
 * Ridge regression of what is left of one expert on how far the others are from it, with forgetting: the weights by
 * which experts are stacked (Wolpert, 1992; Breiman, 1996), learned from forecasts made before the load was seen.
 */
export interface StackedRegression {
  readonly width: number;
  readonly products: Float64Array;
  readonly targets: Float64Array;
  readonly prior: readonly number[];
  days: number;
  /** Squares of what was left and how many cells they are of, forgotten alike. */
  squares: number;
  cells: number;
}

const FORGETTING_PER_DAY = 0.99;
/** The prior speaks as loud as so many days. */
const PRIOR_DAYS = 6;
/** How far weights are from their prior, as a standard deviation. */
const WEIGHT_DEVIATION = 0.3;
/** Cells of a day err together: a day of them says no more than so many independent ones. */
const INDEPENDENT_CELLS_PER_DAY = 3;
const SMALLEST_RIDGE = 1e-6;

/** Nothing learned: the prior weights hold. */
export function stackedRegression(prior: readonly number[]): StackedRegression {
  const width = prior.length;
  return {
    width,
    prior,
    products: new Float64Array(width * width),
    targets: new Float64Array(width),
    days: 0,
    squares: 0,
    cells: 0,
  };
}

/** Enters one cell. `differences` are the others less the expert, `left` what was seen less the expert. */
export function learnCell(regression: StackedRegression, differences: Float64Array, left: number): void {
  const { width, products, targets } = regression;
  regression.squares += left * left;
  regression.cells += 1;
  for (let i = 0; i < width; i += 1) {
    const x = differences[i] ?? 0;
    targets[i] = (targets[i] ?? 0) + x * left;
    for (let j = 0; j <= i; j += 1) {
      const at = i * width + j;
      products[at] = (products[at] ?? 0) + x * (differences[j] ?? 0);
    }
  }
}

/** A day goes by. */
export function forget(regression: StackedRegression): void {
  const { products, targets } = regression;
  for (let i = 0; i < products.length; i += 1) products[i] = (products[i] ?? 0) * FORGETTING_PER_DAY;
  for (let i = 0; i < targets.length; i += 1) targets[i] = (targets[i] ?? 0) * FORGETTING_PER_DAY;
  regression.squares *= FORGETTING_PER_DAY;
  regression.cells *= FORGETTING_PER_DAY;
  regression.days = regression.days * FORGETTING_PER_DAY + 1;
}

/** Weights in force, by Cholesky decomposition. */
export function stackingWeights(regression: StackedRegression): Float64Array {
  const { width, products, targets, prior, days, squares, cells } = regression;
  const matrix = Float64Array.from(products);
  const right = Float64Array.from(targets);
  const variance = squares / Math.max(1, cells);
  const together = Math.max(1, cells / Math.max(1, days) / INDEPENDENT_CELLS_PER_DAY);
  const leastRidge = (together * variance) / WEIGHT_DEVIATION ** 2 + SMALLEST_RIDGE;
  for (let i = 0; i < width; i += 1) {
    const speaking = ((products[i * width + i] ?? 0) * PRIOR_DAYS) / Math.max(1, days);
    const ridge = leastRidge + speaking;
    matrix[i * width + i] = (matrix[i * width + i] ?? 0) + ridge;
    right[i] = (right[i] ?? 0) + ridge * (prior[i] ?? 0);
  }
  return solvePositive(matrix, right, width);
}

/** Solves A x = b for a symmetric positive definite A given by its lower triangle; both are overwritten. */
export function solvePositive(matrix: Float64Array, right: Float64Array, width: number): Float64Array {
  const at = (i: number, j: number) => matrix[i * width + j] ?? 0;
  for (let i = 0; i < width; i += 1) {
    for (let j = 0; j <= i; j += 1) {
      let sum = at(i, j);
      for (let k = 0; k < j; k += 1) sum -= at(i, k) * at(j, k);
      matrix[i * width + j] = i === j ? Math.sqrt(Math.max(sum, 1e-12)) : sum / at(j, j);
    }
  }
  for (let i = 0; i < width; i += 1) {
    let sum = right[i] ?? 0;
    for (let k = 0; k < i; k += 1) sum -= at(i, k) * (right[k] ?? 0);
    right[i] = sum / at(i, i);
  }
  for (let i = width - 1; i >= 0; i -= 1) {
    let sum = right[i] ?? 0;
    for (let k = i + 1; k < width; k += 1) sum -= at(k, i) * (right[k] ?? 0);
    right[i] = sum / at(i, i);
  }
  return right;
}
