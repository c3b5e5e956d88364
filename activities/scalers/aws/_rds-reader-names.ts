import { createHash } from 'node:crypto';

/** Longest identifier of a DB instance. Source: RDS API reference, CreateDBInstance. */
const LONGEST = 63;
const MARK = '-wedsync-';
/** Digits an index may take. */
const DIGITS = 4;

/**
 * Identifier of the n-th reader we make for a cluster: derived from cluster and index alone, so that asking for
 * it again is DBInstanceAlreadyExists and never a second instance. A cluster's long identifier is shortened and
 * told apart by its hash.
 */
export function readerName(cluster: string, index: number): string {
  return `${stemOf(cluster)}${MARK}${index}`;
}

/** The index of a reader by its identifier; null for one that we did not make. */
export function readerIndex(cluster: string, instance: string): number | null {
  const prefix = `${stemOf(cluster)}${MARK}`;
  const rest = instance.startsWith(prefix) ? instance.slice(prefix.length) : '';
  return /^[1-9]\d{0,3}$/.test(rest) ? Number(rest) : null;
}

function stemOf(cluster: string): string {
  const room = LONGEST - MARK.length - DIGITS;
  if (cluster.length <= room) return cluster;
  const hash = createHash('sha256').update(cluster).digest('hex').slice(0, 8);
  // An identifier with two hyphens in a row is refused.
  return `${cluster.slice(0, room - hash.length - 1).replace(/-+$/, '')}-${hash}`;
}
