import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Fleet } from '../../domain/fleet.ts';
import { bookingSchema, parseBooking } from '../../domain/schemas/booking.ts';
import { type BookingRecord, importBookings } from '../../store/bookings.ts';
import { type ApiDeps, serviceNowMs } from '../dependencies.ts';
import { invalidRequest } from '../problem.ts';
import type { UploadedRecord } from '../records.ts';
import { fleetInForce } from '../requests.ts';
import { problems } from '../schemas/problem.ts';
import { recordPlace, recordsOf, takeUploads, UPLOAD_LIMIT_BYTES } from '../uploads.ts';

const imported = z.object({
  imported: z.int(),
  unchanged: z.int().describe('Known before with the same content.'),
  replaced: z.int(),
});

/** Bookings come as a stream of records, all of an upload or none of it. */
export function bookingRoutes(deps: ApiDeps): FastifyPluginAsyncZod {
  return async (app) => {
    takeUploads(app);
    const schema = {
      tags: ['bookings'],
      description:
        'Imports bookings as JSON array, NDJSON or CSV, streamed; all or none. Formats are in docs/formats.md. A ' +
        'refusal names the first hundred faulty records, and how many there are by the field at fault.',
      querystring: z.strictObject({
        replace: z
          .enum(['true', 'false'])
          .default('false')
          .describe('Other content under a known id replaces it.'),
      }),
      response: { 200: imported, ...problems(400, 401, 409, 413, 415) },
    };
    app.post('/api/bookings', { schema, bodyLimit: UPLOAD_LIMIT_BYTES }, async (request) => {
      const { fleet } = await fleetInForce(deps);
      const records = bookingsFrom(recordsOf(request), fleet, serviceNowMs(deps));
      const replace = request.query.replace === 'true';
      const { faults, faultCount, faultsByField, ...result } = await importBookings(deps.db, records, {
        principal: request.principal,
        replace,
      });
      if (faultCount === 0) return result;
      const named = faults.map(({ line, message }) => ({ path: recordPlace(request, line), message }));
      if (faultCount > 1) {
        const counts = Object.entries(faultsByField).map(([field, count]) => `${field} ${count}`);
        const message = `${faultCount} records are faulty (${counts.join(', ')}); nothing was imported`;
        named.push({ path: '', message });
      }
      throw invalidRequest(named);
    });
  };
}

async function* bookingsFrom(
  records: AsyncIterable<UploadedRecord>,
  fleet: Fleet,
  nowServiceMs: number,
): AsyncGenerator<BookingRecord> {
  for await (const record of records) {
    if ('fault' in record) yield record;
    else {
      const parsed = parseBooking(record.value, { fleet, nowServiceMs });
      const { line } = record;
      if (parsed.ok) yield { line, booking: parsed.booking };
      else {
        const fields = parsed.faults.map(({ path }) => fieldOf(path));
        const fault = parsed.faults.map((f) => `${f.path || 'record'}: ${f.message}`).join('; ');
        yield { line, fault, fields };
      }
    }
  }
}

/** A field of a booking by its name; whatever else a file may have is one thing, or there would be no end of names. */
function fieldOf(path: string): string {
  if (path === '') return 'record';
  return Object.hasOwn(bookingSchema.shape, path) ? path : 'unknown fields';
}
