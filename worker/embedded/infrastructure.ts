import { join } from 'node:path';
import { Connection } from '@temporalio/client';
import type { Logger } from 'pino';
import { checkDatabase, migrate, openDatabase } from '../../store/database.ts';
import { setSettingOnce } from '../../store/settings.ts';
import { type EmbeddedPostgres, refuseClosedPath, startPostgres } from './postgres.ts';
import { openStateDirectory, type StateDirectory } from './state-directory.ts';
import { findTemporal, type Progress } from './temporal-binary.ts';
import { EMBEDDED_NAMESPACE, type EmbeddedTemporal, startTemporal } from './temporal-server.ts';

/** Key under which Temporal's namespace carries the installation's id. */
const STATE_ID = 'wedscaleStateId';

/** PostgreSQL and Temporal, ours or given. */
export interface Infrastructure {
  readonly databaseUrl: string;
  /** `host:port`. */
  readonly temporalAddress: string;
  /** Null for a given server whose Web UI nobody told us of. */
  readonly webUiUrl: string | null;
  /** Process ids of what we started ourselves. */
  pids(): { readonly postgres: number | null; readonly temporal: number | null };
  /** Stops what we started, in reverse. */
  stop(): Promise<void>;
}

/** What to start. */
export interface InfrastructureOptions {
  readonly stateDirectory: string;
  /** State that is thrown away anyway needs no care for power failures. Default false. */
  readonly throwaway?: boolean;
  /** Given servers are used instead of embedded ones. */
  readonly databaseUrl?: string | undefined;
  readonly temporalAddress?: string | undefined;
  readonly webUiUrl?: string | undefined;
  readonly webUiPort?: number | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly cacheDirectory: string;
  readonly progress: Progress;
  readonly log: Logger;
}

/** Starts PostgreSQL and Temporal side by side, each only where none is given. */
export async function startInfrastructure(options: InfrastructureOptions): Promise<Infrastructure> {
  const directory = openStateDirectory(options.stateDirectory);
  const stops: (() => Promise<void> | void)[] = [() => directory.release()];
  const stop = async () => {
    for (const one of stops.splice(0).reverse()) await one();
  };
  try {
    // Before Temporal is built: a first start would else say so minutes later.
    if (options.databaseUrl) await checkDatabase(options.databaseUrl);
    else refuseClosedPath(directory.path);
    const [postgres, temporal] = await settleBoth(
      options.databaseUrl ? null : embeddedPostgres(options, directory),
      options.temporalAddress ? null : embeddedTemporal(options, directory),
      stops,
    );
    const databaseUrl = options.databaseUrl ?? postgres?.databaseUrl ?? '';
    await checkSameInstallation(databaseUrl, temporal, directory);
    return {
      databaseUrl,
      temporalAddress: options.temporalAddress ?? temporal?.address ?? '',
      webUiUrl: options.webUiUrl ?? temporal?.webUiUrl ?? null,
      pids: () => ({ postgres: postgres?.pid() ?? null, temporal: temporal?.pid() ?? null }),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Waits for both even when one fails, so that nothing is left running behind an error. */
async function settleBoth(
  postgres: Promise<EmbeddedPostgres> | null,
  temporal: Promise<EmbeddedTemporal> | null,
  stops: (() => Promise<void> | void)[],
): Promise<[EmbeddedPostgres | null, EmbeddedTemporal | null]> {
  const [first, second] = await Promise.allSettled([postgres, temporal]);
  for (const result of [first, second]) {
    if (result.status === 'fulfilled' && result.value) stops.push(result.value.stop);
  }
  if (first.status === 'rejected') throw first.reason;
  if (second.status === 'rejected') throw second.reason;
  return [first.value, second.value];
}

async function embeddedPostgres(
  options: InfrastructureOptions,
  directory: StateDirectory,
): Promise<EmbeddedPostgres> {
  const postgres = await startPostgres({
    directory: join(directory.path, 'postgres'),
    throwaway: options.throwaway ?? false,
    log: options.log,
  });
  options.progress('PostgreSQL is up');
  return postgres;
}

async function embeddedTemporal(
  options: InfrastructureOptions,
  directory: StateDirectory,
): Promise<EmbeddedTemporal> {
  const { environment, cacheDirectory, progress, log, webUiPort } = options;
  const binary = await findTemporal({ environment, cacheDirectory, progress });
  const temporal = await startTemporal({
    binary,
    directory: join(directory.path, 'temporal'),
    webUiPort,
    log,
  });
  progress(`Temporal is up, Web UI at ${temporal.webUiUrl}`);
  return temporal;
}

/** A database and a Temporal file of two installations would run workflows whose runs nobody knows. */
async function checkSameInstallation(
  databaseUrl: string,
  temporal: EmbeddedTemporal | null,
  { id, path }: StateDirectory,
): Promise<void> {
  const database = openDatabase(databaseUrl, { maximumConnections: 1 });
  try {
    await migrate(database.db);
    if (!temporal) return;
    const stored = await setSettingOnce(database.db, STATE_ID, id);
    const ofTemporal = await namespaceStateId(temporal.address, stored);
    if (ofTemporal === stored) return;
    throw new Error(
      `PostgreSQL belongs to installation ${stored} and Temporal's file in ${path} to ${ofTemporal}. ` +
        'Start with the state directory and database that belong together, or with an empty --state-dir.',
    );
  } finally {
    await database.close();
  }
}

async function namespaceStateId(address: string, fallback: string): Promise<string> {
  const connection = await Connection.connect({ address });
  try {
    const namespace = EMBEDDED_NAMESPACE;
    const described = await connection.workflowService.describeNamespace({ namespace });
    const known = described.namespaceInfo?.data?.[STATE_ID];
    if (known) return known;
    await connection.workflowService.updateNamespace({
      namespace,
      updateInfo: { data: { [STATE_ID]: fallback } },
    });
    return fallback;
  } finally {
    await connection.close();
  }
}
