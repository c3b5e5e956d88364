import type { RunReport } from '../../domain/report.ts';
import { followRun, needsPerson, readReport } from '../follow.ts';
import { eventLine, type JournalEvent } from '../render/events.ts';
import { minute } from '../render/format.ts';
import { renderReport } from '../render/report.ts';
import { paintFor, table } from '../render/style.ts';
import { EXIT, printResult, type Session } from '../session.ts';

/** What the API answers when it accepted something. */
export interface Accepted {
  readonly runId: string;
  readonly workflowId: string;
  readonly status: string;
}

/** Follows a run to its end with a line per event on stderr, then prints the report. */
export async function watch(session: Session, runId: string): Promise<number> {
  const report = await follow(session, runId);
  printResult(session, report, (out) => renderReport(report, out));
  return exitStatusOf(report);
}

/** Prints where a run stands now. */
export async function status(session: Session, runId: string): Promise<number> {
  const report = await readReport(session.api, runId);
  printResult(session, report, (out) => renderReport(report, out));
  return EXIT.ok;
}

/** One run as `GET /api/runs` lists it; instants in ISO 8601. */
interface RunLine {
  readonly runId: string;
  readonly kind: string;
  readonly status: string;
  readonly holdStatus: string | null;
  readonly dryRun: boolean;
  readonly startsAt: string;
  readonly endsAt: string;
}

/** What `wedscale runs` lists: at most `limit` (the API's default without), of one status or kind where given. */
export interface RunFilter {
  readonly limit?: string;
  readonly status?: string;
  readonly kind?: string;
}

/** Lists runs, newest first. */
export async function listRuns(session: Session, { limit, status, kind }: RunFilter): Promise<number> {
  const query = new URLSearchParams({
    ...(limit && { limit }),
    ...(status && { status }),
    ...(kind && { kind }),
  });
  const answer = await session.api.request<{ runs: readonly RunLine[] }>(`/api/runs?${query}`);
  const columns = ['run', 'kind', 'status', 'hold', 'from', 'until'].map((head) => ({ head }));
  const rows = answer.runs.map((run) => [
    run.runId,
    run.dryRun ? `${run.kind}, dry run` : run.kind,
    run.status,
    run.holdStatus ?? '-',
    minute(run.startsAt),
    minute(run.endsAt),
  ]);
  printResult(session, answer, (out) =>
    out.write(rows.length > 0 ? table(columns, rows, paintFor(out)) : 'No run is listed.\n'),
  );
  return EXIT.ok;
}

/**
 * Decides about a resource a run asks a person about: `retry`, `skip` or `accept-drift`; which of them it takes is
 * the API's to say.
 */
export async function resolve(
  session: Session,
  runId: string,
  resource: string,
  action: string,
): Promise<number> {
  const path = `/api/runs/${encodeURIComponent(runId)}/resolve`;
  const body = { resource, action };
  const answer = await session.api.request<{ message: string }>(path, { method: 'POST', body });
  printResult(session, answer, (out) => out.write(`${answer.message}\n`));
  return EXIT.ok;
}

/** Asks for something that is done to a run: `release`, `rollback`, `cancel`. */
export async function act(
  session: Session,
  runId: string,
  action: 'release' | 'rollback' | 'cancel',
): Promise<number> {
  const path = `/api/runs/${encodeURIComponent(runId)}/${action}`;
  const answer = await session.api.request<{ message: string }>(path, { method: 'POST' });
  printResult(session, answer, (out) => out.write(`${answer.message}\n`));
  return EXIT.ok;
}

/** Approves the plan a run waits with; without a plan id, the one it waits with now. */
export async function approve(session: Session, runId: string, planId: string | undefined): Promise<number> {
  const waiting = planId ?? (await readReport(session.api, runId)).plan?.id;
  const path = `/api/runs/${encodeURIComponent(runId)}/approve`;
  const answer = await session.api.request<{ message: string }>(path, {
    method: 'POST',
    body: { planId: waiting ?? '' },
  });
  printResult(session, answer, (out) => out.write(`${answer.message}\n`));
  return EXIT.ok;
}

/** Follows a run; lines go to stderr, so that stdout carries the result only. */
export async function follow(session: Session, runId: string): Promise<RunReport> {
  const paint = paintFor(session.stderr);
  const say = (line: string) => session.stderr.write(`${line}\n`);
  const onEvent = (event: JournalEvent) => {
    const line = eventLine(event, paint);
    if (line !== null) say(line);
    if (event.kind === 'run.status' && event.body.status === 'awaitingApproval') {
      say(`The plan costs more than its limit. Approve it with: wedscale approve ${runId}`);
    }
  };
  const report = await followRun(session.api, runId, onEvent);
  if (needsPerson(report.status)) {
    say(
      `Run ${runId} needs a person: see what remains below, then: wedscale resolve ${runId} RESOURCE ACTION`,
    );
  }
  return report;
}

/** 0 when the run completed, 1 when it ended otherwise. */
export function exitStatusOf(report: Pick<RunReport, 'status'>): number {
  return report.status === 'completed' ? EXIT.ok : EXIT.endedOtherwise;
}
