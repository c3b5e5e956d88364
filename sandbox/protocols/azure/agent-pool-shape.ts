import { createHash } from 'node:crypto';
import type { Resource } from '../../world.ts';

/** The settings a pool has until somebody puts others. */
const DEFAULT_SETTINGS: Readonly<Record<string, unknown>> = {
  vmSize: 'Standard_D4s_v5',
  osDiskSizeGB: 128,
  osDiskType: 'Managed',
  kubeletDiskType: 'OS',
  maxPods: 110,
  osType: 'Linux',
  osSKU: 'Ubuntu',
  scaleDownMode: 'Delete',
  type: 'VirtualMachineScaleSets',
  mode: 'User',
  orchestratorVersion: '1.33.2',
  upgradeSettings: { maxSurge: '10%' },
  powerState: { code: 'Running' },
  enableNodePublicIP: false,
  enableEncryptionAtHost: false,
  enableUltraSSD: false,
  enableFIPS: false,
  nodeLabels: { workload: 'weddings' },
};

/** Settings of a pool that its size does not belong to, as last put. */
export function settingsOf(resource: Resource): Readonly<Record<string, unknown>> {
  return (resource.attributes.settings as Record<string, unknown> | undefined) ?? DEFAULT_SETTINGS;
}

/** A pool's ETag: another one after every accepted change. */
export function eTagOf(resource: Resource): string {
  const digest = createHash('sha256').update(`${resource.key}/${resource.version}`).digest('hex');
  const parts = [digest.slice(0, 8), digest.slice(8, 12), digest.slice(12, 16), digest.slice(16, 20)];
  return [...parts, digest.slice(20, 32)].join('-');
}

/** ARM id of a pool. */
export function poolId(resource: Resource): string {
  const { subscriptionId, resourceGroup, cluster, pool } = resource.reference;
  const group = `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}`;
  return `${group}/providers/Microsoft.ContainerService/managedClusters/${cluster}/agentPools/${pool}`;
}

/**
 * A pool as AKS describes it, with the nodes that are wanted as its count.
 * Source: Microsoft.ContainerService managedClusters, AgentPool.
 */
export function poolShape(resource: Resource, provisioningState: string): Record<string, unknown> {
  const settings = settingsOf(resource);
  const range = resource.autoscaled
    ? { enableAutoScaling: true, minCount: resource.minimumUnits, maxCount: resource.maximumUnits }
    : { enableAutoScaling: false };
  return {
    id: poolId(resource),
    name: resource.reference.pool,
    type: 'Microsoft.ContainerService/managedClusters/agentPools',
    properties: {
      ...settings,
      ...range,
      eTag: eTagOf(resource),
      count: resource.desiredUnits,
      currentOrchestratorVersion: settings.orchestratorVersion,
      nodeImageVersion: 'AKSUbuntu-2204gen2containerd-202601.05.0',
      provisioningState,
    },
  };
}
