import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { METRICS } from '../../domain/metrics.ts';
import { importObservations, type Observation } from '../../store/observations.ts';
import { owedTargets } from '../../store/targets.ts';
import { type ApiDeps, serviceNowMs } from '../dependencies.ts';
import { type FieldFault, invalidRequest } from '../problem.ts';
import { fleetInForce } from '../requests.ts';
import { problems } from '../schemas/problem.ts';
import { recordPlace, recordsOf, takeUploads, UPLOAD_LIMIT_BYTES } from '../uploads.ts';

/** Most readings of one request; they are written together, all or none. */
const MOST_READINGS = 100_000;

/** Readings from the future would hold a gate open or closed that nobody has passed yet; clocks differ a little. */
const CLOCK_DIFFERENCE_MS = 5 * 60_000;

/** CSV has text only; anything but a number as such, above all nothing at all, is no reading of zero. */
const numeric = z
  .string()
  .regex(/^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$/, 'must be a number')
  .transform(Number);

const reading = z.strictObject({
  subject: z.string().min(1),
  value: z
    .union([z.number(), numeric], { error: 'must be a number' })
    .refine((value) => Number.isFinite(value) && value >= 0, 'must be a number from 0'),
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
      const subjects = await subjectsOf(deps);
      const faults: FieldFault[] = [];
      const readings: Observation[] = [];
      for await (const record of recordsOf(request)) {
        const path = recordPlace(request, record.line);
        if ('fault' in record) faults.push({ path, message: record.fault });
        else {
          const parsed = readingOf(record.value, subjects, deps);
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

/** Targets of the fleet, those it no longer names but something is still owed, and the metrics. */
async function subjectsOf(deps: ApiDeps): Promise<ReadonlySet<string>> {
  const { fleet } = await fleetInForce(deps);
  const owed = await owedTargets(deps.db);
  return new Set([...fleet.targets.map(({ id }) => id), ...owed, ...METRICS.map(({ name }) => name)]);
}

function readingOf(
  value: unknown,
  subjects: ReadonlySet<string>,
  deps: Pick<ApiDeps, 'clock'>,
): Observation | { readonly message: string } {
  const parsed = reading.safeParse(value);
  if (!parsed.success) {
    return {
      message: parsed.error.issues.map((i) => `${i.path.join('.') || 'record'}: ${i.message}`).join('; '),
    };
  }
  const { subject, observedAt } = parsed.data;
  if (!subjects.has(subject)) return { message: `subject ${subject} is neither a target nor a metric` };
  const nowMs = serviceNowMs(deps);
  const observedAtMs = observedAt === undefined ? nowMs : Date.parse(observedAt);
  if (observedAtMs > nowMs + CLOCK_DIFFERENCE_MS * deps.clock.scale) {
    return { message: `observedAt: ${observedAt} lies in the future; service time is ${iso(nowMs)}` };
  }
  return { subject, value: parsed.data.value, observedAtMs };
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
