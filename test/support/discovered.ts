import type { Discover, DiscoveredTarget, DiscoverOptions } from '../../domain/discovery.ts';
import { FLEET_TAG } from '../../domain/discovery.ts';

/** Everything a discovery finds in `eu-west-1`; `atMost` things are looked at, default all. */
export async function discoveredBy(
  discover: Discover,
  options: Partial<DiscoverOptions> = {},
): Promise<readonly DiscoveredTarget[]> {
  const found: DiscoveredTarget[] = [];
  const signal = AbortSignal.timeout(10_000);
  for await (const one of discover('eu-west-1', { tagKey: FLEET_TAG, ...options }, signal)) found.push(one);
  return found;
}
