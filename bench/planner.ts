import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type PlannerBenchConfig, plannerBenchConfig } from './planner/config.ts';
import { exponentialSmoothing } from './planner/exponential-smoothing.ts';
import { goalsOf } from './planner/goals.ts';
import { holidayRegression } from './planner/holiday-regression.ts';
import { judge, type PlannerRow } from './planner/judge.ts';
import { type AnyMethod, TUNING_BUDGET, tuned } from './planner/methods.ts';
import { TUNING_SHARE } from './planner/origins.ts';
import { plannerPython } from './planner/python.ts';
import { seasonalNaive } from './planner/seasonal-naive.ts';
import { type BenchSeries, nameOf, readSeries, UNKNOWABLE_KINDS } from './planner/series-file.ts';
import { wedsync } from './planner/wedsync.ts';
import { window14d } from './planner/window-14d.ts';
import type { Bench } from './registry.ts';

/**
 * Forecasts of load with events known ahead: the planner's beside what autoscalers do and what a statistician would.
 * `--data DIR` takes the public series, `--series FILE --events FILE --time-zone ZONE` one of one's own; `--check`
 * ends with status 1 when a goal is missed.
 */
export const benchPlanner: Bench = async (say, options) => {
  const config = plannerBenchConfig(options);
  if (!config.series && !existsSync(join(config.dataFolder, 'series', 'index.json'))) {
    say(`not run: ${config.dataFolder} has no series/index.json; give --data DIR, or --series FILE`);
    return [];
  }
  sayTheRules(say);
  const methods = await methodsOf(config, say);
  const rows: PlannerRow[] = [];
  for (const series of await seriesOf(config)) rows.push(...(await judge(series, methods, say)));
  const goals = goalsOf(rows);
  for (const { goal, figure, met } of goals) say(`${met ? 'met    ' : 'NOT MET'} ${goal}: ${figure}`);
  if (config.check && goals.some((goal) => !goal.met)) process.exitCode = 1;
  return rows.map((row) => ({ ...row }));
};

function sayTheRules(say: (text: string) => void): void {
  say(
    [
      `Origins are local midnights, a day ahead; for daily series every seventh day, seven days ahead.`,
      `At an origin a method knows loads before it and the calendar; kinds ${[...UNKNOWABLE_KINDS].join(', ')} are hidden from all.`,
      `Each tries up to ${TUNING_BUDGET} settings on the first ${100 * TUNING_SHARE} %; the rest is scored.`,
      `Capacity is the 0.95 quantile, times one factor per method so that all cost what the two-week window costs.`,
    ].join('\n'),
  );
}

async function methodsOf(
  config: PlannerBenchConfig,
  say: (text: string) => void,
): Promise<readonly AnyMethod[]> {
  const found = await plannerPython(config.cacheFolder, say);
  if ('missing' in found) say(`holiday-regression not run: no Python with its packages (${found.missing})`);
  return [
    tuned(window14d),
    tuned(seasonalNaive),
    tuned(exponentialSmoothing),
    ...('python' in found ? [tuned(holidayRegression(found.python))] : []),
    tuned(wedsync),
  ];
}

async function seriesOf({ series, dataFolder }: PlannerBenchConfig): Promise<readonly BenchSeries[]> {
  if (series) return [await readSeries(nameOf(series.file), series.file, series.events, series.timeZone)];
  const folder = join(dataFolder, 'series');
  const index = JSON.parse(await readFile(join(folder, 'index.json'), 'utf8')) as readonly {
    readonly id: string;
    readonly series: string;
    readonly events: string;
    readonly localTimezone: string;
  }[];
  return Promise.all(
    index.map((entry) =>
      readSeries(entry.id, join(folder, entry.series), join(folder, entry.events), entry.localTimezone),
    ),
  );
}
