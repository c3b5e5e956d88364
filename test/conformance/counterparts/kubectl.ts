import { deepStrictEqual, equal, match, ok } from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type SandboxProcess, startSandbox } from '../../support/sandbox.ts';
import type { Counterpart } from '../counterpart.ts';
import { createKubectl, type Kubectl } from '../kubectl.ts';
import { kubernetesBinaries } from '../kubernetes-binaries.ts';
import { type Matrix, NotRun } from '../matrix.ts';
import { eventually, run } from '../processes.ts';

const TIME_SCALE = 200;
const CLUSTER = 'edge';
const NAMESPACE = 'weddings';
const DEPLOYMENT = 'kubernetes.deployment';
const HPA = 'kubernetes.hpa';

/** kubectl keeps its token to itself over plain HTTP. */
const CALLER = 'anonymous';

/** The sandbox serves no OpenAPI, so kubectl cannot check a file before it sends it. */
const REPLACE = ['replace', '--validate=false', '-f', '-'];

/** kubectl against the sandbox: the built one, or without Go the one on the PATH. */
export const kubectl: Counterpart = {
  id: 'kubectl',
  services: [DEPLOYMENT, HPA],
  async run(matrix, { cacheFolder }) {
    const command = await kubectlCommand(cacheFolder);
    const sandbox = await startSandbox({ timeScale: TIME_SCALE });
    const folder = mkdtempSync(join(tmpdir(), 'wedscale-kubectl-'));
    try {
      await sandbox.loadWorld(world());
      const kubeconfig = writeKubeconfig(folder, `${sandbox.addresses.kubernetes}/clusters/${CLUSTER}`);
      const client = createKubectl(command, kubeconfig, CLUSTER, folder);
      await checkDeployments(matrix, client, sandbox);
      await checkAutoscalers(matrix, client, sandbox);
    } finally {
      await sandbox.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

async function kubectlCommand(cacheFolder: string): Promise<string> {
  try {
    return (await kubernetesBinaries(cacheFolder)).command('kubectl');
  } catch (error) {
    const onPath = await run('kubectl', ['version', '--client']).catch(() => null);
    if (!(error instanceof NotRun) || onPath?.code !== 0) throw error;
    console.log(`        kubectl of the PATH: ${onPath.stdout.split('\n')[0]}`);
    return 'kubectl';
  }
}

function world(): object {
  const reference = (name: string) => ({ cluster: CLUSTER, namespace: NAMESPACE, name });
  const shared = { region: 'fsn1', units: 3, quotaUnits: 60 };
  const range = { autoscaled: true, minimumUnits: 3, maximumUnits: 20 };
  const resources = [
    { ...shared, service: DEPLOYMENT, reference: reference('uploads'), autoscaled: false },
    { ...shared, service: HPA, reference: reference('gallery'), ...range },
  ];
  return { resources, recordSets: [] };
}

function writeKubeconfig(folder: string, server: string): string {
  const file = join(folder, 'kubeconfig');
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: CLUSTER, cluster: { server } }],
    users: [{ name: 'person', user: {} }],
    contexts: [{ name: CLUSTER, context: { cluster: CLUSTER, user: 'person', namespace: NAMESPACE } }],
    'current-context': CLUSTER,
  };
  writeFileSync(file, JSON.stringify(config));
  return file;
}

/** Expects kubectl to give up with these words. */
async function refused(client: Kubectl, words: RegExp, args: readonly string[], input = ''): Promise<void> {
  const { code, stdout, stderr } = await client.run(args, input);
  ok(code !== 0, `it was taken: ${stdout}`);
  match(stderr, words);
}

async function checkDeployments(matrix: Matrix, client: Kubectl, sandbox: SandboxProcess): Promise<void> {
  const check = (name: string, body: () => Promise<void>) => matrix.check(DEPLOYMENT, 'kubectl', name, body);
  await check('version, api-resources, get namespaces', async () => {
    match(await client.output('version'), /Server Version: v1\.36\.2/);
    match(await client.output('api-resources'), /deployments +deploy +apps\/v1 +true +Deployment/);
    equal(await client.output('get', 'namespaces', '-o', 'name'), `namespace/${NAMESPACE}\n`);
  });
  await check('get deploy: one, all, by label, in all namespaces', async () => {
    const { spec, status } = await client.object('get', 'deploy', 'uploads');
    deepStrictEqual([spec.replicas, status.availableReplicas], [3, 3]);
    const names = 'deployment.apps/uploads\ndeployment.apps/gallery\n';
    equal(await client.output('get', 'deploy', '-o', 'name'), names);
    equal(await client.output('get', 'deploy', '-A', '-o', 'name'), names);
    equal(
      await client.output('get', 'deploy', '-l', 'app=uploads', '-o', 'name'),
      'deployment.apps/uploads\n',
    );
    match(await client.output('get', 'deploy'), /^uploads\b/m);
    match(
      await client.output('describe', 'deploy', 'uploads'),
      /3 desired \| 3 updated \| 3 total \| 3 available/,
    );
  });
  await check('scale, and the pods come', async () => {
    match(await client.output('scale', 'deploy/uploads', '--replicas=9'), /uploads scaled/);
    await eventually('nine pods', async () => {
      return (await client.object('get', 'deploy', 'uploads')).status.availableReplicas === 9;
    });
    const last = (await sandbox.ledger()).at(-1);
    deepStrictEqual([last?.caller, last?.before.desiredUnits, last?.after.desiredUnits], [CALLER, 3, 9]);
  });
  await check('scale under a count that is not there is refused', () =>
    refused(client, /Expected replicas to be 4, was 9/, [
      'scale',
      'deploy/uploads',
      '--replicas=2',
      '--current-replicas=4',
    ]),
  );
  for (const type of ['strategic', 'merge'] as const) {
    await check(`patch of the replicas, type ${type}`, async () => {
      const replicas = type === 'merge' ? 5 : 7;
      const patch = JSON.stringify({ spec: { replicas } });
      await client.output('patch', 'deploy', 'uploads', '--type', type, '-p', patch);
      equal((await client.object('get', 'deploy', 'uploads')).spec.replicas, replicas);
    });
  }
  await check('replace under an old resourceVersion is a Conflict', async () => {
    const old = await client.object('get', 'deploy', 'uploads');
    await client.output('scale', 'deploy/uploads', '--replicas=6');
    await refused(client, /Conflict|has been modified/, REPLACE, JSON.stringify(old));
    equal((await client.object('get', 'deploy', 'uploads')).spec.replicas, 6);
  });
  await check('what does not exist is NotFound, what is too much is Forbidden', async () => {
    await refused(client, /\(NotFound\).*"nobody" not found/, ['get', 'deploy', 'nobody']);
    await refused(client, /exceeded quota/, ['scale', 'deploy/uploads', '--replicas=61']);
  });
  await check('a throttle is waited out by kubectl itself', async () => {
    await sandbox.faults({
      match: { vendor: 'kubernetes' },
      kind: 'throttle',
      times: 1,
      retryAfterSeconds: 1,
    });
    equal((await client.object('get', 'deploy', 'uploads')).spec.replicas, 6);
  });
}

async function checkAutoscalers(matrix: Matrix, client: Kubectl, sandbox: SandboxProcess): Promise<void> {
  const check = (name: string, body: () => Promise<void>) => matrix.check(HPA, 'kubectl', name, body);
  const live = () => client.object('get', 'hpa', 'gallery');
  const patched = (spec: object, type: string) =>
    client.output('patch', 'hpa', 'gallery', '--type', type, '-p', JSON.stringify({ spec }));
  await check('get hpa: one, all, and as a person reads it', async () => {
    const { spec } = await live();
    deepStrictEqual([spec.minReplicas, spec.maxReplicas, spec.scaleTargetRef.name], [3, 20, 'gallery']);
    equal(await client.output('get', 'hpa', '-o', 'name'), 'horizontalpodautoscaler.autoscaling/gallery\n');
    match(await client.output('get', 'hpa'), /^gallery\b/m);
    match(await client.output('describe', 'hpa', 'gallery'), /Min replicas: +3\n/);
  });
  for (const type of ['strategic', 'merge'] as const) {
    await check(`patch of the minimum, type ${type}, which the pods follow`, async () => {
      const before = (await live()).spec;
      const minReplicas = type === 'merge' ? 12 : 8;
      await patched({ minReplicas }, type);
      deepStrictEqual((await live()).spec, { ...before, minReplicas });
      await eventually(`${minReplicas} pods`, async () => {
        const deployment = await client.object('get', 'deploy', 'gallery');
        return deployment.status.availableReplicas === minReplicas;
      });
    });
  }
  await check('a minimum above the maximum is Invalid', async () => {
    const args = ['patch', 'hpa', 'gallery', '-p', JSON.stringify({ spec: { minReplicas: 21 } })];
    await refused(client, /is invalid: spec\.maxReplicas: Invalid value: 20/, args);
    equal((await live()).spec.minReplicas, 12);
  });
  await check('replace of the whole object as it was read', async () => {
    const object = await live();
    object.spec.maxReplicas = 30;
    const { code, stderr } = await client.run(REPLACE, JSON.stringify(object));
    equal(code, 0, stderr);
    equal((await live()).spec.maxReplicas, 30);
    const last = (await sandbox.ledger()).findLast((entry) => entry.caller === CALLER);
    deepStrictEqual([last?.before.maximumUnits, last?.after.maximumUnits], [20, 30]);
  });
  await check('what does not exist is NotFound', () =>
    refused(client, /\(NotFound\).*"nobody" not found/, ['get', 'hpa', 'nobody']),
  );
}
