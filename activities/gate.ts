import type { ScalingTarget } from '../domain/fleet.ts';
import { floorOf, type OwnedFields } from '../domain/owned-fields.ts';
import type { RunSettings } from '../domain/season.ts';
import { countingClaims } from '../store/claims.ts';
import { observationsSince } from '../store/observations.ts';
import type { ActivityDependencies } from './dependencies.ts';

/** The dwell is read in so many equal parts; each needs a reading, or the load counts as unreadable. */
const PARTS = 3;

/** One look at the gate. */
export interface GateReading {
  readonly open: boolean;
  /** What was read, or why it could not be, in words. */
  readonly reason: string;
}

/**
 * Open when the load of the target, from its declared source and in its workload's unit per second, stayed at
 * or below `maximumLoadPercent` of what would remain for the whole dwell. Unreadable means closed.
 */
export async function readGate(
  deps: ActivityDependencies,
  target: ScalingTarget,
  release: RunSettings['release'],
  nowServiceMs: number,
): Promise<GateReading> {
  const remaining = await remainingUnits(deps, target.id);
  const limit = (remaining * target.capacityPerUnit * release.maximumLoadPercent) / 100;
  const dwellMs = release.dwellMinutes * 60_000;
  const parts = await loadByPart(deps, target, nowServiceMs, dwellMs);
  if (!parts) return { open: false, reason: `the load of ${target.id} could not be read` };
  const missing = parts.filter((part) => part === null).length;
  if (missing > 0) {
    const remedy =
      target.loadSource.kind === 'prometheus'
        ? 'see that its Prometheus query gives one number'
        : `report it with POST /api/observations (subject ${target.id}), or give the target a Prometheus query`;
    const reason = `no load of ${target.id} for ${missing} of ${PARTS} parts of the dwell; ${remedy}`;
    return { open: false, reason };
  }
  const highest = Math.max(...parts.map((part) => part ?? 0));
  const reason = `load ${highest} against ${limit} allowed on ${remaining} remaining units`;
  return { open: highest <= limit, reason };
}

async function remainingUnits(deps: ActivityDependencies, targetId: string): Promise<number> {
  const row = await deps.db
    .selectFrom('targets')
    .select('pre_state')
    .where('id', '=', targetId)
    .executeTakeFirstOrThrow();
  const claims = await countingClaims(deps.db, targetId);
  const preState = row.pre_state as OwnedFields | null;
  return Math.max(preState ? floorOf(preState) : 0, ...claims.map((claim) => claim.floorUnits));
}

/** Highest load in each part of the dwell, oldest first; null for a part without a reading. */
async function loadByPart(
  deps: ActivityDependencies,
  target: ScalingTarget,
  nowMs: number,
  dwellMs: number,
): Promise<readonly (number | null)[] | null> {
  if (target.loadSource.kind === 'prometheus') {
    return prometheusParts(deps, target.loadSource.query, dwellMs);
  }
  const readings = await observationsSince(deps.db, target.id, nowMs - dwellMs);
  return Array.from({ length: PARTS }, (_, part) => {
    const fromMs = nowMs - dwellMs + (part * dwellMs) / PARTS;
    const values = readings
      .filter((r) => r.observedAtMs >= fromMs && r.observedAtMs < fromMs + dwellMs / PARTS)
      .map((r) => r.value);
    return values.length > 0 ? Math.max(...values) : null;
  });
}

/** `max_over_time` of the declared query per part. @returns null when Prometheus cannot be asked. */
async function prometheusParts(
  deps: ActivityDependencies,
  query: string,
  dwellMs: number,
): Promise<readonly (number | null)[] | null> {
  if (deps.prometheusEndpoint === undefined) return null;
  const seconds = Math.max(1, Math.round(dwellMs / PARTS / 1000 / deps.clock.scale));
  const parts: (number | null)[] = [];
  for (let part = PARTS - 1; part >= 0; part -= 1) {
    const url = new URL('/api/v1/query', deps.prometheusEndpoint);
    url.searchParams.set('query', `max_over_time((${query})[${seconds}s:${Math.ceil(seconds / 10)}s])`);
    url.searchParams.set('time', String(Date.now() / 1000 - part * seconds));
    const value = await instantValue(url);
    if (value === undefined) return null;
    parts.push(value);
  }
  return parts;
}

/** One number of an instant query; null for an empty answer, undefined when the question failed. */
async function instantValue(url: URL): Promise<number | null | undefined> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(10_000) });
    if (!response.ok) return undefined;
    const body = (await response.json()) as { data?: { result?: { value?: [number, string] }[] } };
    const series = body.data?.result ?? [];
    // One series of many is one pod's load, not the target's: the gate stays closed.
    if (series.length > 1) return undefined;
    const text = series[0]?.value?.[1];
    if (text === undefined) return null;
    const value = Number(text);
    return Number.isFinite(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
