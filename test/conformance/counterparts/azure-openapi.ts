import { deepStrictEqual, equal, ok } from 'node:assert/strict';
import { UNGUARDED } from '../../../activities/calls/call-guard.ts';
import { createAksScaler } from '../../../activities/scalers/azure/aks.ts';
import type { ProviderErrorKind } from '../../../domain/errors.ts';
import type { ScalingTarget } from '../../../domain/fleet.ts';
import type { Scaler } from '../../../domain/scaler.ts';
import { type SandboxProcess, startSandbox } from '../../support/sandbox.ts';
import { type AzureDocuments, asOf, azureDocuments } from '../azure-documents.ts';
import { targetOf } from '../cloud-targets.ts';
import type { Counterpart } from '../counterpart.ts';
import type { Matrix } from '../matrix.ts';
import { azureJudge, type ExchangeJudge } from '../oav.ts';
import { type Exchange, startRecorder } from '../recorder.ts';
import { raise, readOne, refusedAs, restore, set, settled } from '../scaler-moves.ts';

const SERVICE = 'azure.aks';
const COUNTERPART = 'oav';

/** Four minutes for a node pool pass in four seconds, which leaves time to meet it while it changes. */
const TIME_SCALE = 60;
const CLUSTER = {
  subscriptionId: '6f1c1c6e-3d6a-4c0e-9c55-3b0f4d1f7a10',
  resourceGroup: 'weddings',
  cluster: 'weddings',
};

/** Requests of the scaler and answers of the sandbox, against Microsoft's own description by its own validator. */
export const azureOpenApi: Counterpart = {
  id: COUNTERPART,
  services: [SERVICE],
  async run(matrix, { cacheFolder, dataFolder }) {
    const documents = azureDocuments(dataFolder);
    const judge = await azureJudge(cacheFolder, documents.directory, documents.pattern);
    const sandbox = await startSandbox({ timeScale: TIME_SCALE });
    const recorder = await startRecorder(sandbox.addresses.azure);
    try {
      await moveEverything(
        matrix,
        sandbox,
        createAksScaler({ mode: 'sandbox', endpoint: recorder.url }, { guard: UNGUARDED }),
      );
    } finally {
      await recorder.stop();
      await sandbox.stop();
    }
    await judgeAll(matrix, documents, judge, recorder.exchanges);
  },
};

const pool = (name: string, autoscaled: boolean) =>
  targetOf(SERVICE, 'westeurope', { ...CLUSTER, pool: name }, autoscaled);

function worldOf(targets: readonly ScalingTarget[]): object {
  const resources = targets.map(({ service, region, reference, autoscaled }) => {
    const range = autoscaled ? { minimumUnits: 3, maximumUnits: 8 } : {};
    return { service, region, reference, autoscaled, ...range, units: 3 };
  });
  return { resources, recordSets: [] };
}

/** What a run does to a pool, and every refusal it can meet. */
async function moveEverything(matrix: Matrix, sandbox: SandboxProcess, scaler: Scaler): Promise<void> {
  const targets = [pool('gallery', true), pool('uploads', false)];
  await sandbox.loadWorld(worldOf(targets));
  for (const target of targets) {
    await matrix.check(
      SERVICE,
      COUNTERPART,
      `${target.reference.pool}: read, raise, settle, restore`,
      async () => {
        const { seen, want } = await raise(scaler, target, 12);
        const between = await readOne(scaler, target);
        await refusedAs('UpdateInProgress', () => set(scaler, target, between, seen.owned));
        equal(await settled(scaler, target, want), 12);
        await restore(scaler, target, seen.owned);
      },
    );
  }
  await matrix.check(SERVICE, COUNTERPART, 'every refusal is met', () => refusals(sandbox, scaler));
}

const KINDS: Readonly<Record<string, ProviderErrorKind>> = {
  throttle: 'Throttled',
  denied: 'PermissionDenied',
  quota: 'QuotaExceeded',
  invalid: 'InvalidTarget',
  serverError: 'Transient',
};

async function refusals(sandbox: SandboxProcess, scaler: Scaler): Promise<void> {
  const uploads = pool('uploads', false);
  const nowhere = targetOf(SERVICE, 'westeurope', { ...CLUSTER, cluster: 'nowhere', pool: 'x' }, false);
  await refusedAs('NotFound', () => readOne(scaler, nowhere));
  for (const [kind, wanted] of Object.entries(KINDS)) {
    const seen = await readOne(scaler, uploads);
    await sandbox.faults({ match: { operation: 'AgentPools_CreateOrUpdate' }, kind, times: 1 });
    await refusedAs(wanted, () => set(scaler, uploads, seen, { kind: 'count', units: 20 }));
    await sandbox.clearFaults();
  }
}

async function judgeAll(
  matrix: Matrix,
  documents: AzureDocuments,
  judge: ExchangeJudge,
  exchanges: readonly Exchange[],
): Promise<void> {
  const check = (name: string, body: () => Promise<void> | void) =>
    matrix.check(SERVICE, COUNTERPART, name, body);
  const left = new Set<string>();
  const judged = exchanges.map((exchange) => asOf(documents, exchange, left));
  for (const [name, same] of Map.groupBy(judged, kindOf)) {
    await check(`${same.length} × ${name}, request and answer`, async () => {
      const faults = await Promise.all(same.map(judge));
      equal([...new Set(faults.flat())].join('\n'), '');
    });
  }
  console.log(`        newer than ${documents.apiVersion}, left out: ${[...left].join(', ') || 'nothing'}`);
  await check('what is newer is the ETag alone', () => deepStrictEqual([...left], ['eTag']));
  await check('every PUT goes under the ETag that was read', () => {
    const puts = exchanges.filter(({ method }) => method === 'PUT');
    ok(puts.length > 0);
    for (const { headers } of puts) ok(/^"?[0-9a-f-]{36}"?$/.test(headers['if-match'] ?? ''), 'no If-Match');
  });
  await check('all calls and refusals were recorded', () => {
    const kinds = new Set(judged.map(kindOf));
    const wanted = ['GET list 200', 'GET list 404', 'GET pool 200', 'PUT pool 200', 'PUT pool 400'];
    wanted.push('PUT pool 403', 'PUT pool 409', 'PUT pool 429', 'PUT pool 500');
    equal(wanted.filter((kind) => !kinds.has(kind)).join(', '), '');
  });
  await check('a request or an answer with a slip in it is noticed', () => noticesSlips(judge, judged));
}

function kindOf({ method, path, status }: Exchange): string {
  return `${method} ${path.endsWith('/agentPools') ? 'list' : 'pool'} ${status}`;
}

async function noticesSlips(judge: ExchangeJudge, judged: readonly Exchange[]): Promise<void> {
  const put = judged.find(({ method, status }) => method === 'PUT' && status === 200);
  ok(put);
  const refused = judged.find(({ status }) => status === 409);
  ok(refused);
  const withCount = (count: unknown) => JSON.stringify({ properties: { count } });
  const slips: readonly Exchange[] = [
    { ...put, body: withCount('twelve') },
    { ...put, body: JSON.stringify({ properties: { nodes: 12 } }) },
    { ...put, answerBody: withCount('twelve') },
    { ...put, answerBody: JSON.stringify({ id: 12 }) },
    { ...refused, answerBody: JSON.stringify({ error: 'busy' }) },
    { ...put, path: put.path.replace('/agentPools/', '/pools/') },
    { ...put, query: new URLSearchParams({ 'api-version': '2031-01-01' }) },
  ];
  for (const slip of slips) ok((await judge(slip)).length > 0, `not noticed: ${JSON.stringify(slip)}`);
}
