import type { Lever, ServiceDescriptor } from '../service-descriptor.ts';

const REPLICAS = {
  id: 'replicas',
  unitName: 'replica',
  referenceFields: ['cluster', 'namespace', 'name'],
  reversibility: 'reversible',
  interrupts: false,
  spot: false,
  vendorMaximumUnits: { units: 10_000, source: 'int32 in the API; 10,000 is our own guard' },
  provisioningMinutes: { typical: 1, p95: 4, source: 'assumed' },
} as const satisfies Partial<Lever>;

/** Services of Kubernetes, sorted by id. */
export const KUBERNETES_SERVICES: readonly ServiceDescriptor[] = [
  {
    id: 'kubernetes.deployment',
    provider: 'kubernetes',
    title: 'Kubernetes Deployment',
    protection: 'fenced',
    permissions: [
      { name: 'get,list deployments.apps', verb: 'read' },
      { name: 'get,update deployments.apps/scale', verb: 'write' },
    ],
    levers: [
      {
        ...REPLICAS,
        kinds: ['count'],
        autoscaled: 'never',
        ownedSettings: {
          terraform: [
            {
              resource: 'kubernetes_deployment_v1',
              ignoreChanges: ['spec[0].replicas'],
              when: 'always',
            },
          ],
          argoCd: [{ group: 'apps', kind: 'Deployment', jsonPointers: ['/spec/replicas'] }],
        },
      },
    ],
    quotas: [],
  },
  {
    id: 'kubernetes.hpa',
    provider: 'kubernetes',
    title: 'Kubernetes HorizontalPodAutoscaler',
    protection: 'fenced',
    permissions: [
      { name: 'get,list deployments.apps', verb: 'read' },
      { name: 'get,list,update horizontalpodautoscalers.autoscaling', verb: 'write' },
    ],
    levers: [
      {
        ...REPLICAS,
        kinds: ['range'],
        autoscaled: 'always',
        ownedSettings: {
          terraform: [
            {
              resource: 'kubernetes_horizontal_pod_autoscaler_v2',
              ignoreChanges: ['spec[0].min_replicas', 'spec[0].max_replicas'],
              when: 'always',
            },
          ],
          argoCd: [
            {
              group: 'autoscaling',
              kind: 'HorizontalPodAutoscaler',
              jsonPointers: ['/spec/minReplicas', '/spec/maxReplicas'],
            },
          ],
        },
      },
    ],
    quotas: [],
  },
];
