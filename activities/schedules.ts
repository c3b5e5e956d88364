import { ApplicationFailure } from '@temporalio/common';
import { resolveRelativeDates } from '../domain/calendar.ts';
import { contentHash } from '../domain/canonical.ts';
import { parseRunRequest } from '../domain/schemas/run-request.ts';
import type { RunKind } from '../domain/season.ts';
import { currentFleet } from '../store/fleet.ts';
import { acceptRun } from '../store/runs.ts';
import { type ActivityDependencies, serviceNowMs } from './dependencies.ts';

/** One firing of a schedule. */
export interface ScheduledRun {
  readonly scheduleId: string;
  readonly kind: RunKind;
  /** Body as given; its dates may be relative to now. */
  readonly request: unknown;
  readonly principal: string;
  /** The same for every repeat of one firing, and for no other. */
  readonly firing: string;
}

/** The run a firing stands for. */
export interface AcceptedRun {
  readonly runId: string;
  readonly workflowId: string;
}

/** Activities of Temporal Schedules. Idempotent: one firing is one run. */
export function createScheduleActivities(deps: ActivityDependencies) {
  return {
    /** Enters the run of a firing. @throws `InvalidRequest`, not retried, when the body no longer fits. */
    async acceptScheduledRun(scheduled: ScheduledRun): Promise<AcceptedRun> {
      const { scheduleId, kind, principal, firing } = scheduled;
      const nowServiceMs = serviceNowMs(deps);
      const stored = await currentFleet(deps.db);
      if (!stored) throw refused(scheduleId, 'there is no fleet any more');
      const body = resolveRelativeDates(scheduled.request, nowServiceMs);
      const parsed = parseRunRequest(kind, body, { fleet: stored.fleet, nowServiceMs });
      if (!parsed.ok) {
        throw refused(scheduleId, parsed.faults.map((fault) => `${fault.path}: ${fault.message}`).join('; '));
      }
      const { request, startsAtMs, endsAtMs } = parsed;
      const result = await acceptRun(deps.db, {
        kind,
        request,
        startsAtMs,
        endsAtMs,
        dryRun: false,
        principal,
        // The firing alone decides: a repeat a moment later resolves relative dates to other instants.
        idempotency: {
          key: `schedule/${scheduleId}/${firing}`,
          requestHash: contentHash({ scheduleId, firing }),
        },
        response: (run) => ({ status: 202, body: { runId: run.id, workflowId: run.workflow_id } }),
      });
      if (result.outcome === 'conflict')
        throw refused(scheduleId, `firing ${firing} belongs to another request`);
      return result.body as AcceptedRun;
    },
  };
}

function refused(scheduleId: string, why: string): ApplicationFailure {
  const message = `schedule ${scheduleId} could not start its run: ${why}; correct the schedule`;
  return ApplicationFailure.nonRetryable(message, 'InvalidRequest');
}
