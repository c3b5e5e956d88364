import type { VendorConnection } from '../../../domain/connection.ts';
import type { QuotaReader } from '../../../domain/quota.ts';
import type { Scaler } from '../../../domain/scaler.ts';
import type { Guarded } from '../../calls/call-guard.ts';
import { scalerByLever } from './_levers.ts';
import { createRdsApi, type RdsApi } from './_rds-api.ts';
import { createRdsDirectory, discoverDatabases } from './_rds-discovery.ts';
import { instanceClassScaler } from './_rds-instance-class.ts';
import { rdsQuotas } from './_rds-quotas.ts';
import { readersScaler } from './_rds-readers.ts';
import { serverlessCapacityScaler } from './_rds-serverless-capacity.ts';
import { storageScaler } from './_rds-storage.ts';

/**
 * Amazon RDS and Aurora. What a target moves is its lever, each in a file of its own: readers and Serverless v2
 * capacity of a cluster, class and storage of an instance.
 *
 * Protection is read-back: no call takes a fence or a token. Values are absolute and what is made has names that
 * follow from the cluster, so a repeat has no second effect.
 */
export function createRdsScaler(connection: VendorConnection, { guard }: Guarded): Scaler & QuotaReader {
  const access = { connection, guard };
  const api = createRdsApi(access);
  return {
    ...rdsScaler(api),
    ...rdsQuotas(api),
    discover: discoverDatabases(createRdsDirectory(access), api.scalableTargets),
  };
}

/** The scaler over given calls of AWS. */
export function rdsScaler(api: RdsApi): Scaler {
  return scalerByLever('aws.rds', {
    readers: readersScaler(api),
    'serverless-capacity': serverlessCapacityScaler(api),
    'instance-class': instanceClassScaler(api),
    storage: storageScaler(api),
  });
}
