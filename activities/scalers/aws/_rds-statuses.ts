import type { DbInstance } from './_rds-shapes.ts';

/**
 * Statuses that no waiting mends. Source: Amazon RDS user guide, "Viewing Amazon RDS DB instance status";
 * `insufficient-capacity` is there without a word on when it ends.
 */
const FAILED = /^(failed|inaccessible-|incompatible-|insufficient-capacity|restore-error|upgrade-failed)/;

/** Statuses in which an instance takes queries although something is done to it. Source: as above. */
const USABLE = [
  'available',
  'backing-up',
  'configuring-enhanced-monitoring',
  'configuring-iam-database-auth',
  'configuring-log-exports',
  'storage-optimization',
];

/** Whether an instance has come to an end that only a person can mend. */
export function hasFailed({ status }: Pick<DbInstance, 'status'>): boolean {
  return status !== null && FAILED.test(status);
}

/** Whether an instance serves; a class change, a reboot or a failover is none of these statuses. */
export function isUsable({ status }: Pick<DbInstance, 'status'>): boolean {
  return status !== null && USABLE.includes(status);
}
