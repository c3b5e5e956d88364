import type { RunKind } from '../domain/season.ts';
import type { SeasonOfHold } from '../store/holds.ts';

/** What a start needs of a run; everything else the workflow reads from its row. */
export interface RunStart {
  readonly runId: string;
  /** Opaque, from the run row. */
  readonly workflowId: string;
  readonly kind: RunKind;
  /** Caller's id of the season or day, for the search attributes. */
  readonly subject: string;
  readonly name: string;
  readonly principal: string;
}

/** A hold that has to be there because the run's hold has begun and has not ended. */
export interface HoldStart {
  readonly runId: string;
  readonly holdWorkflowId: string;
  /** How the run has ended, as its hold would have heard it; `pending` while its workflow has yet to say. */
  readonly season: SeasonOfHold;
}

/** What a person asks of a run's hold. An extension is stored before it is signalled. */
export type HoldRequest =
  | { readonly name: 'release'; readonly mode: 'release' | 'rollback' }
  | { readonly name: 'extend' }
  | { readonly name: 'undoTargets'; readonly targetIds: readonly string[] }
  | {
      readonly name: 'resolve';
      readonly resource: string;
      readonly action: 'retry' | 'skip' | 'accept-drift';
    };

/** When a schedule fires: five-field cron, or local calendar fields; both in `timeZone`. */
export type ScheduleTimes =
  | { readonly cron: string }
  | {
      readonly calendar: {
        readonly minutes: readonly number[];
        readonly hours: readonly number[];
        readonly daysOfMonth?: readonly number[] | undefined;
        /** 1 is January. */
        readonly months?: readonly number[] | undefined;
        /** 0 is Sunday. */
        readonly daysOfWeek?: readonly number[] | undefined;
      };
    };

/** A schedule that starts runs. */
export interface ScheduleDefinition {
  readonly id: string;
  readonly kind: RunKind;
  /** Body as for `POST /api/scaling/...`; its dates may be relative to the day it fires. */
  readonly request: unknown;
  readonly times: ScheduleTimes;
  /** IANA zone. */
  readonly timeZone: string;
  /** A start missed by more than this is dropped, in minutes of wall time. */
  readonly catchupWindowMinutes: number;
  readonly overlap: 'skip' | 'bufferOne' | 'allowAll';
  readonly paused: boolean;
  readonly note: string;
  /** Who made it; its runs carry the same. */
  readonly principal: string;
}

/** A schedule as Temporal has it. Times in ISO 8601. */
export interface ScheduleView extends ScheduleDefinition {
  readonly nextAt: readonly string[];
  readonly recentAt: readonly string[];
  readonly missedCatchupWindow: number;
  readonly overlapSkipped: number;
}

/** What the list shows; Temporal's visibility may be a moment behind. */
export interface ScheduleListEntry {
  readonly id: string;
  readonly paused: boolean;
  readonly note: string;
  readonly nextAt: readonly string[];
}

/** Temporal did not answer, or not in time. What was asked may or may not have happened. */
export class TemporalUnavailable extends Error {
  override readonly name = 'TemporalUnavailable';
}

/** Temporal will not take the schedule as it is. */
export class ScheduleRefused extends Error {
  override readonly name = 'ScheduleRefused';
}

/**
 * Everything the API asks of Temporal, in our words. Every method throws {@link TemporalUnavailable} when the
 * server cannot be reached within a few seconds.
 */
export interface TemporalGateway {
  /**
   * Starts a run's workflow, or finds it running. Idempotent.
   * @returns `closed` when a workflow of this id has already ended.
   */
  startRun(run: RunStart): Promise<'running' | 'closed'>;
  /** Starts a run's hold where none is open. Idempotent. */
  ensureHold(hold: HoldStart): Promise<void>;
  /** Asks a run's workflow to cancel; it undoes what it did. */
  cancelRun(workflowId: string): Promise<'asked' | 'notFound'>;
  /** Hands an approval to a run that waits for it. `message` says why it was refused. */
  approve(
    workflowId: string,
    approval: { readonly planId: string; readonly principal: string },
  ): Promise<{ readonly status: 'approved' } | { readonly status: 'refused'; readonly message: string }>;
  signalHold(holdWorkflowId: string, request: HoldRequest): Promise<'sent' | 'notFound'>;
  /** @throws ScheduleRefused for times Temporal does not take. */
  createSchedule(schedule: ScheduleDefinition): Promise<'created' | 'exists'>;
  listSchedules(): Promise<readonly ScheduleListEntry[]>;
  getSchedule(id: string): Promise<ScheduleView | null>;
  deleteSchedule(id: string): Promise<'deleted' | 'notFound'>;
  /** Fires once now, by the overlap rule of the schedule. */
  triggerSchedule(id: string): Promise<'triggered' | 'notFound'>;
  /**
   * Has a worker test a provider's connection and waits for it, at most `waitMs`; asked twice it is one test.
   * @returns `running` when it has not ended by then: it goes on, and what it finds is stored all the same;
   * `failed` when it ended without findings.
   */
  checkProvider(integrationId: string, waitMs: number): Promise<'done' | 'running' | 'failed'>;
  /** Has a worker look through a provider; waits as {@link checkProvider} does. */
  discoverFleet(discoveryId: string, waitMs: number): Promise<'done' | 'running' | 'failed'>;
  /** Has a worker read list prices; waits as {@link checkProvider} does. */
  refreshPrices(refreshId: string, waitMs: number): Promise<'done' | 'running' | 'failed'>;
  /** Has all connected providers tested every few minutes from now on. Idempotent. */
  ensureIntegrationChecks(): Promise<void>;
  /** Resolves when the server serves our namespace. */
  check(): Promise<void>;
}
