import { FLEET_TAG } from '../domain/discovery.ts';
import type { Fleet, ScalingTarget } from '../domain/fleet.ts';
import { leverOfTarget } from '../domain/services.ts';

/** Weight every record of a fresh sandbox starts with: cells share traffic alike. */
const INITIAL_WEIGHT = 10;

/** How far the autoscaler of a fresh sandbox may go above what runs, before anybody lifts it. */
const HEADROOM = 2;

/**
 * What the sandbox is to hold for a fleet, in the form its control endpoint takes: every target at its baseline,
 * every record set with equal weights.
 * @param instant true: vendors answer and provision at once, for measuring our own time.
 */
export function sandboxWorld(fleet: Fleet, instant = false): unknown {
  return {
    resources: fleet.targets.map((target) => ({
      service: target.service,
      ...(target.lever !== undefined && { lever: target.lever }),
      region: target.region,
      reference: target.reference,
      autoscaled: target.autoscaled,
      units: target.baselineUnits,
      attributes: { tags: { [FLEET_TAG]: fleet.name } },
      ...(target.classes && { className: classOf(target) }),
      ...(target.spotPercent !== undefined && { onDemandPercent: 100 }),
      ...(isBounded(target) && {
        minimumUnits: target.baselineUnits,
        maximumUnits: Math.max(1, target.baselineUnits * HEADROOM),
      }),
      ...(instant && { provisioningSeconds: 0 }),
    })),
    recordSets: fleet.recordSets.map((set) => ({
      zoneId: set.zoneId,
      name: set.name,
      type: set.type,
      ttlSeconds: set.ttlSeconds,
      records: set.entries.map((entry) => ({
        setIdentifier: entry.setIdentifier,
        weight: INITIAL_WEIGHT,
        value: entry.value,
        ...(entry.healthCheckId && { healthCheckId: entry.healthCheckId }),
      })),
    })),
  };
}

/** The rung that carries the baseline. */
function classOf({ classes = [], baselineUnits }: ScalingTarget): string | undefined {
  return (classes.find(({ units }) => units >= baselineUnits) ?? classes.at(-1))?.name;
}

/** Whether the resource has a minimum and a maximum: its autoscaler's, or a group's own. */
function isBounded(target: ScalingTarget): boolean {
  return target.autoscaled || (leverOfTarget(target)?.kinds.includes('size') ?? false);
}
