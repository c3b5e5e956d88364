import { byName, figure, minute, withoutJson } from './format.ts';
import { type Paint, paintStatus } from './style.ts';

/** One journal entry as the event stream carries it. */
export interface JournalEvent {
  readonly seq: number;
  readonly at: string;
  readonly kind: string;
  readonly key: string;
  // The body's shape goes with the kind; unknown kinds of newer services are shown by name only.
  readonly body: Readonly<Record<string, unknown>>;
}

type Line = (key: string, body: JournalEvent['body'], paint: Paint) => string | null;

/** What a person is told per kind; null hides the entry. */
const LINES: Readonly<Record<string, Line>> = {
  'run.status': (_key, body, paint) => `run is ${paintStatus(text(body.status), paint)}${why(body.error)}`,
  phase: (key, body, paint) => `${paint('bold', key)} ${paintStatus(text(body.status), paint)}`,
  plan: (_key, body) => `plan ${text(body.planId)}`,
  claim: (key, body) => `${key}: claims ${number(body.floorUnits)} units`,
  intent: (key, body) => (body.direction === 'undo' ? `${key}: gives back` : `${key}: asks the vendor`),
  outcome: (key, body) => `${key}: ${text(body.outcome)}`,
  settled: (key, body, paint) =>
    `${key}: ${paint('green', 'settled')}, ${number(body.servingUnits)} units serve (floor ${number(body.floorUnits)})`,
  'service.failed': (key, body, paint) => `${key}: ${paint('red', 'failed')}: ${text(body.message)}`,
  'service.undone': (key, _body, paint) => `${key}: ${paint('yellow', 'undone')}`,
  released: () => null,
  wait: () => null,
  branch: () => null,
  routing: (key, body) => `${key}: weights ${byName(weights(body.observed ?? body.to))}`,
  monitoring: (key, body, paint) => `monitoring on ${key}: ${paintStatus(text(body.status), paint)}`,
  health: (key, body, paint) =>
    `check ${key}: ${paintStatus(text(body.status), paint)} ${withoutJson(text(body.detail))}`,
  hold: (_key, body, paint) =>
    `hold is ${paintStatus(text(body.status), paint)}${body.until ? ` until ${instant(body.until)}` : ''}`,
  rollback: (_key, body) => `rollback: ${count(body.undone)} undone, ${count(body.residual)} remain`,
  extended: (_key, body) => `the hold lasts until ${instant(body.until)}${by(body.by)}`,
  attention: (key, body, paint) => `${paint('yellow', `${key} needs a person`)}${saying(body.message)}`,
  answered: (key) => `${key}: needs nobody any more`,
  resolved: (key, body) => `${key}: a person decided: ${text(body.action)}`,
  'retry.asked': (key) => `${key}: a person asked to try again`,
  'approval.asked': (key) => `plan ${shortId(key)} waits for approval`,
  approval: (key, body) => `plan ${shortId(key)} is approved${by(body.principal)}`,
  'approval.outdated': (key, body) =>
    `plan ${shortId(key)} was approved${by(body.principal)} but is out of date${changes(body.changed)}; planning again`,
  'approval.lapsed': (key, _body, paint) =>
    `plan ${shortId(key)} was ${paint('red', 'not approved')} in time`,
  fallback: (key, body, paint) =>
    `${key}: ${paint('yellow', 'ran short')}, keeps ${number(body.keptUnits)} of ${number(body.floorUnits)} units; ` +
    `${standIns(body.standIns)} in plan ${shortId(text(body.planId))}${saying(body.message)}`,
  'monitoring.degraded': (_key, body) => `monitoring is degraded${saying(body.message)}`,
  'traffic.begun': () => null,
  hindsight: (key, body) =>
    `hindsight of ${key === 'whole' ? 'the whole plan' : key}: ${scoredOf(body.rows)}`,
  gate: (key) => `${key}: waits until its load has gone`,
  unreachable: (key, body, paint) =>
    `${key}: ${paint('red', 'unreachable')}, at most ${number(body.highestUnits)} units serve${saying(body.message)}`,
  manual: (key, body) => `${key}: a person changed it${body.by ? ` (${text(body.by)})` : ''}; kept`,
};

/** One line for one entry, without a line break; null where there is nothing a person needs. */
export function eventLine(event: JournalEvent, paint: Paint): string | null {
  const line = LINES[event.kind];
  const said = line ? line(event.key, event.body, paint) : [event.kind, event.key].filter(Boolean).join(' ');
  return said === null ? null : `${paint('dim', event.at.slice(11, 19))} ${said}`;
}

function text(value: unknown): string {
  return value === undefined || value === null ? '' : String(value);
}

function number(value: unknown): string {
  return typeof value === 'number' ? figure(value) : text(value);
}

function instant(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? minute(value) : text(value);
}

function count(value: unknown): number {
  return Array.isArray(value) ? value.length : 0;
}

function scoredOf(rows: unknown): string {
  const all = Array.isArray(rows) ? (rows as readonly { readonly status: string }[]) : [];
  const scored = all.filter(({ status }) => status === 'scored').length;
  return scored === all.length && scored > 0 ? 'scored' : `${scored} of ${all.length} workloads scored`;
}

function standIns(value: unknown): string {
  const list = Array.isArray(value) ? (value as readonly { targetId: string; floorUnits: number }[]) : [];
  return list
    .map(({ targetId, floorUnits }) => `${targetId} stands in with ${number(floorUnits)}`)
    .join(', ');
}

function weights(value: unknown): Readonly<Record<string, number>> | null {
  return typeof value === 'object' ? (value as Readonly<Record<string, number>> | null) : null;
}

function why(error: unknown): string {
  return saying((error as { message?: unknown } | null | undefined)?.message);
}

function saying(message: unknown): string {
  return message === undefined || message === null ? '' : `: ${text(message)}`;
}

function by(name: unknown): string {
  return name === undefined || name === null ? '' : ` by ${text(name)}`;
}

function changes(fields: unknown): string {
  return Array.isArray(fields) && fields.length > 0 ? ` (${fields.map(text).join(', ')})` : '';
}

/** Enough of a hash to tell plans apart by eye. */
function shortId(id: string): string {
  return id.slice(0, 12);
}
