import { chmodSync, mkdtempSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { bypassProxies } from '../../worker/config.ts';
import { type Infrastructure, startInfrastructure } from '../../worker/embedded/infrastructure.ts';

declare global {
  // eslint-disable-next-line no-var
  var wedscaleInfrastructure: Infrastructure | undefined;
}

/** One real PostgreSQL and one real Temporal server for the whole run; every file makes its own databases. */
export default async function setUp(): Promise<void> {
  bypassProxies();
  const stateDirectory = mkdtempSync(join(tmpdir(), 'wedscale-test-'));
  // As root, PostgreSQL runs as another user, who has to pass through.
  chmodSync(stateDirectory, 0o711);
  const infrastructure = await startInfrastructure({
    stateDirectory,
    throwaway: true,
    environment: process.env,
    cacheDirectory:
      process.env.WEDSCALE_CACHE_DIR ??
      join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'wedscale'),
    progress: (text) => process.stderr.write(`${text}\n`),
    log: pino({ level: 'error' }, pino.destination(2)),
  });
  globalThis.wedscaleInfrastructure = infrastructure;
  process.env.WEDSCALE_TEST_POSTGRES = infrastructure.databaseUrl;
  process.env.WEDSCALE_TEST_TEMPORAL = infrastructure.temporalAddress;
}
