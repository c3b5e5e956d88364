import type { PlanContent } from '../domain/plan.ts';
import type { RunKind } from '../domain/season.ts';
import { requestHash } from '../store/idempotency.ts';
import { getPlan } from '../store/plans.ts';
import { type AcceptResult, acceptRun, getRun, type Run, replay } from '../store/runs.ts';
import { type ApiDeps, serviceNowMs } from './dependencies.ts';
import { Problem } from './problem.ts';
import { type CheckedRequest, checkRequest } from './requests.ts';
import { startAccepted } from './start-run.ts';

/** Something that asks for a run. */
export interface RunAsked {
  readonly kind: RunKind;
  /** Concrete path, part of the idempotency hash. */
  readonly path: string;
  readonly body: unknown;
  readonly dryRun: boolean;
  readonly idempotencyKey: string | undefined;
  readonly principal: string;
}

/** Checks, records in one transaction, starts. A repeat under the same key gets the first answer. */
export async function acceptRequest(
  deps: ApiDeps,
  asked: RunAsked,
): Promise<{ readonly body: unknown; readonly replayed: boolean }> {
  const { kind, dryRun, principal, idempotencyKey } = asked;
  const idempotency =
    idempotencyKey === undefined ? null : { key: idempotencyKey, requestHash: hashOf(asked) };
  const known = idempotency && (await replay(deps.db, principal, idempotency));
  if (known) return repeated(known, idempotencyKey);
  const planId = planIdOf(asked.body);
  const checked =
    planId === null ? await checkRequest(deps, kind, asked.body) : await storedRequest(deps, kind, planId);
  const result = await acceptRun(deps.db, {
    kind,
    ...checked,
    dryRun,
    ...(planId !== null && { planId }),
    principal,
    ...(idempotency && { idempotency }),
    response: (run) => ({ status: 202, body: acceptedBody(deps, run) }),
  });
  if (result.outcome !== 'created') return repeated(result, idempotencyKey);
  await startAccepted(deps, result.run);
  return { body: result.body, replayed: false };
}

function repeated(
  result: Exclude<AcceptResult, { readonly outcome: 'created' }>,
  key: string | undefined,
): { readonly body: unknown; readonly replayed: true } {
  if (result.outcome === 'replayed') return { body: result.body, replayed: true };
  const detail = `Idempotency-Key ${key} was used for another request; take a new key for a new request.`;
  throw new Problem('idempotency-mismatch', detail);
}

function hashOf({ path, dryRun, body }: RunAsked): string {
  return requestHash({ method: 'POST', path, query: { dryRun }, body });
}

function acceptedBody(deps: ApiDeps, run: Run): unknown {
  return {
    runId: run.id,
    workflowId: run.workflow_id,
    status: 'accepted',
    links: {
      run: `/api/runs/${run.id}`,
      events: `/api/runs/${run.id}/events`,
      webUi: deps.webUiUrl && `${deps.webUiUrl}/${run.workflow_id}`,
    },
  };
}

/** The id of a stored plan where the body names one and nothing else. */
function planIdOf(body: unknown): string | null {
  if (typeof body !== 'object' || body === null || !('planId' in body)) return null;
  const { planId } = body;
  return typeof planId === 'string' && Object.keys(body).length === 1 ? planId : null;
}

/** A stored plan is applied with the request it was made for. @throws Problem when it can no longer be. */
async function storedRequest(deps: ApiDeps, kind: RunKind, planId: string): Promise<CheckedRequest> {
  const plan = await getPlan(deps.db, planId);
  if (!plan) throw new Problem('not-found', `There is no plan ${planId}; make one with ?dryRun=true.`);
  const origin = await getRun(deps.db, plan.createdByRun);
  if (!origin)
    throw new Problem('not-found', `The request plan ${planId} was made for is not known any more.`);
  if (origin.kind !== kind) {
    const route = origin.kind === 'season' ? 'seasons' : 'wedding-days';
    throw new Problem('conflict', `Plan ${planId} is for another route: POST it to /api/scaling/${route}.`);
  }
  refuseExpired(plan.id, plan.content, serviceNowMs(deps));
  const { request, starts_at, ends_at } = origin;
  return { request, startsAtMs: starts_at.getTime(), endsAtMs: ends_at.getTime() };
}

function refuseExpired(planId: string, { validUntilMs }: PlanContent, nowMs: number): void {
  if (nowMs <= validUntilMs) return;
  const until = new Date(validUntilMs).toISOString();
  throw new Problem('gone', `Plan ${planId} was valid until ${until}; plan again with ?dryRun=true.`);
}
