import type { AllocationInput } from '../domain/allocation.ts';
import { analyseDistribution } from '../domain/distribution.ts';
import { calculateRequirements, stepWindows } from '../domain/requirements.ts';
import { sampleBookings, sampleFleet, sampleSeason } from '../test/support/samples.ts';

/** A Monday at noon in winter. */
const NOW_MS = Date.UTC(2026, 10, 23, 12);

/** What phase 3 decides from in the sample season, with what the fleet file says runs today. */
export async function sampleSeasonInput(): Promise<AllocationInput> {
  const fleet = sampleFleet();
  const { request, startsAtMs: fromMs, endsAtMs: untilMs } = sampleSeason(fleet, NOW_MS);
  const distribution = await analyseDistribution(sampleBookings(NOW_MS), {
    fromMs,
    untilMs,
    markets: fleet.markets.map(({ id }) => id),
    demandModel: fleet.demandModel,
  });
  const live = Object.fromEntries(
    fleet.targets.map(({ id, baselineUnits }) => [
      id,
      { floorUnits: baselineUnits, servingUnits: baselineUnits },
    ]),
  );
  const steps = stepWindows(fromMs, untilMs, request.season.stepDays);
  return {
    distribution,
    requirements: calculateRequirements(distribution, steps, fleet, live, []),
    fleet,
    settings: request,
    markets: request.season.markets,
    inputs: { request: '', bookings: '', fleet: '', prices: '' },
    nowMs: NOW_MS,
  };
}
