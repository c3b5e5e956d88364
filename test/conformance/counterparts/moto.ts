import { SERVICES } from '../../../domain/services.ts';
import { freePort } from '../../../worker/embedded/free-port.ts';
import { asgCases } from '../aws-cases/asg.ts';
import { ecsCases } from '../aws-cases/ecs.ts';
import { eksCases } from '../aws-cases/eks.ts';
import { rdsCases } from '../aws-cases/rds.ts';
import { environmentWith } from '../config.ts';
import { checkLever } from '../contract-moves.ts';
import type { Counterpart } from '../counterpart.ts';
import { answers, type Server, startServer } from '../processes.ts';
import { PROMISES, promisedCells, rowsOf } from '../promises.ts';
import { pythonEnvironment } from '../python-environment.ts';
import { checkRouter } from './moto-route-53.ts';

/** Another stand-in for AWS, by others: scalers and router against it, looked at with the plain SDK. */
export const moto: Counterpart = {
  id: 'moto',
  services: [...rowsOf('moto', promisedCells(SERVICES, PROMISES)), 'aws.route53'],
  notOffered: [
    'any time between accepted and done, a throttle, a quota or want of capacity: all of it is there at once',
    'Application Auto Scaling that acts: a minimum is stored and moves nothing; the suite does what it would',
    'Application Auto Scaling of ElastiCache: the namespace is refused',
    'Auto Scaling groups: an update that does not name the mixed instances policy drops it, which AWS does not; a desired capacity above the maximum is taken',
    'EKS: a Kubernetes API behind a cluster; how many nodes are Ready is said by the suite',
    'EKS: client tokens, and the refusal of a second update while the first is under way',
    'ElastiCache: changing the number of replicas or shards',
    'Lambda: provisioned concurrency',
    'RDS: a change that is pending, and the hours in which a volume takes no other',
  ],
  async run(matrix, { cacheFolder }) {
    const { endpoint, stop } = await startMoto(cacheFolder);
    try {
      for (const cases of [asgCases, ecsCases, eksCases, rdsCases]) {
        for (const held of await cases(endpoint)) await checkLever(matrix, 'moto', held);
      }
      await checkRouter(matrix, endpoint);
    } finally {
      await stop();
    }
  },
};

/** Starts moto on loopback, on a port of its own. */
export async function startMoto(cacheFolder: string): Promise<Server & { readonly endpoint: string }> {
  const { command } = await pythonEnvironment(cacheFolder);
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  const args = ['-H', '127.0.0.1', '-p', String(port)];
  const server = await startServer(
    'moto',
    command('moto_server'),
    args,
    () => answers(`${endpoint}/moto-api/`),
    { env: environmentWith({ AWS_PROFILE: undefined, PYTHONDONTWRITEBYTECODE: '1' }) },
  );
  return { endpoint, stop: server.stop };
}
