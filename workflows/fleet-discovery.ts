import { discovering } from './activity-proxies.ts';

/** Looks through a provider for what could be targets; what was found is in the store. */
export async function fleetDiscovery(request: {
  readonly discoveryId: string;
}): Promise<{ readonly targets: number }> {
  return discovering.discoverFleet(request);
}
