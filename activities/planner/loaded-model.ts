import type { Highs, Model } from 'highs';
import type { MixedIntegerModel, Row } from '../../domain/allocation/mixed-integer.ts';

/** An answer of a linear programme, with its duals. */
export interface LinearAnswer {
  readonly status: 'solved';
  readonly values: readonly number[];
  /** Tie costs included, as everywhere in here. */
  readonly objective: number;
  readonly rowPrices: readonly number[];
  readonly columnPrices: readonly number[];
}

/** An answer that is whole where it has to be. */
export interface WholeAnswer {
  readonly values: readonly number[];
  readonly objective: number;
  /** Without tie costs. */
  readonly cost: number;
  readonly tie: number;
}

/** A model in HiGHS, from which lazy rows are missing until something violates them. */
export interface Loaded {
  readonly model: MixedIntegerModel;
  solveLinear(until: number): LinearAnswer | { readonly status: 'infeasible' | 'undecided' };
  /** The rest solved for whole columns fixed at these values; null where that cannot be. */
  withWhole(values: readonly number[], until: number): WholeAnswer | null;
  /** Fixes whole columns of which one unit more or less already costs more than a known answer. */
  fixByReducedCost(relaxed: LinearAnswer, objective: number): void;
  branchAndBound(
    start: readonly number[] | null,
    relativeGap: number,
    until: number,
  ): {
    readonly status: 'infeasible' | 'searched';
    readonly values: readonly number[] | null;
    readonly bound: number;
  };
}

/** A row is kept that is violated by no more than this, in its own unit. */
const FEASIBILITY = 1e-9;

/** Passes the rows that are not lazy; `instance` is empty and of the same HiGHS. */
export function loadModel(highs: Highs, instance: Model, model: MixedIntegerModel): Loaded {
  const { columns, rows } = model;
  const whole = columns.flatMap(({ integer }, index) => (integer ? [index] : []));
  const status = highs.constants.modelStatus;
  const { continuous, integer } = highs.constants.variableType;
  /** Indices of the rows passed, in the order HiGHS has them. */
  const passed: number[] = [];
  /** HiGHS works to absolute tolerances, so that costs are passed as parts of the largest. */
  const scale = 1_000 / columns.reduce((most, { cost }) => Math.max(most, Math.abs(cost)), 1e-6);
  const bounds = columns.map(({ lower, upper }) => ({ lower, upper }));

  instance.options.set({
    output_flag: false,
    mip_allow_restart: false,
    mip_heuristic_effort: 0,
    // A start is given; this one takes ten milliseconds for the smallest model.
    mip_heuristic_run_feasibility_jump: false,
    primal_feasibility_tolerance: FEASIBILITY,
    mip_feasibility_tolerance: 1e-7,
  });
  instance.addVars(
    Float64Array.from(columns, ({ lower }) => lower),
    Float64Array.from(columns, ({ upper }) => upper),
  );
  instance.changeColsCost(
    { kind: 'range', from: 0, to: columns.length - 1 },
    Float64Array.from(columns, ({ cost, tieCost }) => (cost + tieCost) * scale),
  );
  pass(rows.flatMap(({ lazyGroup }, index) => (lazyGroup === undefined ? [index] : [])));

  function pass(indices: readonly number[]): void {
    if (indices.length === 0) return;
    const some = indices.flatMap((index) => rows[index] ?? []);
    const starts = [0];
    for (const { columns: entries } of some) starts.push((starts.at(-1) ?? 0) + entries.length);
    instance.addRows({
      lower: Float64Array.from(some, ({ lower }) => lower),
      upper: Float64Array.from(some, ({ upper }) => upper),
      matrix: {
        format: 'csr',
        numRows: some.length,
        numCols: columns.length,
        starts: Int32Array.from(starts),
        indices: Int32Array.from(some.flatMap((row) => row.columns)),
        values: Float64Array.from(some.flatMap((row) => row.factors)),
      },
    });
    passed.push(...indices);
  }

  /** @returns whether rows that were missing are there now: the worst of every group that is violated. */
  function passViolated(values: ArrayLike<number>): boolean {
    const worst = new Map<number, { readonly index: number; readonly excess: number }>();
    for (const [index, row] of rows.entries()) {
      if (row.lazyGroup === undefined) continue;
      const excess = activity(row, values) - row.upper;
      if (excess > FEASIBILITY * 2 && excess > (worst.get(row.lazyGroup)?.excess ?? 0))
        worst.set(row.lazyGroup, { index, excess });
    }
    const missing = [...worst.values()].map(({ index }) => index).filter((index) => !passed.includes(index));
    pass(missing);
    return missing.length > 0;
  }

  function run(until: number): number {
    instance.zeroAllClocks();
    instance.options.set('time_limit', Math.max(0.05, (until - performance.now()) / 1_000));
    instance.run();
    return instance.getModelStatus();
  }

  function solveLinear(until: number): ReturnType<Loaded['solveLinear']> {
    for (;;) {
      const ended = run(until);
      if (ended === status.infeasible || ended === status.unboundedOrInfeasible)
        return { status: 'infeasible' };
      if (ended !== status.optimal) return { status: 'undecided' };
      const { colValue, colDual, rowDual } = instance.getSolution();
      if (passViolated(colValue)) continue;
      const rowPrices = rows.map(() => 0);
      for (const [position, index] of passed.entries()) rowPrices[index] = -(rowDual[position] ?? 0) / scale;
      const objective = instance.getObjectiveValue() / scale;
      const columnPrices = [...colDual].map((dual) => -dual / scale);
      return { status: 'solved', values: [...colValue], objective, rowPrices, columnPrices };
    }
  }

  function setBounds(values: readonly number[] | null): void {
    for (const column of whole) {
      const { lower, upper } = bounds[column] ?? { lower: 0, upper: 0 };
      const value = Math.round(values?.[column] ?? 0);
      instance.changeColBounds(column, values ? value : lower, values ? value : upper);
    }
  }

  function withWhole(values: readonly number[], until: number): WholeAnswer | null {
    const outside = whole.some((column) => {
      const { lower = 0, upper = 0 } = columns[column] ?? {};
      const value = Math.round(values[column] ?? 0);
      return value < lower || value > upper;
    });
    if (outside) return null;
    setBounds(values);
    const answer = solveLinear(Math.max(until, performance.now() + 500));
    setBounds(null);
    if (answer.status !== 'solved') return null;
    const exact = answer.values.map((value, column) =>
      columns[column]?.integer ? Math.round(value) : value,
    );
    const cost = exact.reduce((sum, value, column) => sum + value * (columns[column]?.cost ?? 0), 0);
    const tie = exact.reduce((sum, value, column) => sum + value * (columns[column]?.tieCost ?? 0), 0);
    return { values: exact, objective: cost + tie, cost, tie };
  }

  function fixByReducedCost(relaxed: LinearAnswer, objective: number): void {
    for (const column of whole) {
      const reduced = -(relaxed.columnPrices[column] ?? 0);
      const value = relaxed.values[column] ?? 0;
      const bound = bounds[column];
      if (!bound || relaxed.objective + Math.abs(reduced) <= objective) continue;
      if (reduced > 0 && value <= bound.lower + FEASIBILITY)
        bounds[column] = { lower: bound.lower, upper: bound.lower };
      if (reduced < 0 && value >= bound.upper - FEASIBILITY)
        bounds[column] = { lower: bound.upper, upper: bound.upper };
    }
    setBounds(null);
  }

  function branchAndBound(
    start: readonly number[] | null,
    relativeGap: number,
    until: number,
  ): ReturnType<Loaded['branchAndBound']> {
    const every = { kind: 'set', indices: whole } as const;
    instance.changeColsIntegrality(
      every,
      whole.map(() => integer),
    );
    instance.options.set('mip_rel_gap', relativeGap);
    try {
      for (;;) {
        if (start) instance.setSolution({ colValue: [...start] });
        const ended = run(until);
        if (ended === status.infeasible) return { status: 'infeasible', values: null, bound: 0 };
        const bound = Number(instance.info.get('mip_dual_bound')) / scale;
        const has = Number(instance.info.get('primal_solution_status')) === 2;
        const { colValue } = instance.getSolution();
        if (!has) return { status: 'searched', values: null, bound };
        if (!passViolated(colValue)) return { status: 'searched', values: [...colValue], bound };
        if (performance.now() > until) return { status: 'searched', values: null, bound };
      }
    } finally {
      instance.changeColsIntegrality(
        every,
        whole.map(() => continuous),
      );
    }
  }

  return { model, solveLinear, withWhole, fixByReducedCost, branchAndBound };
}

function activity({ columns, factors }: Row, values: ArrayLike<number>): number {
  let sum = 0;
  for (const [position, column] of columns.entries()) sum += (factors[position] ?? 0) * (values[column] ?? 0);
  return sum;
}
