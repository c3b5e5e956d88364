import { ProviderError } from '../../../domain/errors.ts';
import type { QuotaReader, QuotaReading } from '../../../domain/quota.ts';
import { leverOfTarget } from '../../../domain/services.ts';
import { describedQuota } from './_quotas.ts';
import type { RdsApi } from './_rds-api.ts';

/** A quota of the account that units of a lever take from, one each. */
interface CountedQuota {
  readonly lever: string;
  readonly code: string;
  /** What DescribeAccountAttributes calls it. Source: RDS API reference, AccountQuota. */
  readonly attribute: string;
  readonly unit: string;
}

const COUNTED: readonly CountedQuota[] = [
  { lever: 'readers', code: 'L-7B6409FD', attribute: 'DBInstances', unit: 'DB instances' },
  { lever: 'storage', code: 'L-7ADDB58A', attribute: 'AllocatedStorage', unit: 'GiB' },
];

/**
 * Quotas of RDS, limit and use as RDS itself counts them in the region: DB instances, which readers of Aurora are
 * among, and allocated storage, which Aurora's is not. That a cluster has at most 15 readers is no reading: it
 * cannot be raised, and the lever's maximum has it. Storage grows by 10 % at least, so a step may take up to that
 * much more than its floor says.
 */
export function rdsQuotas(api: Pick<RdsApi, 'accountQuotas'>): QuotaReader {
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
          return [...Map.groupBy(group, ({ quota }) => quota)].map(([quota, uses]) => {
            const ids = uses.map(({ target }) => target.id);
            return readingOf(quota, region, account, ids);
          });
        }),
      );
      return all.flat();
    },
  };
}

function readingOf(
  { code: quota, attribute, unit }: CountedQuota,
  region: string,
  account: Awaited<ReturnType<RdsApi['accountQuotas']>>,
  ids: readonly string[],
): QuotaReading {
  const { title, quotaService } = describedQuota('aws.rds', quota);
  const said = account.get(attribute);
  if (!said) throw new ProviderError('Transient', `RDS gave no quota ${attribute} of ${region}.`);
  const perUnit = Object.fromEntries(ids.map((id) => [id, 1]));
  return { provider: 'aws', quota, title, quotaService, region, unit, ...said, perUnit };
}
