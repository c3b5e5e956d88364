import type { WhyFloor } from '../../domain/explanation/why-floor.ts';
import type { Passage } from '../../domain/explanation/why-in-words.ts';
import { UsageError } from '../config.ts';
import { readReport } from '../follow.ts';
import { writeNewFile } from '../new-file.ts';
import { renderWhy } from '../render/why.ts';
import { EXIT, printResult, type Session } from '../session.ts';

/** Which number of which plan. */
export interface WhyOptions {
  readonly plan?: string;
  readonly run?: string;
  /** 1 for the first, as plans are printed. */
  readonly step?: string;
}

/** Where a page goes. */
export interface PageOptions {
  /** Default: stdout. */
  readonly out?: string;
}

interface ListedPlan {
  readonly id: string;
  readonly runId: string;
  readonly dryRun: boolean;
}

/** Prints why a target has its floor in a step of a plan. @throws ApiRefusal that names the nearest targets. */
export async function why(session: Session, target: string, options: WhyOptions): Promise<number> {
  const query = new URLSearchParams({ target });
  if (options.step !== undefined) query.set('step', String(stepOf(options.step)));
  const planId = await planOf(session, target, options);
  const path = `/api/plans/${encodeURIComponent(planId)}/why?${query}`;
  const answer = await session.api.request<WhyFloor & { readonly passages: readonly Passage[] }>(path);
  printResult(session, answer, (out) => renderWhy(answer, out));
  return EXIT.ok;
}

/** Writes a plan as one HTML file. */
export async function planPage(
  session: Session,
  planId: string,
  { out: file }: PageOptions,
): Promise<number> {
  const page = await session.api.text(`/api/plans/${encodeURIComponent(planId)}/page`);
  if (file !== undefined) await writeNewFile(file, page);
  const result = { planId, file: file ?? null, page: file === undefined ? page : null };
  printResult(session, result, (out) => out.write(file === undefined ? page : `The plan is in ${file}.\n`));
  return EXIT.ok;
}

/** @returns the step as plans count, from 0. @throws UsageError */
function stepOf(text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new UsageError(`--step ${text} is no step; the first is 1`);
  return Number(text) - 1;
}

async function planOf(session: Session, target: string, { plan, run }: WhyOptions): Promise<string> {
  if (plan !== undefined && run !== undefined)
    throw new UsageError('give either --plan ID or --run ID, not both');
  if (plan !== undefined) return plan;
  if (run !== undefined) {
    const report = await readReport(session.api, run);
    if (report.plan) return report.plan.id;
    throw new UsageError(`run ${run} has no plan; it is ${report.status}`);
  }
  return latestPlan(session, target);
}

/** In force before any other; without one that has the target, the latest says which targets there are. */
async function latestPlan({ api, stderr }: Session, target: string): Promise<string> {
  const first = async (query: Readonly<Record<string, string>>) => {
    const path = `/api/plans?${new URLSearchParams({ ...query, limit: '1' })}`;
    return (await api.request<{ plans: readonly ListedPlan[] }>(path)).plans[0];
  };
  const inForce = await first({ target, inForce: 'true' });
  if (inForce) return inForce.id;
  const any = (await first({ target })) ?? (await first({ inForce: 'true' })) ?? (await first({}));
  if (!any) throw new UsageError('there is no plan yet; make one with: wedscale plan --season FILE');
  const dry = any.dryRun ? ', a dry run' : '';
  stderr.write(`No plan in force gives ${target} a floor; this is the plan of ${any.runId}${dry}.\n`);
  return any.id;
}
