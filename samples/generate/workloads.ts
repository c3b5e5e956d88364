import type { Workload } from '../../domain/fleet.ts';
import type { ProviderId } from '../../domain/providers.ts';

/** Whether a workload keeps data or only serves it. */
export type Tier = 'data' | 'web';

/** A workload of the sample and what a machine of about 2 vCPU and 8 GiB carries of it; all of it invented. */
export interface WorkloadSample extends Workload {
  readonly tier: Tier;
  /** Demand one such machine carries, in the workload's unit per second. */
  readonly perMachine: number;
}

/** In the order in which a cell is scaled where its order counts: what others wait for comes first. */
export const WORKLOAD_SAMPLES: readonly WorkloadSample[] = [
  { id: 'gallery-queries', unit: 'queries', demandPerUser: 0.2, tier: 'data', perMachine: 1_500 },
  { id: 'sessions', unit: 'lookups', demandPerUser: 1.2, tier: 'data', perMachine: 40_000 },
  { id: 'api', unit: 'requests', demandPerUser: 0.4, tier: 'web', perMachine: 900 },
  { id: 'gallery', unit: 'requests', demandPerUser: 0.8, tier: 'web', perMachine: 1_500 },
  {
    id: 'live-stream',
    unit: 'streams',
    demandPerUser: 1,
    liveStreamOnly: true,
    tier: 'web',
    perMachine: 400,
  },
  { id: 'thumbnails', unit: 'thumbnails', demandPerUser: 0.01, tier: 'web', perMachine: 30 },
];

/** The same as a fleet has them. */
export const WORKLOADS: readonly Workload[] = WORKLOAD_SAMPLES.map(
  ({ id, unit, demandPerUser, liveStreamOnly }) => ({
    ...{ id, unit, demandPerUser },
    ...(liveStreamOnly && { liveStreamOnly }),
  }),
);

/**
 * How well a provider's machines suit a workload, relative to {@link WorkloadSample.perMachine}; invented, and
 * different enough that every cell is the cheapest for something. What is not named is 1.
 */
const POWER: Readonly<Record<ProviderId, Readonly<Record<string, number>>>> = {
  aws: { api: 1.05, 'gallery-queries': 1.3, sessions: 1.2, thumbnails: 1.2 },
  azure: { api: 0.98, gallery: 1.2, 'live-stream': 0.98, thumbnails: 0.98 },
  gcp: { api: 1.04, gallery: 1.04, 'live-stream': 1.3, thumbnails: 1.04 },
  kubernetes: { api: 0.8, gallery: 0.7, 'live-stream': 0.7, thumbnails: 0.7 },
};

/** What one machine of a provider carries of a workload, in its unit per second. */
export function perMachine(provider: ProviderId, workload: WorkloadSample): number {
  return workload.perMachine * (POWER[provider][workload.id] ?? 1);
}
