import type { SandboxResponse } from '../../core.ts';
import { type DatadogRequest, type LastValue, metricKey } from './account.ts';
import { errors, json } from './answers.ts';

/** `POST /api/v2/series`: keeps the last value of every metric and set of tags; all of the payload or nothing. */
export function submitMetrics({ account, sent }: DatadogRequest): SandboxResponse {
  if (!Array.isArray(sent.series)) return errors(400, 'Payload is missing required field: series');
  const values: LastValue[] = [];
  for (const one of sent.series as readonly unknown[]) {
    const value = lastValueOf(one);
    if (typeof value === 'string') return errors(400, value);
    values.push(value);
  }
  for (const value of values) account.metrics.set(metricKey(value), value);
  return json(202, { errors: [] });
}

function lastValueOf(series: unknown): LastValue | string {
  const { metric, points, tags = [] } = (series ?? {}) as Record<string, unknown>;
  if (typeof metric !== 'string' || metric === '') return 'Payload has a series without a metric';
  if (!Array.isArray(points)) return `Payload has no points for ${metric}`;
  if (!Array.isArray(tags)) return `Payload has no list of tags for ${metric}`;
  const { timestamp, value } = (points.at(-1) ?? {}) as Record<string, unknown>;
  if (!Number.isInteger(timestamp) || !Number.isFinite(value)) return `Payload has no value for ${metric}`;
  return { metric, tags: tags.map(String).sort(), value: value as number, timestamp: timestamp as number };
}
