import type { VendorConnection } from '../../../domain/connection.ts';
import type { QuotaReader } from '../../../domain/quota.ts';
import type { Scaler } from '../../../domain/scaler.ts';
import type { Guarded } from '../../calls/call-guard.ts';
import { createElastiCacheApi, type ElastiCacheApi } from './_elasticache-api.ts';
import { createElastiCacheDirectory, discoverGroups } from './_elasticache-discovery.ts';
import { nodeTypeScaler } from './_elasticache-node-type.ts';
import { elastiCacheQuotas } from './_elasticache-quotas.ts';
import { replicasScaler } from './_elasticache-replicas.ts';
import { shardsScaler } from './_elasticache-shards.ts';
import { scalerByLever } from './_levers.ts';
import { createQuotaLimits } from './_quotas.ts';

/**
 * Replication groups of Amazon ElastiCache (Valkey and Redis OSS). What a target moves is its lever, each in a
 * file of its own: replicas of every shard, shards, node type.
 *
 * Protection is read-back: no call takes a fence or a token, so the group is read before every write. Settled is
 * a group that is `available`, has nothing pending, and whose nodes are all available by their own status.
 */
export function createElastiCacheScaler(
  connection: VendorConnection,
  { guard }: Guarded,
): Scaler & QuotaReader {
  const access = { connection, guard };
  const api = createElastiCacheApi(access);
  return {
    ...elastiCacheScaler(api),
    ...elastiCacheQuotas({ api, limits: createQuotaLimits(access) }),
    discover: discoverGroups(createElastiCacheDirectory(access), api),
  };
}

/** The scaler over given calls of AWS. */
export function elastiCacheScaler(api: ElastiCacheApi): Scaler {
  return scalerByLever('aws.elasticache', {
    replicas: replicasScaler(api),
    shards: shardsScaler(api),
    'node-type': nodeTypeScaler(api),
  });
}
