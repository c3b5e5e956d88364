import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { METRICS } from '../../domain/metrics.ts';
import { importObservations, type Observation } from '../../store/observations.ts';
import { type ApiDeps, serviceNowMs } from '../dependencies.ts';
import { type FieldFault, invalidRequest } from '../problem.ts';
import { fleetInForce } from '../requests.ts';
import { problems } from '../schemas/problem.ts';
import { recordsOf, takeUploads, UPLOAD_LIMIT_BYTES } from '../uploads.ts';

/** Most readings of one request; they are written together, all or none. */
const MOST_READINGS = 100_000;

const reading = z.strictObject({
  subject: z.string().min(1),
  value: z.coerce.number<unknown>().finite(),
  observedAt: z.iso.datetime({ offset: true }).optional(),
});

/** Loads of targets and business figures from outside: what the gate and the metrics read. */
export function observationRoutes(deps: ApiDeps): FastifyPluginAsyncZod {
  return async (app) => {
    takeUploads(app);
    const schema = {
      tags: ['observations'],
      description:
        "Takes readings `{subject, value, observedAt?}` as JSON array, NDJSON or CSV: a target's load in its " +
        "workload's unit per second under the target's id, or a metric under its name. `observedAt` is service " +
        'time and defaults to now.',
      response: { 200: z.object({ accepted: z.int() }), ...problems(400, 401, 409, 413, 415) },
    };
    app.post('/api/observations', { schema, bodyLimit: UPLOAD_LIMIT_BYTES }, async (request) => {
      const { fleet } = await fleetInForce(deps);
      const subjects = new Set([...fleet.targets.map((t) => t.id), ...METRICS.map((m) => m.name as string)]);
      const faults: FieldFault[] = [];
      const readings: Observation[] = [];
      for await (const record of recordsOf(request)) {
        const path = `line ${record.line}`;
        if ('fault' in record) faults.push({ path, message: record.fault });
        else {
          const parsed = readingOf(record.value, subjects, serviceNowMs(deps));
          if ('message' in parsed) faults.push({ path, message: parsed.message });
          else readings.push(parsed);
        }
        if (readings.length + faults.length > MOST_READINGS) {
          throw invalidRequest([
            { path: '', message: `has more than ${MOST_READINGS} readings; send it in parts` },
          ]);
        }
      }
      if (faults.length > 0) throw invalidRequest(faults.slice(0, 100));
      await importObservations(deps.db, readings, request.principal);
      return { accepted: readings.length };
    });
  };
}

function readingOf(
  value: unknown,
  subjects: ReadonlySet<string>,
  nowServiceMs: number,
): Observation | { readonly message: string } {
  const parsed = reading.safeParse(value);
  if (!parsed.success) {
    return {
      message: parsed.error.issues.map((i) => `${i.path.join('.') || 'record'}: ${i.message}`).join('; '),
    };
  }
  const { subject, observedAt } = parsed.data;
  if (!subjects.has(subject)) return { message: `subject ${subject} is neither a target nor a metric` };
  const observedAtMs = observedAt === undefined ? nowServiceMs : Date.parse(observedAt);
  return { subject, value: parsed.data.value, observedAtMs };
}
