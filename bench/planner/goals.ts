import type { PlannerRow } from './judge.ts';
import { median } from './scoring.ts';

const OURS = 'wedsync';
const AUTOSCALER = 'window-14d';
/** Above this the window leaves enough of an event unserved for a tenth of it to be asked for. */
const MUCH_UNSERVED = 0.05;
const A_TENTH = 0.1;
const WORST_AGAINST_BEST = 1.05;
const COVERAGE = { least: 0.93, most: 0.97 } as const;

/** A goal of the planner with its figure. */
export interface Goal {
  readonly goal: string;
  readonly figure: string;
  readonly met: boolean;
}

/** Every goal, with what came of it on the rows of a bench. */
export function goalsOf(rows: readonly PlannerRow[]): readonly Goal[] {
  const series = [...new Set(rows.map((row) => row.series))];
  const ours = rows.filter((row) => row.method === OURS);
  const coverage = median(ours.map((row) => row.coverage95));
  return [
    ...series.flatMap((name) => unservedGoal(rows, name)),
    ...series.map((name) => pinballGoal(rows, name)),
    ...[...new Set(rows.map((row) => row.method))]
      .filter((method) => method !== OURS)
      .map((method) => medianGoal(rows, method)),
    {
      goal: `median coverage of the 0.95 quantile between ${COVERAGE.least} and ${COVERAGE.most}`,
      figure: coverage.toFixed(3),
      met: coverage >= COVERAGE.least && coverage <= COVERAGE.most,
    },
  ];
}

function unservedGoal(rows: readonly PlannerRow[], series: string): readonly Goal[] {
  const [own, window] = [OURS, AUTOSCALER].map((method) => find(rows, series, method)?.eventUnserved ?? null);
  if (own === null || own === undefined || window === null || window === undefined) return [];
  const much = window > MUCH_UNSERVED;
  const percent = (share: number) => `${(100 * share).toFixed(2)} %`;
  return [
    {
      goal: `${series}: event-hour load unserved at equal cost ${much ? 'at most a tenth of' : 'no worse than'} ${AUTOSCALER}`,
      figure: `${percent(own)} against ${percent(window)}`,
      met: own <= (much ? A_TENTH : 1) * window,
    },
  ];
}

function pinballGoal(rows: readonly PlannerRow[], series: string): Goal {
  const own = find(rows, series, OURS)?.meanPinball ?? Number.NaN;
  const others = rows.filter((row) => row.series === series && row.method !== OURS);
  const best = others.reduce((least, row) => (row.meanPinball < least.meanPinball ? row : least), {
    method: 'nothing',
    meanPinball: Number.POSITIVE_INFINITY,
  });
  const ratio = own / best.meanPinball;
  return {
    goal: `${series}: pinball loss no more than 5 % above the best baseline`,
    figure: `${ratio.toFixed(3)} of ${best.method}`,
    met: ratio <= WORST_AGAINST_BEST,
  };
}

function medianGoal(rows: readonly PlannerRow[], method: string): Goal {
  const ratios = rows
    .filter((row) => row.method === method)
    .map((row) => (find(rows, row.series, OURS)?.meanPinball ?? Number.NaN) / row.meanPinball);
  const ratio = median(ratios);
  return {
    goal: `median over series of pinball loss below ${method}`,
    figure: `${ratio.toFixed(3)} of it`,
    met: ratio < 1,
  };
}

function find(rows: readonly PlannerRow[], series: string, method: string): PlannerRow | undefined {
  return rows.find((row) => row.series === series && row.method === method);
}
