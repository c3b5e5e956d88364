import { Context } from '@temporalio/activity';
import { countGaps, type Discovery, draftFleet, leftOutOf } from '../domain/discovery.ts';
import { ProviderError } from '../domain/errors.ts';
import { declaredFleet } from '../domain/pricing.ts';
import { SERVICES } from '../domain/services.ts';
import { type DiscoveryRequest, finishDiscovery, getDiscovery } from '../store/discoveries.ts';
import { currentFleet } from '../store/fleet.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { type Attempt, type Place, type PlaceFindings, searchPlaces } from './place-search.ts';

/** What passes is worth trying again so often; afterwards it is said where looking failed. */
const LAST_ATTEMPT = 4;

/**
 * Only early in an attempt: later, what was found already is worth more than what another might read in one piece.
 * All attempts together stay below the 15 minutes that the command waits.
 */
const PATIENT_MS = 2 * 60_000;

/** One attempt ends by itself after this, well below the 10 minutes of the activity, which would lose everything. */
const LONGEST_SEARCH_MS = 8 * 60_000;

/** Activities that look through vendors for what could be targets. Nothing is changed. */
export function createDiscoveryActivities(deps: ActivityDependencies) {
  return {
    /** Looks through a provider and stores what was found as a fleet file with marked gaps. */
    async discoverFleet(request: { readonly discoveryId: string }): Promise<{ readonly targets: number }> {
      const stored = await getDiscovery(deps.db, request.discoveryId);
      if (!stored) throw new ProviderError('InvalidTarget', `there is no discovery ${request.discoveryId}`);
      const { info, cancellationSignal } = Context.current();
      const outcome = await discover(deps, stored, {
        signal: cancellationSignal,
        patientMs: info.attempt < LAST_ATTEMPT ? PATIENT_MS : 0,
        longestMs: LONGEST_SEARCH_MS,
      });
      await finishDiscovery(deps.db, stored.id, outcome);
      return { targets: outcome.targets };
    },
  };
}

/** Looks through every service of the provider in every region. */
export async function discover(
  deps: Pick<ActivityDependencies, 'db' | 'adapters'>,
  { provider, regions, tag }: DiscoveryRequest,
  attempt: Attempt,
): Promise<Discovery> {
  const places: Place[] = [];
  const notDiscoverable: string[] = [];
  for (const { id: service } of SERVICES.filter((one) => one.provider === provider)) {
    const scaler = await deps.adapters.scaler(service);
    const look = scaler.discover?.bind(scaler);
    if (look) places.push(...regions.map((region) => ({ service, region, discover: look })));
    else notDiscoverable.push(service);
  }
  const findings = await searchPlaces(places, tag, attempt);
  const found = findings.places.flatMap((one) => one.found);
  const stored = await currentFleet(deps.db);
  // Prices that were looked up are no part of a file.
  const known = stored && declaredFleet(stored.fleet);
  const fleet = draftFleet(found, known);
  const leftOut = leftOutOf(found, known);
  return {
    provider,
    regions,
    tag,
    fleet,
    targets: found.length - leftOut.length,
    gaps: countGaps(fleet),
    leftOut,
    notDiscoverable,
    failures: failuresOf(places, findings.places),
    truncated: findings.truncated,
  };
}

function failuresOf(places: readonly Place[], findings: readonly PlaceFindings[]): Discovery['failures'] {
  return places.flatMap(({ service, region }, index) => {
    const message = findings[index]?.failure ?? null;
    return message === null ? [] : [{ service, region, message }];
  });
}
