import { type AnyMethod, targetsOf } from './methods.ts';
import { originsOf } from './origins.ts';
import { capacityOf, type Observed, type ScoredForecast, score } from './scoring.ts';
import type { BenchSeries } from './series-file.ts';

/** One series under one method, as `--json` prints it. Pinball in the unit of the series, shares 0..1. */
export interface PlannerRow {
  readonly series: string;
  readonly method: string;
  readonly periodMs: number;
  readonly meanPinball: number;
  readonly coverage95: number;
  /** Null where no event known ahead was scored. */
  readonly eventUnserved: number | null;
  readonly allUnserved: number;
  readonly idleShare: number;
  /** Tuning and forecasting together. */
  readonly seconds: number;
}

/**
 * Runs every method on a series over the same origins and scores the last part of it at equal cost: all capacities
 * have the mean of that which the first method, the two-week window, asks for.
 */
export async function judge(
  series: BenchSeries,
  methods: readonly AnyMethod[],
  say: (text: string) => void,
): Promise<readonly PlannerRow[]> {
  const { tuning, scored, horizonDays } = originsOf(series);
  const { startMs, stepMs, values } = series.load;
  const targets = targetsOf(scored)
    .map((index, row) => ({ index, row }))
    .filter(({ index }) => (values[index] ?? null) !== null);
  if (targets.length === 0) throw new Error(`${series.name} is too short: nothing is left to score`);
  const observed: Observed = {
    values: targets.map(({ index }) => values[index] ?? 0),
    inEvent: targets.map(({ index }) => inEvent(series, startMs + index * stepMs)),
  };
  say(
    `${series.name}: step ${stepMs / 60_000} min, ${horizonDays} day(s) ahead, ${tuning.length} origins to tune on, ` +
      `${scored.length} scored with ${targets.length} loads, ${observed.inEvent.filter(Boolean).length} in events`,
  );
  const rows: PlannerRow[] = [];
  let equalMeanCapacity: number | undefined;
  for (const method of methods) {
    const begun = performance.now();
    const { forecast, setting } = await method.run(series, tuning, scored);
    const seconds = (performance.now() - begun) / 1_000;
    const judged: ScoredForecast = targets.map(({ row }) => forecast[row] ?? []);
    equalMeanCapacity ??= capacityOf(judged).mean;
    const { meanCapacity, ...figures } = score(observed, judged, equalMeanCapacity);
    say(
      `  ${method.name}: pinball ${figures.meanPinball.toPrecision(5)}, coverage ${figures.coverage95.toFixed(3)}, ` +
        `event unserved ${figures.eventUnserved?.toFixed(4) ?? 'none'}, idle ${figures.idleShare.toFixed(3)}, ` +
        `${seconds.toFixed(1)} s; setting ${JSON.stringify(setting)}, mean capacity ${meanCapacity.toPrecision(4)} before it is equal`,
    );
    rows.push({ series: series.name, method: method.name, periodMs: stepMs, ...figures, seconds });
  }
  return rows;
}

function inEvent({ load, events }: BenchSeries, ms: number): boolean {
  return events.some((event) => ms < event.endMs && ms + load.stepMs > event.startMs);
}
