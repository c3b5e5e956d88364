import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Fleet } from '../../domain/fleet.ts';
import { METRICS } from '../../domain/metrics.ts';
import {
  figureSchema,
  isDemandObservation,
  parseDemandObservation,
} from '../../domain/schemas/demand-observation.ts';
import type { DemandObservation } from '../../store/demand-observations.ts';
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

const reading = z.strictObject({
  subject: z.string().min(1),
  value: figureSchema,
  observedAt: z.iso.datetime({ offset: true }).optional(),
});

/** Loads and business figures for the gate and the metrics, and demand by workload and market for the forecast. */
export function observationRoutes(deps: ApiDeps): FastifyPluginAsyncZod {
  return async (app) => {
    takeUploads(app);
    const schema = {
      tags: ['observations'],
      description:
        "Takes readings as JSON array, NDJSON or CSV. `{subject, value, observedAt?}`: a target's load in its " +
        "workload's unit per second under the target's id, or a metric under its name. `{workload, market, at, " +
        "demand}`: what a workload had to carry from a market, in the workload's unit per second; the forecast " +
        'learns from it. Times are service time; `observedAt` defaults to now. All of a request is taken or none.',
      response: { 200: z.object({ accepted: z.int() }), ...problems(400, 401, 409, 413, 415) },
    };
    app.post('/api/observations', { schema, bodyLimit: UPLOAD_LIMIT_BYTES }, async (request) => {
      const { fleet } = await fleetInForce(deps);
      const read = readingParser(deps, fleet, await subjectsOf(deps, fleet));
      const faults: FieldFault[] = [];
      const upload = newUpload();
      for await (const record of recordsOf(request)) {
        const path = recordPlace(request, record.line);
        const message = 'fault' in record ? record.fault : enter(upload, read(record.value));
        if (message !== null) faults.push({ path, message });
        upload.records += 1;
        if (upload.records > MOST_READINGS) {
          throw invalidRequest([
            { path: '', message: `has more than ${MOST_READINGS} readings; send it in parts` },
          ]);
        }
      }
      if (faults.length > 0) throw invalidRequest(faults.slice(0, 100));
      await importObservations(deps.db, upload.readings, request.principal, [...upload.demands.values()]);
      return { accepted: upload.records };
    });
  };
}

interface Upload {
  records: number;
  readonly readings: Observation[];
  /** By workload, market and time, of which there is one demand. */
  readonly demands: Map<string, DemandObservation>;
}

type Reading = { readonly reading: Observation } | { readonly demand: DemandObservation };
type Refused = { readonly message: string };

function newUpload(): Upload {
  return { records: 0, readings: [], demands: new Map() };
}

/** @returns what is wrong with the record, or null. */
function enter(upload: Upload, read: Reading | Refused): string | null {
  if ('message' in read) return read.message;
  if ('reading' in read) {
    upload.readings.push(read.reading);
    return null;
  }
  const { workload, market, observedAtMs, demand } = read.demand;
  const key = JSON.stringify([workload, market, observedAtMs]);
  const other = upload.demands.get(key);
  upload.demands.set(key, read.demand);
  if (other === undefined || other.demand === demand) return null;
  return `demand: ${workload} from ${market} at ${iso(observedAtMs)} is ${other.demand} further up and ${demand} here`;
}

/** Targets of the fleet, those it no longer names but something is still owed, and the metrics. */
async function subjectsOf(deps: ApiDeps, fleet: Fleet): Promise<ReadonlySet<string>> {
  const owed = await owedTargets(deps.db);
  return new Set([...fleet.targets.map(({ id }) => id), ...owed, ...METRICS.map(({ name }) => name)]);
}

function readingParser(
  deps: Pick<ApiDeps, 'clock'>,
  fleet: Fleet,
  subjects: ReadonlySet<string>,
): (value: unknown) => Reading | Refused {
  return (value) => {
    const nowMs = serviceNowMs(deps);
    const latestMs = nowMs + CLOCK_DIFFERENCE_MS * deps.clock.scale;
    if (!isDemandObservation(value)) return readingOf(value, subjects, nowMs, latestMs);
    const parsed = parseDemandObservation(value, { fleet, latestMs });
    if (parsed.ok) return { demand: parsed.observation };
    return {
      message: parsed.faults.map(({ path, message }) => `${path || 'record'}: ${message}`).join('; '),
    };
  };
}

function readingOf(
  value: unknown,
  subjects: ReadonlySet<string>,
  nowMs: number,
  latestMs: number,
): Reading | Refused {
  const parsed = reading.safeParse(value);
  if (!parsed.success) {
    return {
      message: parsed.error.issues.map((i) => `${i.path.join('.') || 'record'}: ${i.message}`).join('; '),
    };
  }
  const { subject, observedAt } = parsed.data;
  if (!subjects.has(subject)) return { message: `subject ${subject} is neither a target nor a metric` };
  const observedAtMs = observedAt === undefined ? nowMs : Date.parse(observedAt);
  if (observedAtMs > latestMs) {
    return { message: `observedAt: ${observedAt} lies in the future; service time is ${iso(nowMs)}` };
  }
  return { reading: { subject, value: parsed.data.value, observedAtMs } };
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
