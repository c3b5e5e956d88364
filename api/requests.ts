import { parseRunRequest, parseTemplate as parseTemplateBody } from '../domain/schemas/run-request.ts';
import { seasonRequestSchema } from '../domain/schemas/season-request.ts';
import { weddingDayRequestSchema } from '../domain/schemas/wedding-day-request.ts';
import type { RunKind } from '../domain/season.ts';
import { currentFleet } from '../store/fleet.ts';
import { type ApiDeps, serviceNowMs } from './dependencies.ts';
import { type FieldFault, invalidRequest, Problem } from './problem.ts';

/** Bodies that start a run, by kind. */
export const REQUEST_SCHEMAS = { season: seasonRequestSchema, weddingDay: weddingDayRequestSchema } as const;

/** A request that may become a run. */
export interface CheckedRequest {
  readonly request: unknown;
  /** Window in service time, milliseconds since the epoch. */
  readonly startsAtMs: number;
  readonly endsAtMs: number;
}

/** Checks shape and meaning at once. @throws Problem `invalid-request` with every fault; `conflict` without a fleet. */
export async function checkRequest(deps: ApiDeps, kind: RunKind, body: unknown): Promise<CheckedRequest> {
  const { fleet } = await fleetInForce(deps);
  const parsed = parseRunRequest(kind, body, { fleet, nowServiceMs: serviceNowMs(deps) });
  if (!parsed.ok) throw invalidRequest(parsed.faults);
  return parsed;
}

/** Faults of a body a schedule starts runs with; its dates may be relative to the day it fires. */
export async function parseTemplate(
  deps: ApiDeps,
  kind: RunKind,
  body: unknown,
): Promise<readonly FieldFault[]> {
  const { fleet } = await fleetInForce(deps);
  const parsed = parseTemplateBody(kind, body, { fleet });
  return parsed.ok ? [] : parsed.faults;
}

/** @throws Problem `conflict` before the first import. */
export async function fleetInForce(deps: ApiDeps) {
  const stored = await currentFleet(deps.db);
  if (stored) return stored;
  throw new Problem('conflict', 'There is no fleet yet: declare it with PUT /api/fleet, then try again.');
}
