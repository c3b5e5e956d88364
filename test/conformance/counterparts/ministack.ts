import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SERVICES } from '../../../domain/services.ts';
import { freePort } from '../../../worker/embedded/free-port.ts';
import { elastiCacheCases } from '../aws-cases/elasticache.ts';
import { lambdaCases } from '../aws-cases/lambda.ts';
import { environmentWith } from '../config.ts';
import { checkLever } from '../contract-moves.ts';
import type { Counterpart } from '../counterpart.ts';
import { answers, type Server, startServer } from '../processes.ts';
import { PROMISES, promisedCells, rowsOf } from '../promises.ts';
import { pythonEnvironment } from '../python-environment.ts';
import { startMoto } from './moto.ts';

/**
 * A third stand-in for AWS, by others: ElastiCache and provisioned concurrency against it, looked at with the plain
 * SDK. It has no Application Auto Scaling; moto, which has, stands beside it for that.
 */
export const ministack: Counterpart = {
  id: 'ministack',
  services: rowsOf('ministack', promisedCells(SERVICES, PROMISES)),
  notOffered: [
    'any time between accepted and done: capacity is there at once, and provisioned concurrency READY',
    'Application Auto Scaling; for Lambda that of moto stands in, for ElastiCache nobody',
    'ElastiCache: nodes of replicas that are added or taken away, which only the shard lists; the suite makes and deletes them',
    'ElastiCache: ListAllowedNodeTypeModifications, without which no node type is changed: it is read and refused',
    'ElastiCache: ModifyReplicationGroupShardConfiguration; shards are read and a change is refused',
    'Lambda: ListProvisionedConcurrencyConfigs, so a function with reserved concurrency cannot be raised',
  ],
  async run(matrix, { cacheFolder }) {
    const folder = mkdtempSync(join(tmpdir(), 'wedscale-ministack-'));
    const servers: Server[] = [];
    try {
      const { endpoint, ...server } = await startMinistack(cacheFolder, folder);
      servers.push(server);
      const scaling = await startMoto(cacheFolder);
      servers.push(scaling);
      const cases = [
        ...(await elastiCacheCases(endpoint)),
        ...(await lambdaCases(endpoint, scaling.endpoint)),
      ];
      for (const held of cases) await checkLever(matrix, 'ministack', held);
    } finally {
      for (const { stop } of servers) await stop();
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

/** Starts ministack on loopback; without the last two settings it opens a port to everybody, and writes files. */
async function startMinistack(
  cacheFolder: string,
  folder: string,
): Promise<Server & { readonly endpoint: string }> {
  const { command } = await pythonEnvironment(cacheFolder, 'ministack');
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  const env = environmentWith({
    AWS_PROFILE: undefined,
    PYTHONDONTWRITEBYTECODE: '1',
    GATEWAY_PORT: String(port),
    BIND_HOST: '127.0.0.1',
    IOT_MTLS_ENABLED: '0',
    STATE_DIR: folder,
    S3_DATA_DIR: folder,
  });
  const ready = () => answers(`${endpoint}/_ministack/health`);
  const server = await startServer('ministack', command('ministack'), [], ready, { env });
  return { endpoint, stop: server.stop };
}
