import { isTerminal, ProviderError } from '../domain/errors.ts';
import type { ScalingTarget } from '../domain/fleet.ts';
import { type QuotaReadings, readsQuotas } from '../domain/quota.ts';
import type { ActivityDependencies } from './dependencies.ts';
import type { VendorWatch } from './vendor-watch.ts';

/**
 * Use is what a whole account runs, listed page by page, so it may take longer than one call; below the time-out of
 * the activity, in milliseconds of wall time.
 */
const WHOLE_ACCOUNT_MS = 90_000;

/**
 * Quotas that bind the targets, from every scaler that can read them, region by region.
 *
 * A vendor that refuses to say (a permission that is missing) does not stop a plan: what could not be read is in
 * `unread`, with its reason, and no figure takes its place. Where it is one target that nothing can be said of, the
 * others of its region are read without it. Anything a retry may mend is thrown.
 * @throws ProviderError of a kind that is not terminal
 */
export async function readQuotas(
  deps: Pick<ActivityDependencies, 'adapters' | 'log'>,
  targets: readonly ScalingTarget[],
  call: VendorWatch['call'],
): Promise<QuotaReadings> {
  const groups = Map.groupBy(targets, ({ service, region }) => `${service} ${region}`);
  const all = await Promise.all([...groups.values()].map((group) => readGroup(deps, group, call)));
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
): Promise<QuotaReadings> {
  const { service, region } = group[0] ?? { service: '', region: '' };
  const scaler = await deps.adapters.scaler(service);
  if (!readsQuotas(scaler)) return NOTHING;
  try {
    return { ...NOTHING, readings: await call((signal) => scaler.quotas(group, signal), WHOLE_ACCOUNT_MS) };
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    const others = group.filter(({ id }) => id !== error.resource);
    const one = others.length > 0 && others.length < group.length;
    const what = one ? `were read without ${error.resource}` : 'could not be read';
    const reason = `quotas of ${service} in ${region} ${what}: ${error.message}`;
    const { kind, retryAfterMs } = error;
    if (!isTerminal(kind)) {
      const details = retryAfterMs === undefined ? { cause: error } : { cause: error, retryAfterMs };
      throw new ProviderError(kind, reason, details);
    }
    deps.log.warn({ service, region, err: error }, 'a plan is made without quotas');
    const rest = one ? await readGroup(deps, others, call) : NOTHING;
    return { ...rest, unread: [{ service, region, reason }, ...rest.unread] };
  }
}
