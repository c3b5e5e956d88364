import { contentHash } from '../domain/canonical.ts';
import { infrastructureDashboard } from '../domain/dashboard.ts';
import type { Monitor, MonitorObject } from '../domain/monitor.ts';
import type { MonitoringReport } from '../domain/report.ts';
import type { AlertRule, RunSettings } from '../domain/season.ts';
import { claimTargets, countingClaims, isClaimedBy } from '../store/claims.ts';
import { enter } from '../store/journal.ts';
import { collectMetricPoints } from '../store/metric-points.ts';
import { clearPreState } from '../store/releases.ts';
import { requestOfRun, runRow } from '../store/run-context.ts';
import { acquireLease, releaseLease, targetSnapshots } from '../store/targets.ts';
import { type ActivityDependencies, serviceNowMs } from './dependencies.ts';
import { type Execution, execute, executeQuietly, stopIfCancelled } from './execution.ts';
import { LeaseBusy } from './lease-busy.ts';

/** An object of ours on a monitoring platform; shared by all runs that ask for the same one. */
interface MonitorSpec {
  readonly platform: string;
  readonly what: 'dashboard' | 'alert';
  readonly title: string;
  readonly rule?: AlertRule;
  /** The platform's own id, once it is there. */
  readonly objectId?: string;
}

interface MonitorTarget {
  readonly id: string;
  readonly spec: MonitorSpec;
}

/** Activities of phase 6 and their way back. All are idempotent. */
export function createMonitoringActivities(deps: ActivityDependencies) {
  return {
    /** Puts dashboard and alert rules up and publishes the metrics on every platform asked for. */
    async setUpMonitoring(request: {
      readonly runId: string;
      readonly step: number;
    }): Promise<'published' | 'degraded'> {
      const { runId, step } = request;
      return execute<'published' | 'degraded'>(deps, runId, 'monitoring', async (execution) => {
        stopIfCancelled(execution.stop);
        const settings = await requestOfRun(deps.db, runId);
        for (const platform of settings.monitoringStrategy.platforms) {
          const targets = objectsOf(platform, settings);
          await claimObjects(deps, runId, step, targets);
          await enterReport(deps, runId, await publish(deps, runId, platform, targets, execution));
        }
        return 'published';
      });
    },

    /**
     * Publishes the metrics of what the run holds now, on every platform where it has put monitoring up.
     * @param request.sinceMs wall time from which on events are counted.
     */
    async publishMetrics(request: { readonly runId: string; readonly sinceMs: number }): Promise<void> {
      const { runId, sinceMs } = request;
      await executeQuietly(deps, async (execution) => {
        for (const platform of await publishedPlatforms(deps, runId)) {
          await publishPoints(deps, runId, platform, new Date(sinceMs), execution);
        }
      });
    },

    /** Takes an object down when its last owner has let go of it. */
    async removeMonitoring(request: { readonly runId: string; readonly monitorId: string }): Promise<void> {
      const { runId, monitorId } = request;
      await execute(deps, runId, 'monitoring', async (execution) => {
        const target = await targetOf(deps, monitorId);
        await leased(deps, monitorId, execution, async () => {
          if ((await countingClaims(deps.db, monitorId)).length > 0) return;
          const monitor = await deps.adapters.monitor(target.spec.platform);
          await takeDown(monitor, target.spec, execution);
          await clearPreState(deps.db, monitorId);
        });
        if (!(await isClaimedBy(deps.db, runId, monitorId))) {
          await noteRemoved(deps, runId, target.spec.platform);
        }
      });
    },
  };
}

/** Ids say what the object is, so that two runs that want the same one share it. */
function objectsOf(platform: string, settings: RunSettings): readonly MonitorTarget[] {
  const { title } = infrastructureDashboard();
  const dashboard = {
    id: `${platform}.dashboard/${title}`,
    spec: { platform, what: 'dashboard', title },
  } as const;
  const alerts = settings.alertingRules.map((rule) => ({
    id: `${platform}.alert/${rule.name}/${contentHash(rule).slice(0, 12)}`,
    spec: { platform, what: 'alert', title: rule.name, rule } as const,
  }));
  return settings.monitoringStrategy.dashboard ? [dashboard, ...alerts] : alerts;
}

/** Claims come before calls: whatever happens next, the undo knows these objects. */
async function claimObjects(
  deps: ActivityDependencies,
  runId: string,
  step: number,
  targets: readonly MonitorTarget[],
): Promise<void> {
  for (const { id, spec } of targets) {
    await deps.db
      .insertInto('targets')
      .values({ id, kind: 'monitor', service: spec.platform, spec: JSON.stringify(spec) })
      .onConflict((conflict) => conflict.column('id').doNothing())
      .execute();
  }
  const run = await runRow(deps.db, runId);
  const rows = await targetSnapshots(
    deps.db,
    targets.map((target) => target.id),
  );
  const requests = rows.map((row) => ({
    targetId: row.id,
    kind: 'presence' as const,
    floorUnits: 0,
    startsAtMs: run.starts_at.getTime(),
    endsAtMs: run.ends_at.getTime(),
    seen: { kind: 'count' as const, units: 0 },
    generation: row.generation,
  }));
  const result = await claimTargets(deps.db, runId, step, requests, deps.patience);
  if (result.status === 'closed') throw new Error(`run ${runId} was closed; its monitoring stays down`);
}

async function publish(
  deps: ActivityDependencies,
  runId: string,
  platform: string,
  targets: readonly MonitorTarget[],
  execution: Execution,
): Promise<MonitoringReport> {
  const monitor = await deps.adapters.monitor(platform);
  const dashboards: MonitorObject[] = [];
  const alertRules: { id: string; name: string }[] = [];
  for (const { id, spec } of targets) {
    const object = await leased(deps, id, execution, () => putUp(deps, monitor, { id, spec }, execution));
    if (spec.what === 'dashboard') dashboards.push(object);
    else alertRules.push({ id: object.id, name: object.title });
  }
  const { created_at } = await runRow(deps.db, runId);
  const { absent, published } = await publishPoints(deps, runId, platform, created_at, execution);
  const metrics = { metricsPublished: published, metricsAbsent: absent };
  return { platform, dashboards, alertRules, ...metrics, status: 'published' };
}

/** Events are counted from the last time on: a platform adds up what it is sent. */
async function publishPoints(
  deps: ActivityDependencies,
  runId: string,
  platform: string,
  eventsAfter: Date,
  execution: Execution,
): Promise<{ readonly published: readonly string[]; readonly absent: readonly string[] }> {
  const monitor = await deps.adapters.monitor(platform);
  const options = { nowServiceMs: serviceNowMs(deps), runId, eventsAfter };
  const { points, absent } = await collectMetricPoints(deps.db, options);
  await execution.watch.call((signal) => monitor.publish(points, signal));
  return { published: [...new Set(points.map((point) => point.metric))].toSorted(), absent };
}

/** What the run last reported of a platform. */
async function lastReport(
  deps: ActivityDependencies,
  runId: string,
  platform: string,
): Promise<MonitoringReport | null> {
  const last = await deps.db
    .selectFrom('journal')
    .select('body')
    .where('stream', '=', runId)
    .where('kind', '=', 'monitoring')
    .where('key', '=', platform)
    .orderBy('seq', 'desc')
    .executeTakeFirst();
  return (last?.body as MonitoringReport | undefined) ?? null;
}

async function publishedPlatforms(deps: ActivityDependencies, runId: string): Promise<readonly string[]> {
  const { monitoringStrategy } = await requestOfRun(deps.db, runId);
  const reports = await Promise.all(monitoringStrategy.platforms.map((p) => lastReport(deps, runId, p)));
  return reports.flatMap((report) => (report?.status === 'published' ? [report.platform] : []));
}

async function putUp(
  deps: ActivityDependencies,
  monitor: Monitor,
  { id, spec }: MonitorTarget,
  { watch }: Execution,
): Promise<MonitorObject> {
  const object = await watch.call((signal) =>
    spec.rule
      ? monitor.putAlert({ ...spec.rule, tags: ['managed_by:wedscale'] }, id, signal)
      : monitor.putDashboard(infrastructureDashboard(), signal),
  );
  await deps.db
    .updateTable('targets')
    .set({ spec: JSON.stringify({ ...spec, objectId: object.id }) })
    .where('id', '=', id)
    .execute();
  return object;
}

/** An object whose id was never learnt (a crash in between) is found among those that carry our tag. */
async function takeDown(monitor: Monitor, spec: MonitorSpec, { watch }: Execution): Promise<void> {
  const owned = await watch.call((signal) => monitor.listOwned(signal));
  const objects = spec.what === 'dashboard' ? owned.dashboards : owned.alerts;
  const mine = objects.filter((object) =>
    spec.objectId === undefined ? object.title === spec.title : object.id === spec.objectId,
  );
  for (const { id } of mine) {
    await watch.call((signal) =>
      spec.what === 'dashboard' ? monitor.removeDashboard(id, signal) : monitor.removeAlert(id, signal),
    );
  }
}

async function leased<T>(
  deps: ActivityDependencies,
  targetId: string,
  { owner }: Execution,
  body: () => Promise<T>,
): Promise<T> {
  const lease = await acquireLease(deps.db, { targetId, owner, leaseMs: deps.patience.leaseMs });
  if (lease.status === 'busy') throw new LeaseBusy(targetId, lease.owner, lease.expiresAt);
  try {
    return await body();
  } finally {
    await releaseLease(deps.db, targetId, owner);
  }
}

async function targetOf(deps: ActivityDependencies, id: string): Promise<MonitorTarget> {
  const [row] = await targetSnapshots(deps.db, [id]);
  if (!row) throw new Error(`monitoring object ${id} is not known`);
  return { id, spec: row.spec as MonitorSpec };
}

async function enterReport(
  deps: ActivityDependencies,
  runId: string,
  report: MonitoringReport,
): Promise<void> {
  await enter(deps.db, runId, { kind: 'monitoring', key: report.platform, body: report });
}

/** The platform's last report, now with what was taken down. */
async function noteRemoved(deps: ActivityDependencies, runId: string, platform: string): Promise<void> {
  const last = await lastReport(deps, runId, platform);
  if (!last || last.status === 'removed') return;
  await enterReport(deps, runId, { ...last, status: 'removed' });
}
