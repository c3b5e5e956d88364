import type { ConnectionChecker } from './registry.ts';

/** Azure, as far as its scaler goes: a read of the agent pools shows what it needed, nothing else is asked. */
export function createAzureChecker(): ConnectionChecker {
  return {
    shownByRead: { 'azure.aks': ['Microsoft.ContainerService/managedClusters/agentPools/read'] },
  };
}
