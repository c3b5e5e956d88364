import { isTerminal, ProviderError } from '../domain/errors.ts';
import type { ScalingTarget } from '../domain/fleet.ts';
import { type QuotaReadings, readsQuotas } from '../domain/quota.ts';
import type { ActivityDependencies } from './dependencies.ts';
import type { VendorWatch } from './vendor-watch.ts';

/**
 * Use is what a whole account runs, listed page by page, so it may take longer than one call; for all reads of one
 * service and region together, below the time-out of the activity, in milliseconds of wall time.
 */
const WHOLE_ACCOUNT_MS = 90_000;

/** What must be left of that for another read to be begun. Ours. */
const LEAST_MS = 5_000;

/** Targets of one service and region that the others are read without; each costs another read. Ours. */
const LEFT_OUT_LIMIT = 10;

/**
 * Quotas that bind the targets, from every scaler that can read them, region by region.
 *
 * A vendor that refuses to say (a permission that is missing) does not stop a plan: what could not be read is in
 * `unread`, with its reason, and no figure takes its place. Where it is one target that nothing can be said of, the
 * others of its region are read without it, as often as time and {@link LEFT_OUT_LIMIT} allow. Anything a retry may
 * mend is thrown.
 * @param nowMs wall time.
 * @throws ProviderError of a kind that is not terminal
 */
export async function readQuotas(
  deps: Pick<ActivityDependencies, 'adapters' | 'log'>,
  targets: readonly ScalingTarget[],
  call: VendorWatch['call'],
  nowMs: () => number = Date.now,
): Promise<QuotaReadings> {
  const groups = Map.groupBy(targets, ({ service, region }) => `${service} ${region}`);
  const all = await Promise.all([...groups.values()].map((group) => readGroup(deps, group, call, nowMs)));
  return {
    readings: all.flatMap(({ readings }) => readings),
    unread: all.flatMap(({ unread }) => unread),
  };
}

const NOTHING: QuotaReadings = { readings: [], unread: [] };

/** @param group targets of one service and region, at least one. */
async function readGroup(
  deps: Pick<ActivityDependencies, 'adapters' | 'log'>,
  group: readonly ScalingTarget[],
  call: VendorWatch['call'],
  nowMs: () => number,
): Promise<QuotaReadings> {
  const { service, region } = group[0] ?? { service: '', region: '' };
  const scaler = await deps.adapters.scaler(service);
  if (!readsQuotas(scaler)) return NOTHING;
  const untilMs = nowMs() + WHOLE_ACCOUNT_MS;
  const reasonOf = (what: string, { message }: Error) =>
    `quotas of ${service} in ${region} ${what}: ${message}`;
  const unreadOf = (what: string, error: Error) => ({ service, region, reason: reasonOf(what, error) });
  const leftOut: ProviderError[] = [];
  for (let rest = group; ; ) {
    const asked = rest;
    try {
      const readings = await call((signal) => scaler.quotas(asked, signal), untilMs - nowMs());
      return {
        readings,
        unread: leftOut.map((error) => unreadOf(`were read without ${error.resource}`, error)),
      };
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error;
      const isTimeUp = untilMs - nowMs() < LEAST_MS;
      // A retry would be as short of time again, when it has read as often before.
      const isFinal = isTerminal(error.kind) || (isTimeUp && leftOut.length > 0);
      if (!isFinal) throw worded(error, reasonOf('could not be read', error));
      deps.log.warn({ service, region, err: error }, 'a plan is made without quotas');
      leftOut.push(error);
      rest = asked.filter(({ id }) => id !== error.resource);
      const isNamed = rest.length < asked.length && rest.length > 0;
      if (isNamed && !isTimeUp && leftOut.length <= LEFT_OUT_LIMIT) continue;
      return { readings: [], unread: leftOut.map((each) => unreadOf('could not be read', each)) };
    }
  }
}

function worded(cause: ProviderError, message: string): ProviderError {
  const { kind, retryAfterMs } = cause;
  return new ProviderError(kind, message, retryAfterMs === undefined ? { cause } : { cause, retryAfterMs });
}
