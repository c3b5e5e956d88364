import type { ScalingTarget } from './fleet.ts';
import type { Hindsight } from './hindsight/hindsight.ts';
import type { PlanContent } from './plan.ts';
import { planOutlook } from './plan-outlook.ts';
import type {
  HindsightReport,
  HoldStatus,
  MonitoringReport,
  RoutingReport,
  RunReport,
  RunStatus,
} from './report.ts';
import { foldCells } from './report-cells.ts';
import type { Weights } from './scaler.ts';
import { PHASES, type PhaseName } from './season.ts';
import {
  type BranchSpan,
  type Execution,
  type Interval,
  subtract,
  total,
  union,
  vendorMs,
} from './timing.ts';

/** A journal entry as the fold reads it. */
export interface ReportEntry {
  /** Wall time, milliseconds since the epoch. */
  readonly atMs: number;
  readonly kind: string;
  readonly key: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Everything a report is folded from; read in one go by store/report.ts. */
export interface ReportSources {
  readonly run: {
    readonly id: string;
    readonly workflowId: string;
    readonly kind: string;
    readonly dryRun: boolean;
    readonly status: RunStatus;
    readonly holdStatus: HoldStatus | null;
    readonly error: RunReport['error'] | null;
    readonly createdAtMs: number;
    readonly finishedAtMs: number | null;
    /** End of the window in service time. */
    readonly endsAtMs: number;
  };
  readonly entries: readonly ReportEntry[];
  readonly plan: { readonly id: string; readonly content: PlanContent } | null;
  readonly targets: ReadonlyMap<string, ScalingTarget>;
  /** What the planner read, by target. */
  readonly live: Readonly<
    Record<string, { readonly floorUnits: number; readonly servingUnits: number | null }>
  >;
  /** Floor claims of the run that are or were live. */
  readonly claims: readonly {
    readonly targetId: string;
    readonly step: number;
    readonly accepted: boolean;
  }[];
  /** max(pre-state, live claims) by target, as of now. */
  readonly effectiveFloors: ReadonlyMap<string, number>;
  /** Service time at which the hold asks for the next step, where there is one. */
  readonly nextStepAtMs: number | null;
  readonly environment: 'sandbox' | 'real';
  readonly links: RunReport['links'];
  readonly nowMs: number;
}

/** The report of a run as of now. Pure. */
export function foldReport(sources: ReportSources): RunReport {
  const { run, plan, entries } = sources;
  const endMs = run.finishedAtMs ?? sources.nowMs;
  const phases = foldPhases(entries);
  const summaryOf = (phase: PhaseName) =>
    lastOf(entries, (e) => e.kind === 'phase' && e.key === phase && e.body.status === 'completed')?.body
      .summary;
  return {
    runId: run.id,
    workflowId: run.workflowId,
    kind: run.kind,
    dryRun: run.dryRun,
    environment: sources.environment,
    status: run.status,
    ...(run.error && { error: run.error }),
    hold: holdOf(sources),
    ...foldTiming(entries, [run.createdAtMs, endMs]),
    phases,
    weddingDistribution: summaryOf('distribution-analysis') ?? null,
    regionalRequirements: summaryOf('regional-requirements') ?? null,
    plan: plan && {
      id: plan.id,
      hash: plan.id,
      hourlyUsdBefore: plan.content.cost.hourlyUsdBefore,
      hourlyUsdAfter: plan.content.cost.hourlyUsdAfter,
      seasonUsd: plan.content.cost.seasonUsd,
      explanation: plan.content.peak.text,
      ...outlookOf(plan.content),
    },
    cells: plan ? foldCells(sources, plan.content) : [],
    routing: foldRouting(entries),
    monitoring: foldMonitoring(entries),
    health: foldHealth(entries),
    fallbacks: foldFallbacks(entries),
    ...foldRollback(entries),
    ...foldHindsight(entries),
    attention: foldAttention(entries),
    links: sources.links,
  };
}

function holdOf({ run, nextStepAtMs }: ReportSources): RunReport['hold'] {
  if (run.holdStatus === null) return null;
  const open = run.holdStatus === 'holding' && nextStepAtMs !== null;
  return {
    status: run.holdStatus,
    until: new Date(run.endsAtMs).toISOString(),
    nextStepAt: open ? new Date(nextStepAtMs).toISOString() : null,
  };
}

/** What a later entry about the same resource may be that takes a question's place. */
const QUESTION_KINDS: readonly string[] = ['attention', 'answered', 'resolved'];

/** Every question to a person that no later decision, or turn of things, about the same resource has answered. */
function foldAttention(entries: readonly ReportEntry[]): RunReport['attention'] {
  return entries
    .filter((entry, index) => {
      if (entry.kind !== 'attention') return false;
      return !entries
        .slice(index + 1)
        .some((later) => later.key === entry.key && QUESTION_KINDS.includes(later.kind));
    })
    .map(({ atMs, key, body }) => ({
      resource: key,
      message: String(body.message),
      at: new Date(atMs).toISOString(),
    }));
}

/** Each phase as last entered; a phase that ran again after a refused approval counts an attempt more. */
function foldPhases(entries: readonly ReportEntry[]): RunReport['phases'] {
  return PHASES.map((name) => {
    const mine = entries.filter((entry) => entry.kind === 'phase' && entry.key === name);
    const started = mine.findLast((entry) => entry.body.status === 'running');
    const last = mine.at(-1);
    const ended = last && last.body.status !== 'running' ? last : undefined;
    const attempts = mine.filter((entry) => entry.body.status === 'running').length;
    const status = (last?.body.status ?? 'pending') as RunReport['phases'][number]['status'];
    return {
      name,
      status,
      startedAt: started ? iso(started.atMs) : null,
      finishedAt: ended ? iso(ended.atMs) : null,
      ms: started && ended ? ended.atMs - started.atMs : null,
      attempts,
    };
  });
}

function foldTiming(
  entries: readonly ReportEntry[],
  [startMs, endMs]: Interval,
): Pick<RunReport, 'executionTimeMs' | 'ownMs' | 'vendorMs'> {
  const clip = ([from, until]: Interval): Interval => [Math.max(from, startMs), Math.min(until, endMs)];
  const executions: readonly Execution[] = entries
    .filter((entry) => entry.kind === 'wait')
    .map(({ key, body }) => ({
      branch: key,
      span: clip([Number(body.fromMs), Number(body.untilMs)]),
      waits: (body.waits as readonly Interval[]).map(clip),
    }));
  const approval = approvalTimes(entries, endMs);
  const vendor = vendorMs([...branchSpans(entries, executions, endMs)], executions, approval);
  const executionTimeMs = endMs - startMs;
  const ownMs = Math.max(0, executionTimeMs - vendor - total(union(approval)));
  return { executionTimeMs, ownMs, vendorMs: vendor };
}

/** Cells run from their first to their last entry; everything else exactly while its activities do. */
function branchSpans(
  entries: readonly ReportEntry[],
  executions: readonly Execution[],
  endMs: number,
): readonly BranchSpan[] {
  const marks = Map.groupBy(
    entries.filter((entry) => entry.kind === 'branch'),
    (entry) => entry.key,
  );
  const cells = [...marks].map(([branch, group]): BranchSpan => {
    const finished = group.findLast((entry) => entry.body.status === 'finished');
    return { branch, span: [group[0]?.atMs ?? endMs, finished?.atMs ?? endMs] };
  });
  const outside = executions.flatMap(({ branch, span }): BranchSpan[] => {
    const cell = cells.find((candidate) => candidate.branch === branch);
    if (!cell) return [{ branch, span }];
    // An undo of the cell runs after the cell itself has ended.
    return subtract([span], [cell.span]).map((rest) => ({ branch, span: rest }));
  });
  return [...cells, ...outside];
}

/** From when a person was first waited for, about each plan, to whatever came of it. */
function approvalTimes(entries: readonly ReportEntry[], endMs: number): readonly Interval[] {
  const changes = entries.filter((entry) => entry.kind === 'run.status');
  const ofRun = changes.flatMap((entry, index): Interval[] =>
    entry.body.status === 'awaitingApproval' ? [[entry.atMs, changes[index + 1]?.atMs ?? endMs]] : [],
  );
  const asked = entries.filter(({ kind, body }) => kind === 'attention' && body.topic === 'approval');
  const ofFallbacks = asked.map(({ atMs, key }): Interval => {
    const answer = entries.find((later) => later.key === key && ANSWERS.includes(later.kind));
    return [atMs, answer?.atMs ?? endMs];
  });
  return [...ofRun, ...ofFallbacks];
}

/** What may come of a question for approval. */
const ANSWERS: readonly string[] = ['approval', 'approval.lapsed', 'approval.outdated', 'answered'];

function foldRouting(entries: readonly ReportEntry[]): readonly RoutingReport[] {
  const moves = entries.filter((entry) => entry.kind === 'routing');
  return [...Map.groupBy(moves, (entry) => entry.key)].map(([recordSetId, group]) => {
    const forward = group.filter((entry) => entry.body.status !== 'movedBack');
    const last = group.at(-1)?.body ?? {};
    const status = last.status === 'unhealthy' ? 'failed' : (last.status as 'moved' | 'movedBack');
    return {
      recordSetId,
      from: (forward[0]?.body.from ?? {}) as Weights,
      to: (forward.at(-1)?.body.to ?? last.to ?? {}) as Weights,
      observed: (last.observed ?? null) as Weights | null,
      steps: forward.length,
      status,
    };
  });
}

function foldMonitoring(entries: readonly ReportEntry[]): readonly MonitoringReport[] {
  const reports = entries.filter((entry) => entry.kind === 'monitoring');
  return [...Map.groupBy(reports, (entry) => entry.key)].map(
    ([, group]) => group.at(-1)?.body as unknown as MonitoringReport,
  );
}

function foldHealth(entries: readonly ReportEntry[]): RunReport['health'] {
  const checks = entries.filter((entry) => entry.kind === 'health');
  return [...Map.groupBy(checks, (entry) => entry.key)].map(([check, group]) => {
    const body = group.at(-1)?.body ?? {};
    return { check, status: body.status as 'passed' | 'failed', detail: String(body.detail) };
  });
}

function foldFallbacks(entries: readonly ReportEntry[]): RunReport['fallbacks'] {
  const made = entries.filter((entry) => entry.kind === 'fallback');
  return made.map(({ key, body }) => ({
    targetId: key,
    step: Number(body.step),
    from: Number(body.floorUnits),
    to: Number(body.keptUnits),
    error: { kind: String(body.kind), message: String(body.message) },
    standIns: (body.standIns as readonly { targetId: string; floorUnits: number }[]).map((one) => ({
      targetId: one.targetId,
      to: one.floorUnits,
    })),
    planId: String(body.planId),
    generation: Number(body.generation),
    hourlyUsdAfter: Number(body.hourlyUsdAfter),
    approvedBy: (body.approvedBy ?? null) as string | null,
  }));
}

/** Each look back as told last; steps in their order, then the whole plan. */
function foldHindsight(entries: readonly ReportEntry[]): Pick<RunReport, 'hindsight'> {
  const told = new Map(entries.filter(({ kind }) => kind === 'hindsight').map((entry) => [entry.key, entry]));
  const hindsight = [...told.values()]
    .map(({ atMs, body }): HindsightReport => {
      const { step, fromMs, untilMs, rows, reason } = body as unknown as Hindsight;
      const times = { from: iso(fromMs), until: iso(untilMs), at: iso(atMs) };
      return { step, ...times, rows, ...(reason !== undefined && { reason }) };
    })
    .toSorted((a, b) => (a.step ?? Number.POSITIVE_INFINITY) - (b.step ?? Number.POSITIVE_INFINITY));
  return hindsight.length === 0 ? {} : { hindsight };
}

/** Entries that say that a resource is as it was. */
const GIVEN_BACK: readonly string[] = ['givenBack', 'service.undone'];

/** What an undo gave back and what remains; what was given back or accepted later remains no longer. */
function foldRollback(entries: readonly ReportEntry[]): Pick<RunReport, 'rollback'> {
  const at = entries.findLastIndex((entry) => entry.kind === 'rollback');
  const body = entries[at]?.body as RunReport['rollback'] | undefined;
  if (!body) return {};
  const later = entries.slice(at + 1);
  const gone = (resource: string) =>
    later.some((e) => e.key === resource && (GIVEN_BACK.includes(e.kind) || e.kind === 'resolved'));
  const late = body.residual.filter((rest) =>
    later.some((e) => e.key === rest.resource && GIVEN_BACK.includes(e.kind)),
  );
  return {
    rollback: {
      undone: [...body.undone, ...late.map((rest) => rest.resource)],
      kept: body.kept,
      residual: body.residual.filter((rest) => !gone(rest.resource)),
    },
  };
}

function lastOf(
  entries: readonly ReportEntry[],
  matches: (entry: ReportEntry) => boolean,
): ReportEntry | undefined {
  return entries.findLast(matches);
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

/** What a plan says of itself beside its cost; nothing of it for an older plan. */
function outlookOf(content: PlanContent): Partial<NonNullable<RunReport['plan']>> {
  const { expectedUnserved, alternatives } = content;
  const outlook = Object.values(planOutlook(content)).filter((text) => text !== null);
  return {
    ...(expectedUnserved && { expectedUnserved }),
    ...(alternatives && { alternatives }),
    ...(outlook.length > 0 && { outlook }),
  };
}
