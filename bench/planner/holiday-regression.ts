import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { localIndex } from './local-index.ts';
import type { Method } from './methods.ts';
import type { Origin } from './origins.ts';
import { withOwnErrors } from './point-forecasts.ts';

const ERROR_DAYS = 56;
const script = fileURLToPath(new URL('holiday_regression.py', import.meta.url));

interface Setting {
  readonly alpha: number;
  /** Age at which a row weighs half. */
  readonly halfLifeDays: number;
}

/**
 * Ridge regression of scikit-learn with hours of the week, lags, and every kind of event before, while and after it
 * with its intensity; quantiles of its own errors of eight weeks. @param python of an environment that has it.
 */
export function holidayRegression(python: string): Method<Setting> {
  return {
    name: 'holiday-regression',
    settings: [
      { alpha: 1, halfLifeDays: 60 },
      { alpha: 1, halfLifeDays: 180 },
      { alpha: 10, halfLifeDays: 30 },
      { alpha: 10, halfLifeDays: 180 },
      { alpha: 1, halfLifeDays: 1_000 },
    ],
    forecast: async (series, origins, setting) => {
      const [first] = origins;
      if (!first) return [];
      const index = localIndex(series);
      const { startMs, stepMs, values } = series.load;
      const until = origins.at(-1)?.until ?? 0;
      const { day, hour } = index;
      const task = {
        startMs,
        stepMs,
        values: values.slice(0, until),
        day: day.slice(0, until),
        hour: hour.slice(0, until),
      };
      const points = await ask(python, { ...task, events: series.events, origins, setting });
      return withOwnErrors(series, origins, index, ERROR_DAYS, 'multiplied', pointsOf(points, origins));
    },
  };
}

function pointsOf(
  points: readonly (number | null)[],
  origins: readonly Origin[],
): (origin: Origin) => readonly (number | null)[] {
  const starts = new Map<Origin, number>();
  let row = 0;
  for (const origin of origins) {
    starts.set(origin, row);
    row += origin.until - origin.from;
  }
  return (origin) => {
    const from = starts.get(origin) ?? 0;
    return points.slice(from, from + origin.until - origin.from);
  };
}

/** @throws Error with the end of what Python said when it ends badly. */
async function ask(python: string, task: unknown): Promise<readonly (number | null)[]> {
  const child = spawn(python, [script], { stdio: ['pipe', 'pipe', 'pipe'] });
  const ended = once(child, 'close');
  let [answer, complaints] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    answer += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaints = (complaints + text).slice(-2_000);
  });
  child.stdin.end(JSON.stringify(task));
  const [code] = (await ended) as [number | null];
  if (code !== 0) throw new Error(`holiday_regression.py ended with ${code}: ${complaints}`);
  return (JSON.parse(answer) as { points: readonly (number | null)[] }).points;
}
