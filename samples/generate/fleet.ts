import type { Fleet, RecordSet, ScalingTarget } from '../../domain/fleet.ts';
import type { Lever } from '../../domain/service-descriptor.ts';
import { leverOfTarget } from '../../domain/services.ts';
import { CELLS, type CellSample } from './cells.ts';
import type { SampleDemand } from './demand.ts';
import { MARKETS } from './markets.ts';
import { sourceTable } from './source-tables.ts';
import { unitOf } from './units.ts';
import { perMachine, WORKLOAD_SAMPLES, WORKLOADS, type WorkloadSample } from './workloads.ts';

/** USD per hour of a replica in an own cluster; invented. */
const OWN_CLUSTER_USD = 0.07;
/** As `season.json` has it. */
const UTILIZATION = 0.7;
/** An area's targets may together have a good half more than it needs at most, so that none can do it alone. */
const ROOM = 2.1;
/** What runs without weddings, as a share of the maximum. */
const BASELINE_SHARE = 0.06;

/** `fleet.json`: every cell with a target for each of its workloads. */
export function sampleFleet(demand: SampleDemand): Fleet {
  return {
    name: 'WedSync sample fleet',
    priceDate: '2025-04-05',
    markets: MARKETS.map(({ id, name, timeZone, area }) => ({
      id,
      name,
      timeZone,
      allowedRegions: CELLS.filter((cell) => cell.area === area).map((cell) => cell.region),
    })),
    workloads: WORKLOADS,
    demandModel: demand.demandModel,
    targets: withFallbacks(
      CELLS.flatMap((cell) =>
        WORKLOAD_SAMPLES.filter(({ tier }) => cell.tiers.includes(tier)).map((one) =>
          targetOf(cell, one, demand),
        ),
      ),
    ),
    recordSets: [recordSetOf('api', 10), recordSetOf('gallery', 110)],
  };
}

function targetOf(cell: CellSample, workload: WorkloadSample, demand: SampleDemand): ScalingTarget {
  const { machines = 1, spot, ...shape } = unitOf(cell, workload.id);
  const lever = leverOfTarget(shape);
  if (!lever) throw new Error(`${shape.service} has no lever ${shape.lever}`);
  const capacityPerUnit = Math.round(perMachine(cell.provider, workload) * machines);
  const maximumUnits = maximumOf(cell, workload, capacityPerUnit, lever, demand);
  const hourlyUsdPerUnit = rounded(priceOf(cell) * machines);
  return {
    id: `${shape.service}/${cell.region}/${workload.id}`,
    ...shape,
    region: cell.region,
    workload: workload.id,
    markets: cell.markets,
    capacityPerUnit,
    maximumUnits,
    hourlyUsdPerUnit,
    ...(spot && { spotPercent: spot.percent, spotHourlyUsdPerUnit: rounded(hourlyUsdPerUnit * spot.price) }),
    critical: workload.id === 'api',
    requiresStabilization:
      workload.id === 'api' && (cell.region === 'eu-west-1' || cell.region === 'us-central1'),
    leadTimeMinutes: lever.provisioningMinutes.p95,
    loadSource: { kind: 'observations' },
    baselineUnits: Math.max(2, Math.round(maximumUnits * BASELINE_SHARE)),
  };
}

/** What is critical has everything else in reach of its markets to fall back on. */
function withFallbacks(targets: readonly ScalingTarget[]): readonly ScalingTarget[] {
  return targets.map((target) => {
    if (!target.critical) return target;
    const others = targets.filter(
      ({ id, workload, markets }) =>
        id !== target.id &&
        workload === target.workload &&
        markets.some((one) => target.markets.includes(one)),
    );
    return { ...target, fallbacks: others.map(({ id }) => id) };
  });
}

function maximumOf(
  cell: CellSample,
  workload: WorkloadSample,
  capacityPerUnit: number,
  { vendorMaximumUnits }: Lever,
  demand: SampleDemand,
): number {
  const serving = CELLS.filter(({ area, tiers }) => area === cell.area && tiers.includes(workload.tier));
  const units = demand.peakOf(cell.area, workload.id) / (capacityPerUnit * UTILIZATION);
  const roomy = Math.ceil((units * ROOM) / serving.length / 5) * 5;
  return Math.min(vendorMaximumUnits.units, Math.max(5, roomy));
}

function priceOf({ provider, region }: CellSample): number {
  const prices = sourceTable('vm-prices.csv');
  const row = prices.find((one) => one.provider === provider && one.region === region);
  return row ? Number(row.onDemandUsdPerHour) : OWN_CLUSTER_USD;
}

/** To a millionth of a dollar. */
function rounded(usd: number): number {
  return Math.round(usd * 1e6) / 1e6;
}

function recordSetOf(workload: string, firstAddress: number): RecordSet {
  return {
    id: `aws.route53/${workload}.weddings.example`,
    service: 'aws.route53',
    zoneId: 'Z0WEDDINGS000001',
    name: `${workload}.weddings.example`,
    type: 'A',
    ttlSeconds: 60,
    workload,
    entries: CELLS.map(({ provider, region }, index) => ({
      setIdentifier: `${provider}-${region}`,
      provider,
      region,
      value: `198.51.100.${firstAddress + index}`,
      healthCheckId: `hc-${workload}-${provider}-${region}`,
    })),
  };
}
