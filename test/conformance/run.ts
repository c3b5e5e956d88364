import { SERVICES } from '../../domain/services.ts';
import { conformanceConfig } from './config.ts';
import type { Counterpart } from './counterpart.ts';
import { awsCli } from './counterparts/aws-cli.ts';
import { azureOpenApi } from './counterparts/azure-openapi.ts';
import { boto3 } from './counterparts/boto3.ts';
import { googleClient } from './counterparts/google-client.ts';
import { googleDiscovery } from './counterparts/google-discovery.ts';
import { kubectl } from './counterparts/kubectl.ts';
import { kubernetes } from './counterparts/kubernetes.ts';
import { ministack } from './counterparts/ministack.ts';
import { moto } from './counterparts/moto.ts';
import { createMatrix, type Matrix, NotRun } from './matrix.ts';
import { PROMISES, promisedCells, promiseFaults } from './promises.ts';

/**
 * The product against servers, clients and documents that others wrote: scalers and router against other
 * stand-ins and a real Kubernetes, every request against the vendors' own descriptions, and the vendors' own
 * clients against the sandbox. Ends with a table, what was not run and why, what nobody offers, and
 * `N passed, N failed`; a cell that promises.ts names and that nobody asked about is one that failed.
 */
const COUNTERPARTS: readonly Counterpart[] = [
  moto,
  ministack,
  boto3,
  awsCli,
  googleDiscovery,
  googleClient,
  azureOpenApi,
  kubernetes,
  kubectl,
];

const config = conformanceConfig(process.argv.slice(2));
const matrix = createMatrix(console.log);

async function ask(counterpart: Counterpart, into: Matrix): Promise<void> {
  const startedMs = Date.now();
  try {
    await counterpart.run(into, config);
  } catch (error) {
    const words = error instanceof Error ? (error.stack ?? error.message) : String(error);
    for (const service of counterpart.services) {
      if (error instanceof NotRun) into.notRun(service, counterpart.id, error.message);
      else into.enter(service, counterpart.id, 'runs at all', words);
    }
  }
  console.log(`       ${counterpart.id}: ${((Date.now() - startedMs) / 1000).toFixed(1)} s`);
}

const unknown = config.only.filter((id) => !COUNTERPARTS.some((counterpart) => counterpart.id === id));
for (const id of unknown) matrix.enter(id, id, 'is a counterpart', `none is called ${id}`);
for (const counterpart of COUNTERPARTS) {
  if (config.only.length === 0 || config.only.includes(counterpart.id)) await ask(counterpart, matrix);
  else
    for (const service of counterpart.services) matrix.notRun(service, counterpart.id, 'left out by --only');
}
const ids = COUNTERPARTS.map(({ id }) => id);
for (const fault of promiseFaults(SERVICES, PROMISES, ids))
  matrix.enter('registry', 'promises', 'agree', fault);
const notOffered = COUNTERPARTS.flatMap(({ id, notOffered: lines = [] }) =>
  lines.map((what) => ({ counterpart: id, what })),
);
process.exitCode = matrix.close(promisedCells(SERVICES, PROMISES), notOffered) ? 0 : 1;
