import { z } from 'zod';
import { runSettingsShape } from './run-settings.ts';

/** Body of `POST /api/scaling/wedding-days`. */
export const weddingDayRequestSchema = z.strictObject({
  weddingDay: z.strictObject({
    id: z.string().min(1).max(120),
    date: z.string().regex(/^\d{4}-\d{2}-\d{2}$/, 'must be a local date YYYY-MM-DD'),
    timeZone: z.string().min(1).describe('IANA zone, e.g. Asia/Kolkata.'),
    markets: z.array(z.string().min(1)).min(1),
    bookingId: z.string().min(1).optional().describe('Only this wedding. Default all of the day.'),
    bufferMinutes: z
      .number()
      .min(0)
      .max(24 * 60)
      .default(60),
  }),
  ...runSettingsShape,
});
