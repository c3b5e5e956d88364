import { FLEET_TAG } from '../../domain/discovery.ts';
import { ProviderError } from '../../domain/errors.ts';
import type { ScalingTarget } from '../../domain/fleet.ts';
import type { ReadFinding } from '../../domain/integration.ts';
import type { Scaler } from '../../domain/scaler.ts';

/** What a read needs of whoever tests. */
export interface ReadSetup {
  readonly scaler: (service: string) => Promise<Scaler>;
  /** Targets of the fleet in force; empty before its first import. */
  readonly targets: readonly ScalingTarget[];
  /** Ends a call that takes too long. */
  readonly limit: () => AbortSignal;
}

/** One thing is enough to see that a service answers. */
const LOOKING = { tagKey: FLEET_TAG, atMost: 1 };

/**
 * One real read of a service in a region, by the scaler that will read it in earnest: of the fleet's own targets
 * there, as many as one call takes; where it declares none, of whatever is listed first.
 */
export async function readService(setup: ReadSetup, service: string, region: string): Promise<ReadFinding> {
  const targets = setup.targets.filter((target) => target.service === service && target.region === region);
  const fromMs = performance.now();
  const finding = (status: ReadFinding['status'], message: string): ReadFinding => {
    return { service, region, status, latencyMs: Math.round(performance.now() - fromMs), message };
  };
  try {
    const scaler = await setup.scaler(service);
    if (targets.length > 0) await scaler.read(targets.slice(0, scaler.batchSize), setup.limit());
    else if (scaler.discover) await lookInto(scaler.discover(region, LOOKING, setup.limit()));
    else return { ...finding('skipped', 'the fleet declares no target of it there'), latencyMs: null };
    return finding('ok', '');
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    // Looking takes rights beyond the least ones, and those that a call was denied are named as permissions.
    if (error.kind === 'PermissionDenied' && targets.length === 0) {
      const message = `the fleet declares no target of it there, and it may not be looked through: ${error.message}`;
      return finding('skipped', message.slice(0, 500));
    }
    // The vendor was asked and answered; that a target is gone is the fleet's matter.
    return finding(error.kind === 'NotFound' ? 'ok' : 'failed', error.message.slice(0, 500));
  }
}

/** Begins a discovery and leaves it at the first thing found. */
async function lookInto(found: AsyncIterable<unknown>): Promise<void> {
  for await (const _first of found) return;
}
