import type { ConnectionChecker } from './registry.ts';

/** Google Cloud, as far as its scaler goes: a read lists groups and autoscalers, nothing else is asked. */
export function createGcpChecker(): ConnectionChecker {
  return {
    shownByRead: { 'gcp.mig': ['compute.autoscalers.list', 'compute.instanceGroupManagers.list'] },
  };
}
