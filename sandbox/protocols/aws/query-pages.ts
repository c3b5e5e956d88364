import { AwsError } from './errors.ts';
import { type QueryInput, queryMembers } from './query-operations.ts';

const read = queryMembers('InvalidParameterValue');

/**
 * A page of what a describing call found, by `MaxRecords` and `Marker`. Source: API references of RDS and
 * ElastiCache, MaxRecords 20 to 100, by default 100.
 */
export function pageOf<T>(input: QueryInput, items: readonly T[]): { items: readonly T[]; marker: object } {
  const size = read.count(input, 'MaxRecords') ?? 100;
  if (size < 20 || size > 100) {
    throw new AwsError('InvalidParameterValue', `Invalid value ${size} for MaxRecords.`);
  }
  const start = Number(Buffer.from(read.text(input, 'Marker') ?? '', 'base64url').toString() || '0');
  if (!Number.isInteger(start)) throw new AwsError('InvalidParameterValue', 'The marker is not valid.');
  const end = start + size;
  const marker = end < items.length ? { Marker: Buffer.from(String(end)).toString('base64url') } : {};
  return { items: items.slice(start, end), marker };
}
