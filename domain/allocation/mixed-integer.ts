import type { BindingConstraint } from '../plan.ts';

/** What a column's upper bound or a row stands for, where a person has a name for it. */
export interface ConstraintName {
  readonly constraint: BindingConstraint['constraint'];
  readonly resource: string;
  readonly step?: number;
  readonly unit: string;
  /** How many of the row's own units one `unit` is, e.g. 0.01 for a percentage point of a share. Default 1. */
  readonly scale?: number;
}

/** One decision of a {@link MixedIntegerModel}. */
export interface Column {
  /** USD per unit of it; the sum over columns is what is minimised. */
  readonly cost: number;
  /** Tells apart answers of the same cost, and is no part of it: far below any real difference. */
  readonly tieCost: number;
  readonly lower: number;
  readonly upper: number;
  readonly integer: boolean;
  readonly name?: ConstraintName;
}

/** `lower <= sum(factors[i] × value of columns[i]) <= upper`; a bound that is not there is infinite. */
export interface Row {
  readonly lower: number;
  readonly upper: number;
  /** Ascending, each once. */
  readonly columns: readonly number[];
  readonly factors: readonly number[];
  /**
   * Rows of the same number are alternatives of which few bind (the hours of one target): the solver may add them only
   * once they are violated. It keeps all of them in the end. Absent for a row that is there from the beginning.
   */
  readonly lazyGroup?: number;
  readonly name?: ConstraintName;
}

/** A linear programme some of whose columns are whole numbers. Its order is part of what is solved. */
export interface MixedIntegerModel {
  readonly columns: readonly Column[];
  readonly rows: readonly Row[];
}

/** When a solver may stop. */
export interface SolverLimits {
  /** Proven to be within this part of the best, 0 to 1. */
  readonly relativeGap: number;
  /** For all models together, milliseconds; then the best answer so far counts. */
  readonly timeLimitMs: number;
}

/** What came of one model. */
export type SolverAnswer =
  | {
      readonly status: 'solved';
      /** Of every column; whole where it has to be. */
      readonly values: readonly number[];
      /** Without tie costs, USD. */
      readonly cost: number;
      /** Nothing costs less, USD; equals `cost` within the gap asked for, unless time was up. */
      readonly bound: number;
      /** USD that one more on the right-hand side of a row saves, in the relaxation; 0 where it does not bind. */
      readonly rowPrices: readonly number[];
      /** The same of each column's upper bound. */
      readonly columnPrices: readonly number[];
    }
  | { readonly status: 'infeasible' }
  /** Time was up before anything was found. */
  | { readonly status: 'undecided' };

/** Solves models that do not hang together; answers in the same order. Deterministic while time is not up. */
export type Solver = (
  models: readonly MixedIntegerModel[],
  limits: SolverLimits,
) => Promise<readonly SolverAnswer[]>;

/** A column's factor in a row. */
export type Entry = readonly [column: number, factor: number];

/** Columns and rows in the making. */
export interface ModelDraft {
  /** @returns its index. */
  column(column: Partial<Column>): number;
  /** Entries of factor 0 are left out. @returns its index. */
  row(
    lower: number,
    upper: number,
    entries: readonly Entry[],
    more?: Pick<Row, 'lazyGroup' | 'name'>,
  ): number;
  /** @returns a number for the lazy rows of one target. */
  lazyGroup(): number;
  done(): MixedIntegerModel;
}

/** An empty draft; a column costs nothing and is continuous between 0 and infinity unless said otherwise. */
export function modelDraft(): ModelDraft {
  const columns: Column[] = [];
  const rows: Row[] = [];
  let groups = 0;
  return {
    column: (column) =>
      columns.push({
        cost: 0,
        tieCost: 0,
        lower: 0,
        upper: Number.POSITIVE_INFINITY,
        integer: false,
        ...column,
      }) - 1,
    row: (lower, upper, entries, more) => {
      const kept = entries.filter(([, factor]) => factor !== 0).toSorted(([a], [b]) => a - b);
      const row = {
        lower,
        upper,
        columns: kept.map(([column]) => column),
        factors: kept.map(([, factor]) => factor),
      };
      return rows.push({ ...row, ...more }) - 1;
    },
    lazyGroup: () => {
      groups += 1;
      return groups;
    },
    done: () => ({ columns, rows }),
  };
}
