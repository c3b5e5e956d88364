import type { ScalingTarget } from '../../domain/fleet.ts';

/**
 * A target as a fleet declares it; what the scalers do not look at is the same for all.
 * @param more what else is declared, such as a lever and its classes.
 */
export function targetOf(
  service: string,
  region: string,
  reference: Readonly<Record<string, string>>,
  autoscaled: boolean,
  more: Partial<ScalingTarget> = {},
): ScalingTarget {
  return {
    id: [service, ...Object.values(reference)].join('/'),
    service,
    region,
    reference,
    workload: 'gallery',
    markets: ['gb'],
    capacityPerUnit: 100,
    maximumUnits: 400,
    hourlyUsdPerUnit: 0.05,
    critical: false,
    requiresStabilization: false,
    leadTimeMinutes: 10,
    loadSource: { kind: 'observations' },
    autoscaled,
    baselineUnits: 3,
    ...more,
  };
}
