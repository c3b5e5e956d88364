import { Context } from '@temporalio/activity';
import {
  bearsTag,
  countGaps,
  type DiscoveredTarget,
  type Discovery,
  draftFleet,
  leftOutOf,
  MOST_DISCOVERED,
} from '../domain/discovery.ts';
import { isTerminal, ProviderError } from '../domain/errors.ts';
import { SERVICES } from '../domain/services.ts';
import { type DiscoveryRequest, finishDiscovery, getDiscovery } from '../store/discoveries.ts';
import { currentFleet } from '../store/fleet.ts';
import type { ActivityDependencies } from './dependencies.ts';

/** What passes is worth trying again so often; afterwards it is said where looking failed. */
const LAST_ATTEMPT = 4;

/** Activities that look through vendors for what could be targets. Nothing is changed. */
export function createDiscoveryActivities(deps: ActivityDependencies) {
  return {
    /** Looks through a provider and stores what was found as a fleet file with marked gaps. */
    async discoverFleet(request: { readonly discoveryId: string }): Promise<{ readonly targets: number }> {
      const stored = await getDiscovery(deps.db, request.discoveryId);
      if (!stored) throw new ProviderError('InvalidTarget', `there is no discovery ${request.discoveryId}`);
      const { info, cancellationSignal } = Context.current();
      const patient = info.attempt < LAST_ATTEMPT;
      const outcome = await discover(deps, stored, { signal: cancellationSignal, patient });
      await finishDiscovery(deps.db, stored.id, outcome);
      return { targets: outcome.targets };
    },
  };
}

/** How one attempt goes. */
interface Attempt {
  readonly signal: AbortSignal;
  /** Whether what may pass by itself ends the attempt, so that another is made. */
  readonly patient: boolean;
}

/** Looks through every service of the provider in every region, one place after another. */
export async function discover(
  deps: Pick<ActivityDependencies, 'db' | 'adapters'>,
  { provider, regions, tag }: DiscoveryRequest,
  attempt: Attempt,
): Promise<Discovery> {
  const found: DiscoveredTarget[] = [];
  const notDiscoverable: string[] = [];
  const failures: Discovery['failures'][number][] = [];
  for (const { id: service } of SERVICES.filter((one) => one.provider === provider)) {
    const scaler = await deps.adapters.scaler(service);
    if (!scaler.discover) {
      notDiscoverable.push(service);
      continue;
    }
    for (const region of regions) {
      try {
        for await (const one of scaler.discover(region, { tagKey: tag.key }, attempt.signal)) {
          if (bearsTag(one.tags, tag)) found.push(one);
          if (found.length > MOST_DISCOVERED) break;
        }
      } catch (error) {
        failures.push({ service, region, message: reasonOf(error, attempt) });
      }
    }
  }
  const known = (await currentFleet(deps.db))?.fleet ?? null;
  const kept = found.slice(0, MOST_DISCOVERED);
  const fleet = draftFleet(kept, known);
  return {
    provider,
    regions,
    tag,
    fleet,
    targets: fleet.targets.length,
    gaps: countGaps(fleet),
    leftOut: leftOutOf(kept, known),
    notDiscoverable,
    failures,
    truncated: found.length > MOST_DISCOVERED,
  };
}

/** @throws the error where another attempt may do better, or where it is no vendor's. */
function reasonOf(error: unknown, { patient }: Attempt): string {
  if (!(error instanceof ProviderError) || (patient && !isTerminal(error.kind))) throw error;
  return error.message.slice(0, 500);
}
