import type { ScalingTarget } from '../../../domain/fleet.ts';
import type { QuotaReader, QuotaReading } from '../../../domain/quota.ts';
import type { FunctionVersion, LambdaApi } from './_lambda-api.ts';
import { describedQuota } from './_quotas.ts';

/** Concurrent executions of the account. */
const CONCURRENT_EXECUTIONS = 'L-B99A9384';

/** Never reserved nor provisioned. Source: Lambda developer guide, "Unreserved account concurrency minus 100". */
const KEPT_UNRESERVED = 100;

/** Calls of {@link LambdaApi} that tell of quotas. */
type Calls = Pick<LambdaApi, 'accountLimits' | 'requestedOf' | 'reservedUnits'>;

/** A version or alias, by the function and region of its reference. */
interface Named {
  readonly id: string;
  readonly region: string;
  readonly functionName: string;
  readonly qualifier: string;
}

/**
 * Quotas of provisioned concurrency: the account's concurrent executions, or the function's own reserved
 * concurrency, out of which it is taken where there is one. Use of the account is what functions have reserved or
 * provisioned, as Lambda counts it.
 */
export function lambdaQuotas(api: Calls, nameOf: (target: ScalingTarget) => FunctionVersion): QuotaReader {
  return {
    quotas: async (targets, signal) => {
      const named = targets.map((target): Named => {
        const { region, function: functionName, qualifier } = nameOf(target);
        return { id: target.id, region, functionName, qualifier };
      });
      const regions = Map.groupBy(named, ({ region }) => region);
      const all = await Promise.all(
        [...regions].map(([region, group]) => ofRegion(api, region, group, signal)),
      );
      return all.flat();
    },
  };
}

async function ofRegion(
  api: Calls,
  region: string,
  targets: readonly Named[],
  signal: AbortSignal,
): Promise<readonly QuotaReading[]> {
  const readings: QuotaReading[] = [];
  const ofAccount: Named[] = [];
  const counted: Record<string, number> = {};
  for (const [functionName, group] of Map.groupBy(targets, (target) => target.functionName)) {
    const reserved = await api.reservedUnits(region, functionName, signal);
    const requested = await api.requestedOf(region, functionName, signal);
    if (reserved !== null) readings.push(ofFunction(region, functionName, reserved, requested, group));
    else {
      ofAccount.push(...group);
      Object.assign(counted, countedOf(group, requested));
    }
  }
  if (ofAccount.length === 0) return readings;
  const { concurrentUnits, unreservedUnits } = await api.accountLimits(region, signal);
  const { code, title, quotaService } = describedQuota('aws.lambda', CONCURRENT_EXECUTIONS);
  const account: QuotaReading = {
    provider: 'aws',
    quota: code,
    title,
    quotaService,
    region,
    unit: 'concurrent executions',
    limit: concurrentUnits,
    used: concurrentUnits - unreservedUnits,
    withheld: Math.min(KEPT_UNRESERVED, concurrentUnits),
    perUnit: onePerUnit(ofAccount),
    counted,
  };
  return [...readings, account];
}

/** Reserved concurrency is the customer's own setting, so it is not the vendor who is asked for more. */
function ofFunction(
  region: string,
  functionName: string,
  reserved: number,
  requested: ReadonlyMap<string, number>,
  targets: readonly Named[],
): QuotaReading {
  return {
    provider: 'aws',
    quota: 'ReservedConcurrentExecutions',
    title: `reserved concurrency of function ${functionName}`,
    quotaService: 'lambda',
    region,
    resource: functionName,
    unit: 'concurrent executions',
    limit: reserved,
    used: [...requested.values()].reduce((a, b) => a + b, 0),
    perUnit: onePerUnit(targets),
    counted: countedOf(targets, requested),
    remedy: `Raise what ${functionName} has reserved (aws lambda put-function-concurrency), or take it away.`,
  };
}

/** What is requested counts, allocated yet or not: `assumed` of the account, Lambda does not say. */
function countedOf(
  targets: readonly Named[],
  requested: ReadonlyMap<string, number>,
): Readonly<Record<string, number>> {
  return Object.fromEntries(targets.map(({ id, qualifier }) => [id, requested.get(qualifier) ?? 0]));
}

function onePerUnit(targets: readonly Named[]): Readonly<Record<string, number>> {
  return Object.fromEntries(targets.map(({ id }) => [id, 1]));
}
