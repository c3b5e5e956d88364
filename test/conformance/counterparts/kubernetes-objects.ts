import type { ScalingTarget } from '../../../domain/fleet.ts';
import { targetOf } from '../cloud-targets.ts';
import { CLUSTER } from '../kubernetes-cluster.ts';

/** Where everything lies. */
export const NAMESPACE = 'weddings';

/** Pods a node takes. */
export const NODE_PODS = 60;

/** A node that kwok keeps ready. */
export function node(number: number): object {
  const resources = { cpu: '64', memory: '256Gi', pods: String(NODE_PODS) };
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: `node-${number}`, annotations: { 'kwok.x-k8s.io/node': 'fake' } },
    status: { allocatable: resources, capacity: resources },
  };
}

/** A Deployment with more in it than scaling needs. */
export function deployment(name: string, replicas: number): object {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: NAMESPACE, labels: { app: name, team: 'photos' } },
    spec: {
      replicas,
      revisionHistoryLimit: 3,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: {
          containers: [{ name: 'web', image: 'registry.example/web:1', env: [{ name: 'A', value: 'b' }] }],
        },
      },
    },
  };
}

/** An autoscaler from 3 to 8 with metrics, behaviour, labels and annotations of its own. */
export function autoscaler(name: string, kind: 'Deployment' | 'StatefulSet'): object {
  return {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name, namespace: NAMESPACE, labels: { app: name }, annotations: { owner: 'photos' } },
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind, name },
      minReplicas: 3,
      maxReplicas: 8,
      metrics: [
        {
          type: 'Resource',
          resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 55 } },
        },
      ],
      behavior: { scaleDown: { stabilizationWindowSeconds: 600 } },
    },
  };
}

/** A target of the cluster. @param cluster context of the kubeconfig. */
export function target(
  service: 'kubernetes.deployment' | 'kubernetes.hpa',
  name: string,
  cluster: string = CLUSTER,
): ScalingTarget {
  return targetOf(service, 'fsn1', { cluster, namespace: NAMESPACE, name }, service === 'kubernetes.hpa');
}
