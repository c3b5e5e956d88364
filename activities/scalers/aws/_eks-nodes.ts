import type { Cluster, EKSClient } from '@aws-sdk/client-eks';
import type { CoreV1Api, V1Node } from '@kubernetes/client-node';
import type { VendorConnection } from '../../../domain/connection.ts';
import { ProviderError } from '../../../domain/errors.ts';
import type { CallGuard } from '../../calls/call-guard.ts';
import { type CallOptions, untilAborted } from '../kubernetes/_abort.ts';
import { kubernetesError } from '../kubernetes/_errors.ts';
import { type AwsAccess, batches } from './_client.ts';
import { eksToken } from './_eks-token.ts';

/** A cluster of EKS. */
export interface ClusterName {
  readonly region: string;
  readonly cluster: string;
}

/** Label of every node of a managed node group. Source: EKS user guide, managed node groups. */
const NODEGROUP_LABEL = 'eks.amazonaws.com/nodegroup';

/** Names of one selector, so that a URL stays short; nodes of one page. Ours. */
const SELECTOR_LIMIT = 50;
const PAGE_LIMIT = 500;

interface ClusterClient {
  readonly core: CoreV1Api;
  readonly until: (signal: AbortSignal) => CallOptions;
  readonly usableUntilMs: number;
}

/** Nodes that are Ready and schedulable, by node group of a cluster; 0 for one without any. */
export type NodeCounter = (
  name: ClusterName,
  nodegroups: readonly string[],
  signal: AbortSignal,
) => Promise<ReadonlyMap<string, number>>;

/**
 * Counts nodes through the Kubernetes API of a cluster: where it is and by whom it is certified says DescribeCluster,
 * who asks says a token. Both are kept until the token ends, or until the nodes could not be read.
 * @param clients the guarded clients of EKS; a page of nodes passes the guard as a call of Kubernetes.
 */
export function createNodeCounter(
  access: AwsAccess,
  clients: (region: string) => Promise<EKSClient>,
): NodeCounter {
  const known = new Map<string, Promise<ClusterClient>>();
  async function clientOf({ region, cluster }: ClusterName, signal: AbortSignal): Promise<ClusterClient> {
    const id = `${region}/${cluster}`;
    const kept = known.get(id);
    if (kept && (await kept).usableUntilMs > Date.now()) return kept;
    const fresh = clients(region).then((client) => connect(client, access.connection, cluster, signal));
    known.set(id, fresh);
    fresh.catch(() => known.delete(id));
    return fresh;
  }
  return async (name, nodegroups, signal) => {
    // What AWS says of the cluster is an error of AWS; what follows is one of the cluster.
    const client = await clientOf(name, signal);
    try {
      return await count(client, access.guard, name.region, nodegroups, signal);
    } catch (error) {
      const id = `${name.region}/${name.cluster}`;
      known.delete(id);
      throw kubernetesError(error, `nodes of EKS cluster ${id}`);
    }
  };
}

async function count(
  client: ClusterClient,
  guard: CallGuard,
  region: string,
  nodegroups: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, number>> {
  const counts = new Map(nodegroups.map((nodegroup) => [nodegroup, 0]));
  for (const batch of batches(nodegroups, SELECTOR_LIMIT)) {
    const selector = `${NODEGROUP_LABEL} in (${batch.join(',')})`;
    for await (const nodes of pagesOf(client, guard, region, selector, signal)) {
      for (const { metadata } of nodes.filter(serves)) {
        const nodegroup = metadata?.labels?.[NODEGROUP_LABEL] ?? '';
        counts.set(nodegroup, (counts.get(nodegroup) ?? 0) + 1);
      }
    }
  }
  return counts;
}

async function* pagesOf(
  { core, until }: ClusterClient,
  guard: CallGuard,
  region: string,
  labelSelector: string,
  signal: AbortSignal,
): AsyncGenerator<readonly V1Node[]> {
  const call = { provider: 'kubernetes', region, api: 'Kubernetes', operation: 'ListNodes' } as const;
  let page: string | undefined;
  do {
    const request = { labelSelector, limit: PAGE_LIMIT, ...(page && { _continue: page }) };
    const { items, metadata } = await guard.run(call, () => core.listNode(request, until(signal)));
    yield items;
    page = metadata?._continue;
  } while (page);
}

function serves({ spec, status }: V1Node): boolean {
  const ready = status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True');
  return ready === true && spec?.unschedulable !== true;
}

async function connect(
  client: EKSClient,
  connection: VendorConnection,
  name: string,
  abortSignal: AbortSignal,
): Promise<ClusterClient> {
  const { DescribeClusterCommand } = await import('@aws-sdk/client-eks');
  const { cluster } = await client.send(new DescribeClusterCommand({ name }), { abortSignal });
  const { server, caData, partition } = addressOf(name, cluster, connection);
  const token = await eksToken(client, name, partition);
  const { CoreV1Api, KubeConfig, Observable } = await import('@kubernetes/client-node');
  const config = new KubeConfig();
  const skipTLSVerify = connection.mode === 'sandbox';
  config.loadFromClusterAndUser(
    { name, server, skipTLSVerify, ...(caData === undefined ? {} : { caData }) },
    { name, token: token.value },
  );
  return {
    core: config.makeApiClient(CoreV1Api),
    until: untilAborted(Observable),
    usableUntilMs: token.usableUntilMs,
  };
}

/** The sandbox speaks plain HTTP, where no certificate is to be checked, and sends nobody to another host. */
function addressOf(name: string, cluster: Cluster | undefined, connection: VendorConnection) {
  const { endpoint: server, certificateAuthority, arn = '', status } = cluster ?? {};
  const caData = certificateAuthority?.data;
  const sandbox = connection.mode === 'sandbox';
  if (server === undefined || (caData === undefined && !sandbox)) {
    const message = `EKS cluster ${name} is ${status ?? 'of no status'} and has no endpoint yet.`;
    throw new ProviderError('Transient', message, { resource: name });
  }
  if (sandbox && new URL(server).hostname !== new URL(connection.endpoint).hostname) {
    const message = `The sandbox gave EKS cluster ${name} an endpoint elsewhere, ${server}; it is not asked.`;
    throw new ProviderError('InvalidTarget', message, { resource: name });
  }
  return { server, caData, partition: arn.split(':')[1] ?? 'aws' };
}
