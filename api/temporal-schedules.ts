import {
  type CalendarSpec,
  ScheduleAlreadyRunning,
  type ScheduleClient,
  type ScheduleDescription,
  ScheduleNotFoundError,
  type ScheduleOptions,
  ScheduleOverlapPolicy,
  type ScheduleSpec,
} from '@temporalio/client';
import {
  INTEGRATION_CHECKS_SCHEDULE,
  ORCHESTRATION_QUEUE,
  SCHEDULED_START,
  type ScheduledStartInput,
} from '../domain/names.ts';
import {
  type ScheduleDefinition,
  ScheduleRefused,
  type ScheduleTimes,
  type ScheduleView,
  type TemporalGateway,
} from './temporal.ts';

const OVERLAP = {
  skip: ScheduleOverlapPolicy.SKIP,
  bufferOne: ScheduleOverlapPolicy.BUFFER_ONE,
  allowAll: ScheduleOverlapPolicy.ALLOW_ALL,
} as const;

const MONTHS = [
  'JANUARY',
  'FEBRUARY',
  'MARCH',
  'APRIL',
  'MAY',
  'JUNE',
  'JULY',
  'AUGUST',
  'SEPTEMBER',
  'OCTOBER',
  'NOVEMBER',
  'DECEMBER',
] as const;

const DAYS = ['SUNDAY', 'MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY', 'FRIDAY', 'SATURDAY'] as const;

type ScheduleMethods = Pick<
  TemporalGateway,
  'createSchedule' | 'listSchedules' | 'getSchedule' | 'deleteSchedule' | 'triggerSchedule'
>;

/** The schedule part of the gateway; `within` puts a deadline on each call. */
export function scheduleMethods(
  schedules: ScheduleClient,
  within: <T>(call: () => Promise<T>) => Promise<T>,
): ScheduleMethods {
  return {
    createSchedule: (schedule) => within(() => createSchedule(schedules, schedule)),
    listSchedules: () => within(() => listSchedules(schedules)),
    getSchedule: async (id) => {
      const description = await within(() => unlessMissing(schedules.getHandle(id).describe()));
      return description && viewOf(description);
    },
    deleteSchedule: async (id) => {
      if (id === INTEGRATION_CHECKS_SCHEDULE) return 'notFound';
      const done = await within(() =>
        unlessMissing(
          schedules
            .getHandle(id)
            .delete()
            .then(() => true),
        ),
      );
      return done ? 'deleted' : 'notFound';
    },
    triggerSchedule: async (id) => {
      if (id === INTEGRATION_CHECKS_SCHEDULE) return 'notFound';
      const done = await within(() =>
        unlessMissing(
          schedules
            .getHandle(id)
            .trigger()
            .then(() => true),
        ),
      );
      return done ? 'triggered' : 'notFound';
    },
  };
}

/** Temporal's form of a schedule. The catch-up window is always set: Temporal's own default is a year. */
export function scheduleOptions(schedule: ScheduleDefinition): ScheduleOptions {
  const { id, kind, request, principal } = schedule;
  const input: ScheduledStartInput = { scheduleId: id, kind, request, principal };
  return {
    scheduleId: id,
    spec: { ...specOf(schedule.times), timezone: schedule.timeZone },
    action: {
      type: 'startWorkflow',
      workflowType: SCHEDULED_START,
      workflowId: `schedule-${id}`,
      taskQueue: ORCHESTRATION_QUEUE,
      args: [input],
      staticSummary: `schedule ${id}`.slice(0, 200),
    },
    policies: {
      overlap: OVERLAP[schedule.overlap],
      catchupWindow: schedule.catchupWindowMinutes * 60_000,
    },
    memo: { definition: schedule },
    state: { paused: schedule.paused, ...(schedule.note && { note: schedule.note }) },
  };
}

async function createSchedule(
  schedules: ScheduleClient,
  schedule: ScheduleDefinition,
): Promise<'created' | 'exists'> {
  const options = scheduleOptions(schedule);
  try {
    await schedules.create(options);
    return 'created';
  } catch (error) {
    if (error instanceof ScheduleAlreadyRunning) return 'exists';
    const refusal = invalidArgument(error);
    if (refusal) throw new ScheduleRefused(refusal, { cause: error });
    throw error;
  }
}

async function listSchedules(schedules: ScheduleClient): ReturnType<TemporalGateway['listSchedules']> {
  const entries = [];
  for await (const summary of schedules.list()) {
    if (summary.action?.workflowType !== SCHEDULED_START) continue;
    entries.push({
      id: summary.scheduleId,
      paused: summary.state.paused,
      note: summary.state.note ?? '',
      nextAt: summary.info.nextActionTimes.map(iso),
    });
  }
  return entries;
}

/** Null for a schedule that was not made by this API. Its rules are those in force, whoever set them since. */
function viewOf(description: ScheduleDescription): ScheduleView | null {
  const definition = description.memo?.definition as ScheduleDefinition | undefined;
  if (!definition) return null;
  return {
    ...definition,
    catchupWindowMinutes: description.policies.catchupWindow / 60_000,
    overlap: overlapOf(description.policies.overlap) ?? definition.overlap,
    paused: description.state.paused,
    note: description.state.note ?? '',
    nextAt: description.info.nextActionTimes.map(iso),
    recentAt: description.info.recentActions.map((action) => iso(action.takenAt)),
    missedCatchupWindow: description.info.numActionsMissedCatchupWindow,
    overlapSkipped: description.info.numActionsSkippedOverlap,
  };
}

function overlapOf(policy: ScheduleOverlapPolicy): ScheduleDefinition['overlap'] | undefined {
  const names = Object.keys(OVERLAP) as ScheduleDefinition['overlap'][];
  return names.find((name) => OVERLAP[name] === policy);
}

function specOf(times: ScheduleTimes): ScheduleSpec {
  if ('cron' in times) return { cronExpressions: [times.cron] };
  const { minutes, hours, daysOfMonth, months, daysOfWeek } = times.calendar;
  const calendar: CalendarSpec = {
    second: 0,
    minute: [...minutes],
    hour: [...hours],
    ...(daysOfMonth && { dayOfMonth: [...daysOfMonth] }),
    ...(months && { month: months.map((month) => MONTHS[month - 1] ?? 'JANUARY') }),
    ...(daysOfWeek && { dayOfWeek: daysOfWeek.map((day) => DAYS[day] ?? 'SUNDAY') }),
  };
  return { calendars: [calendar] };
}

async function unlessMissing<T>(call: Promise<T>): Promise<T | null> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return null;
    throw error;
  }
}

/**
 * Temporal's words when it refused the schedule, or undefined. gRPC status 3 is INVALID_ARGUMENT, of which the
 * SDK turns faults of the times into a TypeError.
 */
function invalidArgument(error: unknown): string | undefined {
  if (error instanceof TypeError) return error.message;
  const grpc = (error instanceof Error && error.cause) || error;
  if (!(grpc instanceof Error) || (grpc as { code?: unknown }).code !== 3) return undefined;
  return (grpc as { details?: string }).details ?? grpc.message;
}

function iso(date: Date): string {
  return date.toISOString();
}
