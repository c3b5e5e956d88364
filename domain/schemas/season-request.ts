import { z } from 'zod';
import { runSettingsShape } from './run-settings.ts';

/** Local time without a zone. */
const localTime = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}$/, 'must be local time YYYY-MM-DDTHH:mm, without a zone');

/** Body of `POST /api/scaling/seasons`. */
export const seasonRequestSchema = z.strictObject({
  season: z.strictObject({
    id: z.string().min(1).max(120).describe('Past seasons of the same id inform phase 2.'),
    name: z.string().min(1).max(200),
    startsAt: localTime,
    endsAt: localTime,
    timeZone: z.string().min(1).describe('IANA zone, e.g. Europe/London.'),
    markets: z.array(z.string().min(1)).min(1),
    stepDays: z.number().min(1).max(366).default(7).describe('Length of one step of the plan, in days.'),
  }),
  ...runSettingsShape,
});
