import { equal, ok } from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { UNGUARDED } from '../../../activities/calls/call-guard.ts';
import { createMigScaler } from '../../../activities/scalers/gcp/mig.ts';
import type { ScalingTarget } from '../../../domain/fleet.ts';
import { type SandboxProcess, startSandbox } from '../../support/sandbox.ts';
import { type ApiDocument, methodOf, requestFaults, responseFaults } from '../api-document.ts';
import { targetOf } from '../cloud-targets.ts';
import type { ConformanceConfig } from '../config.ts';
import type { Counterpart } from '../counterpart.ts';
import { discoveryDocument, openApiDocument } from '../google-documents.ts';
import type { Matrix } from '../matrix.ts';
import { pythonEnvironment } from '../python-environment.ts';
import { type Exchange, type Recorder, startRecorder } from '../recorder.ts';
import { raise, readOne, refusedAs, restore, set, settled } from '../scaler-moves.ts';

const SERVICE = 'gcp.mig';
const TIME_SCALE = 200;
const PLACES = ['europe-west1', 'europe-west1-b'];

/** Every method the scaler is to have used, in zones and in regions. */
const METHODS = [
  'autoscalers.get',
  'autoscalers.list',
  'autoscalers.patch',
  'instanceGroupManagers.get',
  'instanceGroupManagers.list',
  'instanceGroupManagers.resize',
  'regionAutoscalers.get',
  'regionAutoscalers.list',
  'regionAutoscalers.patch',
  'regionInstanceGroupManagers.get',
  'regionInstanceGroupManagers.list',
  'regionInstanceGroupManagers.resize',
  'regionOperations.get',
  'zoneOperations.get',
].map((name) => `compute.${name}`);

/** Requests of the scaler, recorded before the sandbox, against Google's own description of Compute Engine. */
export const googleDiscovery: Counterpart = {
  id: 'Google discovery',
  services: [SERVICE],
  async run(matrix, config) {
    const sandbox = await startSandbox({ timeScale: TIME_SCALE });
    const recorder = await startRecorder(sandbox.addresses.gcp);
    try {
      await moveEverything(matrix, sandbox, recorder);
    } finally {
      await recorder.stop();
      await sandbox.stop();
    }
    for (const document of await documents(matrix, config)) {
      await checkDocument(matrix, document, recorder.exchanges);
    }
  },
};

/** The document of google-api-python-client, and the one of the data files where they were given. */
async function documents(
  matrix: Matrix,
  { cacheFolder, dataFolder }: ConformanceConfig,
): Promise<readonly ApiDocument[]> {
  const { sitePackages } = await pythonEnvironment(cacheFolder);
  const folder = join(sitePackages, 'googleapiclient', 'discovery_cache', 'documents');
  const found = [discoveryDocument(join(folder, 'compute.v1.json'))];
  const file = dataFolder && join(dataFolder, 'specs', 'gcp', 'openapi3-2025-07', 'compute.yaml.gz');
  if (file && existsSync(file)) found.push(openApiDocument(file));
  else matrix.notRun(SERVICE, 'Google discovery', `the older document: ${file ?? 'no --data'} is not there`);
  return found;
}

function targets(): readonly ScalingTarget[] {
  return PLACES.flatMap((location) =>
    [true, false].map((autoscaled) => {
      const name = autoscaled ? 'gallery' : 'uploads';
      return targetOf(SERVICE, 'europe-west1', { project: 'weddings', location, name }, autoscaled);
    }),
  );
}

function worldOf(all: readonly ScalingTarget[]): object {
  const resources = all.map(({ service, region, reference, autoscaled }) => {
    const range = autoscaled ? { minimumUnits: 3, maximumUnits: 8 } : {};
    return { service, region, reference, autoscaled, ...range, units: 3 };
  });
  return { resources, recordSets: [] };
}

/** What a run does to a group, and what can come between: enough for every request the scaler can send. */
async function moveEverything(matrix: Matrix, sandbox: SandboxProcess, recorder: Recorder): Promise<void> {
  const all = targets();
  await sandbox.loadWorld(worldOf(all));
  const scaler = createMigScaler({ mode: 'sandbox', endpoint: recorder.url }, { guard: UNGUARDED });
  for (const target of all) {
    const name = `${target.reference.location}/${target.reference.name}: read, raise, settle, Stale, restore`;
    await matrix.check(SERVICE, 'Google discovery', name, async () => {
      const { seen, want } = await raise(scaler, target, 12);
      equal(await settled(scaler, target, want), 12);
      const edited = want.kind === 'count' ? { desiredUnits: 13 } : { minimumUnits: 13, maximumUnits: 14 };
      const { project, location, name: group } = target.reference;
      const resource = `gcp.mig/europe-west1/${project}/${location}/${group}`;
      await sandbox.send('POST', '/people', { resource, change: edited });
      const stale = { ...(await readOne(scaler, target)), owned: want };
      await refusedAs('Stale', () => set(scaler, target, stale, seen.owned));
      await restore(scaler, target, seen.owned);
    });
  }
}

async function checkDocument(
  matrix: Matrix,
  document: ApiDocument,
  exchanges: readonly Exchange[],
): Promise<void> {
  const check = (name: string, body: () => void) =>
    matrix.check(SERVICE, 'Google discovery', `${document.label}: ${name}`, body);
  await check('every method of zones and regions was used', () => {
    const used = new Set(exchanges.map((exchange) => methodOf(document, exchange)?.id));
    equal(METHODS.filter((id) => !used.has(id)).join(', '), '');
  });
  await check(`all ${exchanges.length} requests: path, method, parameters, body`, () =>
    nothingAgainst(exchanges, (exchange) => requestFaults(document, exchange)),
  );
  await check(`all ${exchanges.length} answers of the sandbox: known fields of the right types`, () =>
    nothingAgainst(exchanges, (exchange) => responseFaults(document, exchange)),
  );
  await check('a request with a slip in it is noticed', () => noticesSlips(document, exchanges));
}

function nothingAgainst(
  exchanges: readonly Exchange[],
  faultsOf: (exchange: Exchange) => readonly string[],
): void {
  ok(exchanges.length > 0, 'nothing was recorded');
  const faults = exchanges.flatMap((exchange) =>
    faultsOf(exchange).map((fault) => `${exchange.method} ${exchange.path}: ${fault}`),
  );
  equal([...new Set(faults)].join('\n'), '');
}

function noticesSlips(document: ApiDocument, exchanges: readonly Exchange[]): void {
  const resize = exchanges.find(({ path }) => path.endsWith('/resize'));
  const patch = exchanges.find(({ method }) => method === 'PATCH');
  ok(resize && patch);
  const policy = (fields: object) => ({ ...patch, body: JSON.stringify({ autoscalingPolicy: fields }) });
  const slips: readonly Exchange[] = [
    { ...resize, query: new URLSearchParams({ requestId: crypto.randomUUID() }) },
    { ...resize, query: new URLSearchParams({ size: 'many' }) },
    { ...resize, query: new URLSearchParams({ size: '3', amount: '3' }) },
    { ...resize, method: 'PUT' },
    { ...resize, path: resize.path.replace('/resize', '/scale') },
    policy({ minNumReplicas: '12' }),
    policy({ minimumReplicas: 12 }),
    policy({ mode: 'SOMETIMES' }),
  ];
  for (const slip of slips) ok(requestFaults(document, slip).length > 0, JSON.stringify(slip));
}
