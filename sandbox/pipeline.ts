import type { SandboxResponse } from './core.ts';
import type { Fault, Faults } from './faults.ts';
import type { Limits } from './limits.ts';
import { type CallContext, type World, WorldError } from './world.ts';

/** How long a call without an answer is held before its connection is closed, in milliseconds of wall time. */
const HOLD_MS = 60_000;

/** A vendor's own words for what can go wrong. */
export interface VendorAnswers {
  throttle(retryAfterSeconds: number): SandboxResponse;
  serverError(): SandboxResponse;
  denied(): SandboxResponse;
  capacity(message: string): SandboxResponse;
  quota(message: string): SandboxResponse;
  invalid(message: string): SandboxResponse;
}

/** One decoded call. */
export interface PipelineCall {
  readonly call: CallContext;
  readonly write: boolean;
  /** Bucket of limits-table.ts and its scope; absent where the vendor documents none. */
  readonly bucket?: { readonly name: string; readonly scope: string };
  readonly answers: VendorAnswers;
}

/** Runs a call through faults and limits, so that a protocol only decodes and encodes. */
export interface Pipeline {
  handle(call: PipelineCall, effect: () => SandboxResponse): Promise<SandboxResponse>;
}

/** Makes the pipeline every protocol uses. */
export function createPipeline(core: {
  readonly faults: Faults;
  readonly limits: Limits;
  readonly requests: Map<string, number>;
  readonly world: World;
}): Pipeline {
  return {
    async handle(request, effect) {
      const response = answer(core, request, effect);
      const name = `${request.call.vendor} ${request.call.operation} ${response.status}`;
      core.requests.set(name, (core.requests.get(name) ?? 0) + 1);
      return response;
    },
  };
}

function answer(
  core: Parameters<typeof createPipeline>[0],
  request: PipelineCall,
  effect: () => SandboxResponse,
): SandboxResponse {
  const { call, answers } = request;
  const early = core.faults.next(call, 'request');
  if (early) return refuse(early, answers);
  if (request.bucket) {
    const token = core.limits.takeToken(request.bucket.name, request.bucket.scope);
    if (!token.ok) return answers.throttle(token.retryAfterSeconds);
  }
  if (!request.write) {
    return core.faults.next(call, 'read') ? core.world.withStale(effect) : effect();
  }
  const refused = core.faults.next(call, 'write');
  if (refused) return refuse(refused, answers);
  const late = core.faults.next(call, 'effect');
  if (!late) return guarded(effect, answers);
  if (late.kind === 'lostAnswer') {
    guarded(effect, answers);
    return closed(late.delayMs ?? 0);
  }
  setTimeout(() => guarded(effect, answers), late.delayMs ?? 1_000).unref();
  return closed(0);
}

function guarded(effect: () => SandboxResponse, answers: VendorAnswers): SandboxResponse {
  try {
    return effect();
  } catch (error) {
    if (!(error instanceof WorldError)) throw error;
    return error.reason === 'quota' ? answers.quota(error.message) : answers.capacity(error.message);
  }
}

function refuse(fault: Fault, answers: VendorAnswers): SandboxResponse {
  switch (fault.kind) {
    case 'throttle':
      return answers.throttle(fault.retryAfterSeconds ?? 1);
    case 'denied':
      return answers.denied();
    case 'timeout':
      return closed(fault.delayMs ?? HOLD_MS);
    case 'down':
      return closed(0);
    case 'insufficientCapacity':
      return answers.capacity('no capacity is available at the moment');
    case 'quota':
      return answers.quota('the quota of the account is exhausted');
    case 'invalid':
      return answers.invalid('the request was refused by rule');
    default:
      return answers.serverError();
  }
}

function closed(afterMs: number): SandboxResponse {
  return { status: 0, body: '', closeAfterMs: afterMs };
}
