import { cellId, cellOf, type ScalingTarget, unitPrice } from './fleet.ts';
import { floorOf, type OwnedFields } from './owned-fields.ts';
import type { PlanContent, PlannedFloor } from './plan.ts';
import type { CellReport, ServiceReport, ServiceStatus } from './report.ts';
import type { ReportEntry, ReportSources } from './report-fold.ts';
import { serviceDescriptor } from './services.ts';
import { roundUsd } from './usd.ts';

/** Where figures of performance come from, in words for the report. */
const PERFORMANCE_SOURCE = 'serving units read from the vendor × declared capacity per unit';

/** One line of a cell with what the sums need besides. */
interface Line {
  readonly target: ScalingTarget;
  readonly report: ServiceReport;
  /** Serving units before the run, by the planner's read; null where it made none. */
  readonly servingBefore: number | null;
}

/** The cells of the step a run is in, with every service of the plan, as claims and journal have them. */
export function foldCells(sources: ReportSources, content: PlanContent): readonly CellReport[] {
  const step = Math.max(content.floors[0]?.step ?? 0, ...sources.claims.map((claim) => claim.step));
  const entries = Map.groupBy(sources.entries, (entry) => entry.key);
  const floors = content.floors.filter((floor) => floor.step === step);
  const lines = floors.flatMap((floor) => lineOf(sources, floor, entries.get(floor.targetId) ?? []));
  const cells = Map.groupBy(lines, (line) => cellId(cellOf(line.target)));
  return [...cells]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([cell, group]) => cellReport(cell, group, entries.get(cell) ?? []));
}

function cellReport(cell: string, lines: readonly Line[], branch: readonly ReportEntry[]): CellReport {
  const [provider = '', region = ''] = cell.split('/');
  const spans = branch.filter((entry) => entry.kind === 'branch');
  const started = spans.find((entry) => entry.body.status === 'started');
  const finished = spans.findLast((entry) => entry.body.status === 'finished');
  const services = lines.map((line) => line.report);
  return {
    provider,
    region,
    status: statusOf(services, started !== undefined, finished !== undefined),
    ms: started ? (finished?.atMs ?? started.atMs) - started.atMs : 0,
    costImpact: { hourlyUsd: roundUsd(sum(lines.map(addedHourlyUsd))) },
    performance: {
      before: byWorkload(lines, (line) => line.servingBefore),
      after: byWorkload(lines, (line) => line.report.observed),
      source: PERFORMANCE_SOURCE,
    },
    services,
  };
}

function statusOf(
  services: readonly ServiceReport[],
  started: boolean,
  finished: boolean,
): CellReport['status'] {
  if (!started) return 'planned';
  const settled = services.filter((service) => service.status === 'settled').length;
  if (settled === services.length) return 'success';
  if (!finished) return 'running';
  return settled > 0 ? 'partial' : 'failed';
}

function lineOf(
  sources: ReportSources,
  floor: PlannedFloor,
  entries: readonly ReportEntry[],
): readonly Line[] {
  const target = sources.targets.get(floor.targetId);
  if (!target) return [];
  const live = sources.live[floor.targetId];
  const claim = entries.find((entry) => entry.kind === 'claim');
  const from = claim ? floorOf(claim.body.seen as OwnedFields) : (live?.floorUnits ?? 0);
  // What others stand in for is no failure any more; the report's `fallbacks` tell of it.
  const made = entries.slice(entries.findLastIndex((entry) => entry.kind === 'fallback') + 1);
  const failed = made.findLast((entry) => entry.kind === 'service.failed' || entry.kind === 'unreachable');
  const settled = entries.findLast((entry) => entry.kind === 'settled');
  const told = failed ?? entries.findLast(({ kind }) => kind === 'settled' || kind === 'fallback');
  const observed = (told?.body.servingUnits ?? settled?.body.servingUnits ?? null) as number | null;
  const intent = entries.find((entry) => entry.kind === 'intent');
  const report: ServiceReport = {
    targetId: target.id,
    service: target.service,
    region: target.region,
    from,
    to: floor.floorUnits,
    effectiveFloor: sources.effectiveFloors.get(target.id) ?? from,
    observed,
    status: serviceStatus(sources, floor, entries),
    critical: target.critical,
    protection: serviceDescriptor(target.service)?.protection ?? 'read-back',
    startedAt: intent ? new Date(intent.atMs).toISOString() : null,
    settledAt: settled ? new Date(settled.atMs).toISOString() : null,
    ...(failed && { error: { kind: String(failed.body.kind), message: String(failed.body.message) } }),
  };
  return [{ target, report, servingBefore: live?.servingUnits ?? null }];
}

/** The last thing that happened to the service decides. */
function serviceStatus(
  sources: ReportSources,
  floor: PlannedFloor,
  entries: readonly ReportEntry[],
): ServiceStatus {
  const last = entries.findLast((entry) => STATUS_BY_KIND[entry.kind] !== undefined);
  if (last) return STATUS_BY_KIND[last.kind] ?? 'planned';
  const claim = sources.claims.find((c) => c.targetId === floor.targetId && c.step === floor.step);
  return claim?.accepted ? 'applied' : 'planned';
}

const STATUS_BY_KIND: Readonly<Record<string, ServiceStatus>> = {
  fallback: 'settled',
  settled: 'settled',
  'service.failed': 'failed',
  'service.undone': 'undone',
  unreachable: 'unreachable',
};

/** What this run adds per hour; nothing where it was undone. */
function addedHourlyUsd({ target, report }: Line): number {
  if (report.status === 'undone') return 0;
  return Math.max(0, report.to - report.from) * unitPrice(target);
}

/** Demand that can be carried per workload; a workload with a service nobody has read is left out. */
function byWorkload(
  lines: readonly Line[],
  unitsOf: (line: Line) => number | null,
): Readonly<Record<string, number>> {
  const totals: Record<string, number> = {};
  for (const [workload, group] of Map.groupBy(lines, (line) => line.target.workload)) {
    const capacities = group.map((line) => {
      const units = unitsOf(line);
      return units === null ? null : units * line.target.capacityPerUnit;
    });
    if (capacities.includes(null)) continue;
    totals[workload] = sum(capacities.map((capacity) => capacity ?? 0));
  }
  return totals;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
