import { ProviderError } from '../../../domain/errors.ts';
import type { ScalingTarget } from '../../../domain/fleet.ts';
import type { QuotaReader, QuotaReading } from '../../../domain/quota.ts';
import { leverOfTarget } from '../../../domain/services.ts';
import { batches } from './_client.ts';
import { describedQuota } from './_quotas.ts';
import { DESCRIBE_LIMIT, type RdsApi } from './_rds-api.ts';
import { CLUSTER, clustersOf, readersOf } from './_rds-clusters.ts';
import { identifierIn } from './_targets.ts';

/** Calls of {@link RdsApi} that tell of quotas. */
type Calls = Pick<RdsApi, 'accountQuotas' | 'describeClusters' | 'describeMembers'>;

/** A quota of the account that units of a lever take from, one each. */
interface CountedQuota {
  readonly lever: string;
  readonly code: string;
  /** What DescribeAccountAttributes calls it. Source: RDS API reference, AccountQuota. */
  readonly attribute: string;
  readonly unit: string;
}

const READERS = 'readers';

const COUNTED: readonly CountedQuota[] = [
  { lever: READERS, code: 'L-7B6409FD', attribute: 'DBInstances', unit: 'DB instances' },
  { lever: 'storage', code: 'L-7ADDB58A', attribute: 'AllocatedStorage', unit: 'GiB' },
];

/**
 * Quotas of RDS, limit and use as RDS itself counts them in the region: DB instances, which readers of Aurora are
 * among, and allocated storage, which Aurora's is not. That a cluster has at most 15 readers is no reading: it
 * cannot be raised, and the lever's maximum has it. Storage grows by 10 % at least, so a step may take up to that
 * much more than its floor says.
 */
export function rdsQuotas(api: Calls): QuotaReader {
  return {
    quotas: async (targets, signal) => {
      const counted = targets.flatMap((target) => {
        const lever = leverOfTarget(target)?.id;
        const quota = COUNTED.find((candidate) => candidate.lever === lever);
        return quota ? [{ target, quota }] : [];
      });
      const regions = Map.groupBy(counted, ({ target }) => target.region);
      const all = await Promise.all(
        [...regions].map(async ([region, group]) => {
          const account = await api.accountQuotas(region, signal);
          const started = await readersStarted(api, region, group, signal);
          return [...Map.groupBy(group, ({ quota }) => quota)].map(([quota, uses]) => {
            const ids = uses.map(({ target }) => target.id);
            return readingOf(quota, region, account, { ids, started });
          });
        }),
      );
      return all.flat();
    },
  };
}

/**
 * Readers of autoscaled targets, by target id: those being made are DB instances already, above the minimum and not
 * serving yet. Without an autoscaler they are among what is guaranteed.
 */
async function readersStarted(
  api: Calls,
  region: string,
  uses: readonly { readonly target: ScalingTarget; readonly quota: CountedQuota }[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, number>> {
  const autoscaled = uses.filter(({ target, quota }) => target.autoscaled && quota.lever === READERS);
  const readers = autoscaled.map(({ target }) => target);
  const started = new Map<string, number>();
  for (const batch of batches(readers, DESCRIBE_LIMIT)) {
    const names = batch.map((target) => identifierIn(target, CLUSTER));
    const clusters = await clustersOf(api, signal)(region, [...new Set(names)]);
    for (const target of batch) {
      const found = clusters.get(identifierIn(target, CLUSTER));
      if (found) started.set(target.id, readersOf(found).length);
    }
  }
  return started;
}

function readingOf(
  { code: quota, attribute, unit }: CountedQuota,
  region: string,
  account: Awaited<ReturnType<RdsApi['accountQuotas']>>,
  targets: { readonly ids: readonly string[]; readonly started: ReadonlyMap<string, number> },
): QuotaReading {
  const { title, quotaService } = describedQuota('aws.rds', quota);
  const said = account.get(attribute);
  if (!said) throw new ProviderError('Transient', `RDS gave no quota ${attribute} of ${region}.`);
  const perUnit = Object.fromEntries(targets.ids.map((id) => [id, 1]));
  const counted = Object.fromEntries([...targets.started].filter(([id]) => id in perUnit));
  return { provider: 'aws', quota, title, quotaService, region, unit, ...said, perUnit, counted };
}
