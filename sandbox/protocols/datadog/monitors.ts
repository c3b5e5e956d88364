import type { SandboxResponse } from '../../core.ts';
import { type DatadogRequest, enterChange, FIRST_MONITOR_ID, type Json } from './account.ts';
import { errors, json } from './answers.ts';

/** Monitors of a page where a call names one without a size. Source: Datadog, "Get all monitors". */
const PAGE = 100;

/** `time aggregation(window):space aggregation:metric{scope} comparison threshold`. */
const QUERY =
  /^(avg|min|max|sum)\(last_\d+[mhdw]\):(avg|min|max|sum):[\w.]+\{[^}]*\}.*\s(>=?|<=?)\s(-?\d+(\.\d+)?(e[-+]?\d+)?)$/;

const TYPES: readonly unknown[] = ['metric alert', 'query alert'];

/** `GET /api/v1/monitor`: all, or those whose name contains `name` and that carry all of `monitor_tags`. */
export function listMonitors({ account, query }: DatadogRequest): SandboxResponse {
  const name = (query.get('name') ?? '').toLowerCase();
  const tags = (query.get('monitor_tags') ?? '').split(',').filter((tag) => tag !== '');
  const found = [...account.monitors.values()].filter(
    (monitor) =>
      String(monitor.name).toLowerCase().includes(name) &&
      tags.every((tag) => (monitor.tags as readonly string[]).includes(tag)),
  );
  const page = query.get('page');
  if (page === null) return json(200, found);
  const size = Number(query.get('page_size') ?? PAGE);
  return json(200, found.slice(Number(page) * size, (Number(page) + 1) * size));
}

/** `GET /api/v1/monitor/ID` */
export function getMonitor({ account, id }: DatadogRequest): SandboxResponse {
  const monitor = account.monitors.get(Number(id));
  return monitor ? json(200, monitor) : missing();
}

/** `POST /api/v1/monitor` */
export function createMonitor(request: DatadogRequest): SandboxResponse {
  return put(request, FIRST_MONITOR_ID + request.account.nextNumber(), null);
}

/** `PUT /api/v1/monitor/ID`: what is left out stays. */
export function updateMonitor(request: DatadogRequest): SandboxResponse {
  const id = Number(request.id);
  const before = request.account.monitors.get(id);
  return before ? put(request, id, before) : missing();
}

/** `DELETE /api/v1/monitor/ID` */
export function deleteMonitor(request: DatadogRequest): SandboxResponse {
  const { account, id } = request;
  const before = account.monitors.get(Number(id));
  if (!before) return missing();
  account.monitors.delete(Number(id));
  enterChange(request, `datadog.monitor/${id}`, contentOf(before), null);
  return json(200, { deleted_monitor_id: Number(id) });
}

function put(request: DatadogRequest, id: number, before: Json | null): SandboxResponse {
  const { core, account, sent } = request;
  const now = new Date(core.world.nowMs()).toISOString();
  const fresh = { name: '', message: '', tags: [], options: {}, overall_state: 'No Data', created: now };
  const monitor: Json = { ...fresh, ...before, ...sent, id, modified: now };
  const fault = faultOf(monitor);
  if (fault !== null) return errors(400, fault);
  account.monitors.set(id, monitor);
  enterChange(request, `datadog.monitor/${id}`, before && contentOf(before), contentOf(monitor));
  return json(200, monitor);
}

function faultOf({ type, query, tags, options }: Json): string | null {
  if (!TYPES.includes(type)) return `The value provided for parameter 'type' is invalid`;
  if (!Array.isArray(tags)) return `The value provided for parameter 'tags' is invalid`;
  const [, , , , threshold] = (typeof query === 'string' && QUERY.exec(query)) || [];
  if (threshold === undefined) return `The value provided for parameter 'query' is invalid`;
  const { critical } = (options as { thresholds?: { critical?: number } } | null)?.thresholds ?? {};
  if (critical === undefined || critical === Number(threshold)) return null;
  return `Alert threshold (${critical}) does not match that used in the query (${threshold}).`;
}

/** What a person set; the rest is Datadog's own. */
function contentOf({ name, type, query, message, priority, tags, options }: Json): Json {
  return { name, type, query, message, priority, tags, options };
}

function missing(): SandboxResponse {
  return errors(404, 'Monitor not found');
}
