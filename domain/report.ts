import type { HindsightRow } from './hindsight/hindsight.ts';
import type { PlanContent } from './plan.ts';
import type { PhaseName } from './season.ts';

/** Status of a run; what each means is in docs/glossary.md. */
export const RUN_STATUSES = [
  'accepted',
  'planning',
  'awaitingApproval',
  'running',
  'rollingBack',
  'needsHuman',
  'completed',
  'partial',
  'rolledBack',
  'failed',
  'cancelled',
] as const;

/** One of {@link RUN_STATUSES}. */
export type RunStatus = (typeof RUN_STATUSES)[number];

/** Statuses after which a run changes nothing any more by itself (its hold may). */
export const FINAL_STATUSES: readonly RunStatus[] = [
  'completed',
  'partial',
  'rolledBack',
  'failed',
  'cancelled',
];

/** Statuses of a run whose workflow has yet to say how it ended. */
export const UNFINISHED_STATUSES: readonly RunStatus[] = RUN_STATUSES.filter(
  (status) => !FINAL_STATUSES.includes(status) && status !== 'needsHuman',
);

/** Status of one service of a run. */
export type ServiceStatus = 'planned' | 'applied' | 'settled' | 'undone' | 'failed' | 'unreachable';

/** Status of a run's hold. */
export type HoldStatus = 'holding' | 'releasing' | 'released' | 'needsHuman';

/** One service of a cell in a run's report. Units throughout. */
export interface ServiceReport {
  readonly targetId: string;
  readonly service: string;
  readonly region: string;
  /** Owned floor before this run's first intent. */
  readonly from: number;
  /** This run's own floor. */
  readonly to: number;
  /** max(pre-state, live claims) at the time of the report. */
  readonly effectiveFloor: number;
  /** Serving units by a vendor read after settling; null until then. */
  readonly observed: number | null;
  readonly status: ServiceStatus;
  readonly critical: boolean;
  readonly protection: 'fenced' | 'read-back';
  readonly startedAt: string | null;
  readonly settledAt: string | null;
  readonly error?: { readonly kind: string; readonly message: string };
}

/** One cell of a run's report. */
export interface CellReport {
  readonly provider: string;
  readonly region: string;
  readonly status: 'planned' | 'running' | 'success' | 'partial' | 'failed';
  readonly ms: number;
  readonly costImpact: { readonly hourlyUsd: number };
  readonly performance: {
    /** Demand the cell could carry, summed per workload unit, before and after. */
    readonly before: Readonly<Record<string, number>>;
    readonly after: Readonly<Record<string, number>>;
    readonly source: string;
  };
  readonly services: readonly ServiceReport[];
}

/** One record set of a run's report. */
export interface RoutingReport {
  readonly recordSetId: string;
  readonly from: Readonly<Record<string, number>>;
  readonly to: Readonly<Record<string, number>>;
  readonly observed: Readonly<Record<string, number>> | null;
  readonly steps: number;
  readonly status: 'planned' | 'moved' | 'movedBack' | 'failed';
}

/** One platform of a run's report. */
export interface MonitoringReport {
  readonly platform: string;
  readonly dashboards: readonly {
    readonly id: string;
    readonly title: string;
    readonly url: string | null;
  }[];
  readonly alertRules: readonly { readonly id: string; readonly name: string }[];
  readonly metricsPublished: readonly string[];
  /** Metrics without a source in this run; named, never invented. */
  readonly metricsAbsent: readonly string[];
  readonly status: 'published' | 'degraded' | 'removed';
}

/** One service that ran short, and who carries the rest; a new generation of the plan. */
export interface FallbackReport {
  readonly targetId: string;
  readonly step: number;
  /** Floor until then, and what it keeps. Units. */
  readonly from: number;
  readonly to: number;
  readonly error: { readonly kind: string; readonly message: string };
  /** Their floors from then on, in units. */
  readonly standIns: readonly { readonly targetId: string; readonly to: number }[];
  /** Hash of the plan, and which one of the run it is; 2 for the first. */
  readonly planId: string;
  readonly generation: number;
  readonly hourlyUsdAfter: number;
  /** Who consented; null where it was part of the plan before. */
  readonly approvedBy: string | null;
}

/** What a step of the plan, or the whole of it, came to. */
export interface HindsightReport {
  /** Null for the whole plan. */
  readonly step: number | null;
  readonly from: string;
  /** Its end, or when capacity was given back. */
  readonly until: string;
  /** When it was scored last, wall time. */
  readonly at: string;
  readonly rows: readonly HindsightRow[];
  /** Why there are no rows; absent where there are. */
  readonly reason?: string;
}

/** What could not be given back, and why. */
export interface Residual {
  /** A target, record set or monitor object by its id. */
  readonly resource: string;
  readonly reason: string;
}

/** `GET /api/runs/{id}`: folded from the journal, the claims and the plan. */
export interface RunReport {
  readonly runId: string;
  readonly workflowId: string;
  readonly kind: string;
  readonly dryRun: boolean;
  /** `sandbox` when no real provider can be reached from here. */
  readonly environment: 'sandbox' | 'real';
  readonly status: RunStatus;
  readonly error?: { readonly type: string; readonly message: string; readonly details?: unknown };
  readonly hold: {
    readonly status: HoldStatus;
    readonly until: string;
    readonly nextStepAt: string | null;
  } | null;
  readonly executionTimeMs: number;
  readonly ownMs: number;
  readonly vendorMs: number;
  readonly phases: readonly {
    readonly name: PhaseName;
    readonly status: 'pending' | 'running' | 'completed' | 'failed' | 'skipped';
    readonly startedAt: string | null;
    readonly finishedAt: string | null;
    readonly ms: number | null;
    readonly attempts: number;
  }[];
  readonly weddingDistribution: unknown;
  readonly regionalRequirements: unknown;
  readonly plan: {
    readonly id: string;
    readonly hash: string;
    readonly hourlyUsdBefore: number;
    readonly hourlyUsdAfter: number;
    readonly seasonUsd: number;
    readonly explanation: string;
    /** How much may go unserved, and what other plans would cost, in figures and in words; absent from older plans. */
    readonly expectedUnserved?: PlanContent['expectedUnserved'];
    readonly alternatives?: PlanContent['alternatives'];
    readonly outlook?: readonly string[];
  } | null;
  readonly cells: readonly CellReport[];
  readonly routing: readonly RoutingReport[];
  readonly monitoring: readonly MonitoringReport[];
  readonly health: readonly {
    readonly check: string;
    readonly status: 'passed' | 'failed';
    readonly detail: string;
  }[];
  /** Who stood in for what a vendor had no room for, oldest first. */
  readonly fallbacks: readonly FallbackReport[];
  readonly rollback?: {
    readonly undone: readonly string[];
    readonly kept: readonly string[];
    readonly residual: readonly Residual[];
  };
  /** Steps that are over, then the whole plan once capacity was given back; absent before. */
  readonly hindsight?: readonly HindsightReport[];
  /** What a person is asked to look at, and has not decided about yet. */
  readonly attention: readonly { readonly resource: string; readonly message: string; readonly at: string }[];
  readonly links: { readonly api: string; readonly webUi: string | null };
}
