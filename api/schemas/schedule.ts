import { z } from 'zod';

/** Longest catch-up window: a start later than a day is another day's start. */
const LONGEST_CATCHUP_MINUTES = 24 * 60;

const numbers = (from: number, until: number) => z.array(z.int().min(from).max(until)).min(1);

const calendar = z.strictObject({
  minutes: numbers(0, 59).default([0]),
  hours: numbers(0, 23),
  daysOfMonth: numbers(1, 31).optional(),
  months: numbers(1, 12).optional().describe('1 is January.'),
  daysOfWeek: numbers(0, 6).optional().describe('0 is Sunday.'),
});

const cron = z
  .string()
  .regex(/^[\d*/,A-Za-z-]+( +[\d*/,A-Za-z-]+){4}$/, {
    error:
      'must be five cron fields: minute, hour, day of month, month, day of week; the zone goes in timeZone',
  })
  .describe('Five fields; a local time that a clock change skips never fires.');

/** Body of `POST /api/schedules`. */
export const scheduleBodySchema = z
  .strictObject({
    id: z
      .string()
      .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'must be lower-case letters, digits and hyphens, at most 63')
      .optional()
      .describe('Default: a random one.'),
    kind: z.enum(['season', 'weddingDay']).default('season'),
    request: z
      .record(z.string(), z.unknown())
      .describe('Body as for POST /api/scaling/...; dates may be relative to the day it fires.'),
    cron: cron.optional(),
    calendar: calendar.optional(),
    timeZone: z.string().refine(isTimeZone, { error: 'must be an IANA time zone, e.g. Europe/London' }),
    catchupWindowMinutes: z
      .int()
      .min(1)
      .max(LONGEST_CATCHUP_MINUTES)
      .default(10)
      .describe('A start missed by more than this is dropped.'),
    overlap: z
      .enum(['skip', 'bufferOne', 'allowAll'])
      .default('skip')
      .describe('What happens when the start before is still under way.'),
    paused: z.boolean().default(false),
    note: z.string().max(400).default(''),
  })
  .refine((body) => (body.cron === undefined) !== (body.calendar === undefined), {
    error: 'give either cron or calendar',
    path: ['cron'],
  });

/** A schedule as answered. */
export const scheduleViewSchema = z.object({
  id: z.string(),
  kind: z.enum(['season', 'weddingDay']),
  request: z.unknown(),
  times: z.union([z.object({ cron: z.string() }), z.object({ calendar: calendar })]),
  timeZone: z.string(),
  catchupWindowMinutes: z.int(),
  overlap: z.enum(['skip', 'bufferOne', 'allowAll']),
  paused: z.boolean(),
  note: z.string(),
  principal: z.string(),
  nextAt: z.array(z.iso.datetime()),
  recentAt: z.array(z.iso.datetime()),
  missedCatchupWindow: z.int(),
  overlapSkipped: z.int(),
});

/** One line of `GET /api/schedules`. */
export const scheduleListEntrySchema = z.object({
  id: z.string(),
  paused: z.boolean(),
  note: z.string(),
  nextAt: z.array(z.iso.datetime()),
});

/** True for a zone by IANA name; offsets like `+02:00` are none. */
function isTimeZone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
