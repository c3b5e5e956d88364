import { UNGUARDED } from '../../../activities/calls/call-guard.ts';
import { createDeploymentScaler } from '../../../activities/scalers/kubernetes/deployment.ts';
import { createHpaScaler } from '../../../activities/scalers/kubernetes/hpa.ts';
import { setVariable } from '../config.ts';
import type { Counterpart } from '../counterpart.ts';
import { type Cluster, startCluster } from '../kubernetes-cluster.ts';
import { eventually } from '../processes.ts';
import { checkDeployment } from './kubernetes-deployment.ts';
import { checkHpa } from './kubernetes-hpa.ts';
import { autoscaler, deployment, NAMESPACE, node } from './kubernetes-objects.ts';

/** The scalers against a real control plane, whose pods are run by kwok, looked at with kubectl. */
export const kubernetes: Counterpart = {
  id: 'kube-apiserver',
  services: ['kubernetes.deployment', 'kubernetes.hpa'],
  async run(matrix, { cacheFolder }) {
    const cluster = await startCluster(cacheFolder);
    try {
      await createObjects(cluster);
      // Mode `real`: the scalers find the cluster as they would any other, by their kubeconfig.
      setVariable('KUBECONFIG', cluster.kubeconfig);
      await checkDeployment(
        matrix,
        cluster.kubectl,
        createDeploymentScaler({ mode: 'real' }, { guard: UNGUARDED }),
      );
      await checkHpa(matrix, cluster.kubectl, createHpaScaler({ mode: 'real' }, { guard: UNGUARDED }));
    } finally {
      await cluster.stop();
    }
  },
};

async function createObjects({ kubectl }: Cluster): Promise<void> {
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } };
  await kubectl.apply(namespace, node(1));
  await kubectl.apply(
    deployment('uploads', 3),
    deployment('gallery', 3),
    autoscaler('gallery', 'Deployment'),
    autoscaler('streams', 'StatefulSet'),
  );
  for (const name of ['uploads', 'gallery']) {
    await eventually(
      `three pods of ${name}`,
      async () =>
        (await kubectl.object('-n', NAMESPACE, 'get', 'deploy', name)).status.availableReplicas === 3,
      60_000,
    );
  }
}
