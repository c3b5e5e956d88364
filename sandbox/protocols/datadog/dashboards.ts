import type { SandboxResponse } from '../../core.ts';
import { type DatadogRequest, enterChange, type Json } from './account.ts';
import { errors, json } from './answers.ts';

/** Dashboards of one list where the call names no other number. Source: Datadog, "Get all dashboards". */
const PAGE = 100;

/** `GET /api/v1/dashboard`: summaries, a page at a time. */
export function listDashboards({ account, query }: DatadogRequest): SandboxResponse {
  const start = Number(query.get('start') ?? 0);
  const count = Number(query.get('count') ?? PAGE);
  if (!Number.isInteger(start) || !Number.isInteger(count)) return errors(400, 'Invalid page');
  const page = [...account.dashboards.values()].slice(start, start + count);
  return json(200, { dashboards: page.map(summaryOf), total: account.dashboards.size });
}

/** `GET /api/v1/dashboard/ID` */
export function getDashboard({ account, id }: DatadogRequest): SandboxResponse {
  const dashboard = account.dashboards.get(id);
  return dashboard ? json(200, dashboard) : missing(id);
}

/** `POST /api/v1/dashboard` */
export function createDashboard(request: DatadogRequest): SandboxResponse {
  const letters = request.account.nextNumber().toString(36).padStart(9, '0');
  return put(request, `${letters.slice(0, 3)}-${letters.slice(3, 6)}-${letters.slice(6)}`);
}

/** `PUT /api/v1/dashboard/ID`: replaces all of it. */
export function updateDashboard(request: DatadogRequest): SandboxResponse {
  return request.account.dashboards.has(request.id) ? put(request, request.id) : missing(request.id);
}

/** `DELETE /api/v1/dashboard/ID` */
export function deleteDashboard(request: DatadogRequest): SandboxResponse {
  const { account, id } = request;
  const before = account.dashboards.get(id);
  if (!before) return missing(id);
  account.dashboards.delete(id);
  enterChange(request, `datadog.dashboard/${id}`, contentOf(before), null);
  return json(200, { deleted_dashboard_id: id });
}

function put(request: DatadogRequest, id: string): SandboxResponse {
  const { core, account, sent } = request;
  if (typeof sent.title !== 'string' || sent.title === '') return required('title');
  if (!Array.isArray(sent.widgets)) return required('widgets');
  if (sent.layout_type !== 'ordered' && sent.layout_type !== 'free') return required('layout_type');
  const before = account.dashboards.get(id);
  const now = new Date(core.world.nowMs()).toISOString();
  const dashboard: Json = {
    ...sent,
    id,
    url: `/dashboard/${id}`,
    author_handle: 'sandbox',
    created_at: before?.created_at ?? now,
    modified_at: now,
  };
  account.dashboards.set(id, dashboard);
  enterChange(request, `datadog.dashboard/${id}`, before ? contentOf(before) : null, contentOf(dashboard));
  return json(200, dashboard);
}

/** What a person set; the rest is Datadog's own. */
function contentOf({ title, description, layout_type, widgets }: Json): Json {
  return { title, description, layout_type, widgets };
}

function summaryOf(dashboard: Json): Json {
  const { id, title, description, url, layout_type, author_handle, created_at, modified_at } = dashboard;
  const stamps = { author_handle, created_at, modified_at };
  return { id, title, description, url, layout_type, ...stamps, is_read_only: false };
}

function required(name: string): SandboxResponse {
  return errors(400, `'${name}' is a required property`);
}

function missing(id: string): SandboxResponse {
  return errors(404, `Dashboard with ID ${id} not found`);
}
