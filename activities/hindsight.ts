import { toServiceMs } from '../domain/clock.ts';
import type { ScalingTarget } from '../domain/fleet.ts';
import type { Hindsight, HindsightRow } from '../domain/hindsight/hindsight.ts';
import { lookBack } from '../domain/hindsight/look-back.ts';
import { type HourlyLoads, marketKey } from '../domain/hindsight/step-hours.ts';
import type { PlanContent, Requirements } from '../domain/plan.ts';
import { marketsOf } from '../domain/season.ts';
import { selectedTargetIds } from '../domain/selection.ts';
import { demandByHour, observedSeries } from '../store/demand-observations.ts';
import { currentFleet } from '../store/fleet.ts';
import { hourlyMeans, keepHindsight, wholeHindsight } from '../store/hindsight.ts';
import { planOfRun, runRequest, runRow } from '../store/run-context.ts';
import { targetSnapshots } from '../store/targets.ts';
import { type ActivityDependencies, serviceNowMs } from './dependencies.ts';

const HOUR_MS = 3_600_000;

/** Activities that look back on a plan. All are idempotent, and touch only our own store. */
export function createHindsightActivities(deps: ActivityDependencies) {
  return {
    /** Scores what is over of a run's plan against what was reported since, and enters what is new of it. */
    async takeHindsight({ runId }: { readonly runId: string }): Promise<void> {
      await takeHindsight(deps, runId);
    },
  };
}

/**
 * Scores the steps of a run's plan that are over; once capacity was given back, or the window has ended, all of it. A
 * plan that is scored again, because readings came late, is told again where that changed anything.
 */
export async function takeHindsight(deps: ActivityDependencies, runId: string): Promise<void> {
  const row = await runRow(deps.db, runId);
  if (row.plan_id === null || row.requirements === null) return;
  const nowMs = serviceNowMs(deps);
  const closedMs = row.closed_at === null ? nowMs : toServiceMs(deps.clock, row.closed_at.getTime());
  const untilMs = Math.min(nowMs, closedMs, row.ends_at.getTime());
  const { content } = await planOfRun(deps.db, runId);
  const lookBacks = await lookBackOn(deps, runId, content, row.requirements as Requirements, untilMs);
  const over = row.closed_at !== null || row.ends_at.getTime() <= nowMs;
  const ended = new Set(content.steps.filter((step) => step.untilMs <= nowMs).map(({ step }) => step));
  await keepHindsight(deps.db, runId, lookBacks, ({ step }) => over || (step !== null && ended.has(step)));
}

async function lookBackOn(
  deps: ActivityDependencies,
  runId: string,
  content: PlanContent,
  requirements: Requirements,
  untilMs: number,
): Promise<readonly Hindsight[]> {
  const run = await runRequest(deps.db, runId);
  const { workloads = [] } = (await currentFleet(deps.db))?.fleet ?? {};
  const snapshots = await targetSnapshots(deps.db, Object.keys(requirements.live));
  const targets = snapshots.map(({ spec }) => spec as ScalingTarget);
  const fromMs = Math.min(...content.steps.map((step) => step.fromMs));
  const firstHourMs = Math.floor(fromMs / HOUR_MS) * HOUR_MS;
  const markets = marketsOf(run);
  const lookBacks = lookBack({
    content,
    requirements,
    workloads,
    targets,
    selected: selectedTargetIds({ targets }, run.request, markets),
    markets,
    utilizationPercent: run.request.performanceTargets.utilizationPercent,
    loads: await loadsOf(deps, targets, firstHourMs, untilMs),
    untilMs,
  });
  if (lookBacks.length > 0) return lookBacks;
  const reason = 'capacity was given back before the first hour of the plan was over';
  return [{ step: null, fromMs, untilMs, rows: [], reason }];
}

/** What was reported of targets, and of the demand of workloads from markets. */
async function loadsOf(
  { db }: ActivityDependencies,
  targets: readonly ScalingTarget[],
  fromMs: number,
  untilMs: number,
): Promise<HourlyLoads> {
  const ids = targets.map(({ id }) => id);
  const byMarket = new Map<string, ReadonlyMap<number, number>>();
  for (const series of await observedSeries(db, fromMs, untilMs)) {
    const { startMs, stepMs, values } = await demandByHour(db, series, fromMs, untilMs);
    const hours = values.flatMap((value, hour) =>
      value === null ? [] : [[startMs + hour * stepMs, value] as const],
    );
    byMarket.set(marketKey(series.workload, series.market), new Map(hours));
  }
  return { byTarget: await hourlyMeans(db, ids, fromMs, untilMs), byMarket };
}

/**
 * What the plan of a run came to so far, scored anew: readings may have come since it was scored last. Empty where it
 * has not begun.
 */
export async function freshHindsight(
  deps: ActivityDependencies,
  runId: string,
): Promise<readonly HindsightRow[]> {
  await takeHindsight(deps, runId);
  return wholeHindsight(deps.db, runId);
}
