import type { ScalingTarget } from '../../domain/fleet.ts';
import { awsUnit } from './aws-units.ts';
import type { CellSample } from './cells.ts';

/** What a cell adds to carry more of a workload. */
export type UnitSample = Pick<ScalingTarget, 'service' | 'lever' | 'reference' | 'autoscaled'> & {
  /** Price and strength in machines of the region's price table; for a managed service invented. Default 1. */
  readonly machines?: number;
  /** Share that may be interrupted, 0 to 100, and its price over that of the rest. */
  readonly spot?: { readonly percent: number; readonly price: number };
};

const SUBSCRIPTION = '6f1c1c6e-3d6a-4c0e-9c55-3b0f4d1f7a10';
/** Source: AKS, "Linux node pool names are limited to 12 characters", lower-case letters and digits. */
const POOL_NAME_LENGTH = 12;

/** Outside of AWS the API and the gallery have an autoscaler and the rest has none, so that both can be seen. */
export function unitOf(cell: CellSample, workload: string): UnitSample {
  const autoscaled = workload === 'api' || workload === 'gallery';
  const { provider, region, cluster = '' } = cell;
  switch (provider) {
    case 'aws':
      return awsUnit(cell, workload);
    case 'gcp':
      return {
        service: 'gcp.mig',
        reference: { project: 'wedsync-prod', location: region, name: workload },
        autoscaled,
      };
    case 'azure': {
      const pool = workload.replaceAll('-', '').slice(0, POOL_NAME_LENGTH);
      const names = { resourceGroup: 'weddings', cluster: `weddings-${region}`, pool };
      return { service: 'azure.aks', reference: { subscriptionId: SUBSCRIPTION, ...names }, autoscaled };
    }
    case 'kubernetes': {
      const service = autoscaled ? 'kubernetes.hpa' : 'kubernetes.deployment';
      return { service, reference: { cluster, namespace: 'wedding-production', name: workload }, autoscaled };
    }
  }
}
