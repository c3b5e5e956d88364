import { isTerminal, ProviderError } from '../../../domain/errors.ts';
import type { NewReader, RdsApi } from './_rds-api.ts';
import { type FoundCluster, readersOf } from './_rds-clusters.ts';
import { readerIndex, readerName } from './_rds-reader-names.ts';

import type { DbInstance } from './_rds-shapes.ts';

/** Promoted after everybody else: the writer of tomorrow is not what a season added. */
const LAST_TIER = 15;

/** A cluster just read, and how it is changed. */
export interface ReaderChange {
  readonly api: RdsApi;
  readonly region: string;
  readonly found: FoundCluster;
  readonly signal: AbortSignal;
}

/**
 * Makes readers like those the cluster has, under the lowest free indices. One that exists already is made: the
 * answer to an earlier call was lost.
 * @returns the last request's id, empty where there was nothing to do. @throws ProviderError: of a terminal kind
 * when none of them is left, `Transient` when some are.
 */
export async function addReaders(change: ReaderChange, count: number): Promise<string> {
  const { api, region, found, signal } = change;
  const made: string[] = [];
  let requestId = '';
  for (const instance of freeNames(found).slice(0, count)) {
    try {
      requestId = await unless('DBInstanceAlreadyExists', () =>
        api.createReader(region, { ...modelOf(found), instance }, signal),
      );
      made.push(instance);
    } catch (error) {
      throw await brokenOff(change, made, error);
    }
  }
  return requestId;
}

/**
 * Takes readers away, the highest index first, and only ours.
 * @returns the last request's id. @throws ProviderError `InvalidTarget` when none of them is ours; `Transient`
 * when some are gone and the rest could not be asked for.
 */
export async function removeReaders(change: ReaderChange, count: number): Promise<string> {
  const { api, region, found, signal } = change;
  const ours = ownReaders(found);
  if (ours.length === 0) throw nothingOurs(found, count);
  let requestId = '';
  for (const [index, { instance }] of ours.slice(0, count).entries()) {
    try {
      requestId = await unless('DBInstanceNotFound', () => api.deleteReader(region, instance, signal));
    } catch (error) {
      throw index === 0 ? error : partly(`${index} of ${count} readers are being deleted`, error);
    }
  }
  return requestId;
}

/** Runs a call whose one refusal says that its effect is there already. */
async function unless(vendorCode: string, send: () => Promise<string>): Promise<string> {
  try {
    return await send();
  } catch (error) {
    if (error instanceof ProviderError && error.vendorCode === vendorCode) return '';
    throw error;
  }
}

/**
 * A refusal for good must leave nothing of the attempt: what was made is taken back, for a reader too few is
 * no use and would look like somebody else's.
 */
async function brokenOff(
  { api, region, found, signal }: ReaderChange,
  made: readonly string[],
  error: unknown,
): Promise<unknown> {
  if (made.length === 0) return error;
  const text = `${made.length} readers are being created`;
  if (!(error instanceof ProviderError) || !isTerminal(error.kind)) return partly(text, error);
  try {
    for (const instance of made) {
      await unless('DBInstanceNotFound', () => api.deleteReader(region, instance, signal));
    }
  } catch (again) {
    return partly(`${text} and could not be taken back after: ${error.message}`, again);
  }
  const { kind, message, vendorCode, resource } = error;
  return new ProviderError(kind, message, {
    cause: error,
    highestAcceptableUnits: readersOf(found).length + made.length,
    ...(vendorCode !== undefined && { vendorCode }),
    ...(resource !== undefined && { resource }),
  });
}

/** The rest is not known to be refused, so the whole is unknown: a repeat reads again and goes on from there. */
function partly(text: string, error: unknown): ProviderError {
  const message = error instanceof Error ? error.message : String(error);
  const wait = error instanceof ProviderError ? error.retryAfterMs : undefined;
  const details = { cause: error, ...(wait !== undefined && { retryAfterMs: wait }) };
  return new ProviderError('Transient', `${text}; then: ${message}`, details);
}

/** Names of ours that nothing holds; one that is being deleted holds its own until it is gone. */
function freeNames({ cluster, instances }: FoundCluster): readonly string[] {
  const taken = new Set(instances.map(({ instance }) => instance));
  return Array.from({ length: taken.size + LAST_TIER }, (_, n) => readerName(cluster.cluster, n + 1)).filter(
    (name) => !taken.has(name),
  );
}

/** What a new reader is like: a person's reader, else one of ours, else the writer. */
function modelOf(found: FoundCluster): Omit<NewReader, 'instance'> {
  const { cluster, instances } = found;
  const readers = readersOf(found);
  const theirs = readers.find(({ instance }) => readerIndex(cluster.cluster, instance) === null);
  const model = theirs ?? readers[0] ?? instances.find(({ instance }) => cluster.writers.includes(instance));
  if (model === undefined) {
    const message = `DB cluster ${cluster.cluster} has no instance to make a reader like; give it a writer first.`;
    throw new ProviderError('InvalidTarget', message, { resource: cluster.cluster });
  }
  const { className, parameterGroup, publiclyAccessible, upgradesMinorVersions } = model;
  const likeness = { className, parameterGroup, publiclyAccessible, upgradesMinorVersions };
  return { ...likeness, cluster: cluster.cluster, engine: cluster.engine, promotionTier: LAST_TIER };
}

function ownReaders(found: FoundCluster): readonly DbInstance[] {
  const indexOf = ({ instance }: DbInstance) => readerIndex(found.cluster.cluster, instance) ?? 0;
  return readersOf(found)
    .filter((reader) => indexOf(reader) > 0)
    .toSorted((a, b) => indexOf(b) - indexOf(a));
}

function nothingOurs(found: FoundCluster, count: number): ProviderError {
  const name = found.cluster.cluster;
  const promoted = found.cluster.writers.find((writer) => readerIndex(name, writer) !== null);
  const why = promoted
    ? `${promoted}, which was added for a season, writes now: fail over to another instance first`
    : 'those that are there were made by others and are never taken away';
  return new ProviderError('InvalidTarget', `DB cluster ${name} has ${count} readers too many, but ${why}.`, {
    resource: name,
  });
}
