import type {
  Autoscaler,
  AutoscalerBody,
  ClusterApi,
  Deployment,
  NamespaceScope,
} from '../../activities/scalers/kubernetes/_client.ts';
import { ProviderError } from '../../domain/errors.ts';
import type { ScalingTarget } from '../../domain/fleet.ts';

/** A target in namespace `weddings` of cluster `edge`. */
export function target(name: string, fields: Partial<ScalingTarget> = {}): ScalingTarget {
  return {
    id: `kubernetes.deployment/${name}`,
    service: 'kubernetes.deployment',
    region: 'fsn1',
    reference: { cluster: 'edge', namespace: 'weddings', name },
    workload: 'gallery',
    markets: ['gb'],
    capacityPerUnit: 100,
    maximumUnits: 50,
    hourlyUsdPerUnit: 0.05,
    critical: false,
    requiresStabilization: false,
    leadTimeMinutes: 5,
    loadSource: { kind: 'observations' },
    autoscaled: true,
    baselineUnits: 3,
    ...fields,
  };
}

/** Every cluster shows these objects; writes follow the rule of resourceVersion. */
export class FakeCluster implements ClusterApi {
  readonly calls: string[] = [];
  readonly puts: AutoscalerBody[] = [];
  readonly deployments = new Map<string, Deployment>();
  readonly autoscalers = new Map<string, Autoscaler>();

  addDeployment(name: string, fields: Partial<Deployment>): void {
    const plain = { replicas: 1, availableReplicas: 1, observed: true, stalled: null };
    this.deployments.set(name, { name, resourceVersion: 'deployment-1', ...plain, ...fields });
  }

  addAutoscaler(name: string, minimum: number, maximum: number, fields: Partial<Autoscaler> = {}): void {
    const resourceVersion = 'hpa-1';
    this.autoscalers.set(name, {
      name,
      resourceVersion,
      deployment: name,
      minimumUnits: minimum,
      maximumUnits: maximum,
      body: {
        apiVersion: 'autoscaling/v2',
        kind: 'HorizontalPodAutoscaler',
        metadata: { name, namespace: 'weddings', resourceVersion, labels: { team: 'photos' } },
        spec: {
          scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name },
          minReplicas: minimum,
          maxReplicas: maximum,
          behavior: { scaleDown: { stabilizationWindowSeconds: 300 } },
        },
      },
      ...fields,
    });
  }

  async listDeployments({ cluster, namespace }: NamespaceScope): Promise<readonly Deployment[]> {
    this.calls.push(`list deployments ${cluster}/${namespace}`);
    return [...this.deployments.values()];
  }

  async listAutoscalers({ cluster, namespace }: NamespaceScope): Promise<readonly Autoscaler[]> {
    this.calls.push(`list autoscalers ${cluster}/${namespace}`);
    return [...this.autoscalers.values()];
  }

  async replaceScale(_scope: unknown, name: string, replicas: number, version: string): Promise<string> {
    this.calls.push(`scale ${name} ${replicas} ${version}`);
    const live = this.deployments.get(name);
    if (live?.resourceVersion !== version) throw new ProviderError('Stale', 'resourceVersion');
    this.deployments.set(name, { ...live, replicas, resourceVersion: `${version}+` });
    return `${version}+`;
  }

  async replaceAutoscaler(_scope: unknown, name: string, body: AutoscalerBody): Promise<string> {
    this.calls.push(`replace ${name}`);
    this.puts.push(body);
    const live = this.autoscalers.get(name);
    const version = body.metadata.resourceVersion as string;
    if (live?.resourceVersion !== version) throw new ProviderError('Stale', 'resourceVersion');
    const { minReplicas, maxReplicas } = body.spec as { minReplicas: number; maxReplicas: number };
    const range = { minimumUnits: minReplicas, maximumUnits: maxReplicas };
    this.autoscalers.set(name, { ...live, ...range, resourceVersion: `${version}+` });
    return `${version}+`;
  }
}
