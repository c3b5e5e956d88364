import { randomUUID } from 'node:crypto';
import { resolveRelativeDates } from '../../domain/calendar.ts';
import type { Plan } from '../../domain/plan.ts';
import type { ApiClient } from '../client.ts';
import { UsageError } from '../config.ts';
import { renderPlan } from '../render/plan.ts';
import { renderReport } from '../render/report.ts';
import { readJsonFile } from '../request-file.ts';
import { EXIT, printResult, type Session } from '../session.ts';
import { type Accepted, exitStatusOf, follow } from './runs.ts';

/** What to start: a request in a file, or a stored plan. */
export interface ApplyOptions {
  readonly season?: string;
  readonly plan?: string;
  readonly watch?: boolean;
}

/** Plans without changing anything; prints the plan with its explanation and its id. */
export async function plan(session: Session, file: string): Promise<number> {
  const { route, body } = await readRequest(file, session.api);
  const { runId } = await start(session, `${route}?dryRun=true`, body);
  const report = await follow(session, runId);
  if (report.status !== 'completed' || !report.plan) {
    printResult(session, { runId, status: report.status, error: report.error ?? null }, (out) =>
      renderReport(report, out),
    );
    return EXIT.endedOtherwise;
  }
  const stored = await session.api.request<Plan>(`/api/plans/${report.plan.id}`);
  const result = { runId, planId: stored.id, status: report.status, plan: stored };
  printResult(session, result, (out) => renderPlan(stored, out));
  return EXIT.ok;
}

/** Starts a season or wedding day from a file, or applies a stored plan as it is. */
export async function apply(session: Session, options: ApplyOptions): Promise<number> {
  const accepted = await startFrom(session, options);
  session.stderr.write(`Run ${accepted.runId} is accepted.\n`);
  if (!options.watch) {
    printResult(session, accepted, (out) => out.write(`Follow it with: wedscale watch ${accepted.runId}\n`));
    return EXIT.ok;
  }
  const report = await follow(session, accepted.runId);
  printResult(session, report, (out) => renderReport(report, out));
  return exitStatusOf(report);
}

async function startFrom(session: Session, options: ApplyOptions): Promise<Accepted> {
  if (options.plan !== undefined && options.season !== undefined) {
    throw new UsageError('give either --season FILE or --plan ID, not both');
  }
  if (options.plan !== undefined) return startPlan(session, options.plan);
  if (options.season === undefined) throw new UsageError('give --season FILE or --plan ID');
  const { route, body } = await readRequest(options.season, session.api);
  return start(session, route, body);
}

/** A plan knows its run, and the run its kind. */
async function startPlan(session: Session, planId: string): Promise<Accepted> {
  const { kind } = await session.api.request<{ kind: string }>(`/api/plans/${encodeURIComponent(planId)}`);
  return start(session, kind === 'weddingDay' ? WEDDING_DAYS : SEASONS, { planId });
}

const SEASONS = '/api/scaling/seasons';
const WEDDING_DAYS = '/api/scaling/wedding-days';

function start(session: Session, path: string, body: unknown): Promise<Accepted> {
  const headers = { 'idempotency-key': randomUUID() };
  return session.api.request<Accepted>(path, { method: 'POST', body, headers });
}

/** Dates in files may be relative to today; a body with `weddingDay` goes to its own route. */
export async function readRequest(
  file: string,
  api: ApiClient,
): Promise<{ readonly route: string; readonly body: unknown }> {
  const template = await readJsonFile(file);
  // The service may keep another time than this machine (WEDSCALE_TIME_SCALE).
  const { serviceTime } = await api.request<{ serviceTime: string }>('/livez');
  const body = resolveRelativeDates(template, Date.parse(serviceTime));
  const isDay = typeof body === 'object' && body !== null && 'weddingDay' in body;
  return { route: isDay ? WEDDING_DAYS : SEASONS, body };
}
