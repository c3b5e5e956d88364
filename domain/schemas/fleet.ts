import { z } from 'zod';
import { isZone } from '../calendar.ts';
import type { Fleet } from '../fleet.ts';
import { PROVIDERS } from '../providers.ts';
import { SERVICES, serviceDescriptor } from '../services.ts';
import { type Fault, shapeFaults, withoutRepeats } from './fault.ts';

const id = z.string().min(1).max(200);
const positive = z.number().positive().max(1e12);
const units = z.int().min(0).max(1_000_000);

const market = z.strictObject({
  id,
  name: z.string().min(1),
  timeZone: z.string().min(1),
  allowedRegions: z.array(z.string().min(1)).min(1),
});

const workload = z.strictObject({
  id,
  unit: z.string().min(1),
  demandPerUser: positive,
  liveStreamOnly: z.boolean().optional(),
});

const loadSource = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('observations') }),
  z.strictObject({ kind: z.literal('prometheus'), query: z.string().min(1) }),
]);

const target = z.strictObject({
  id,
  service: z
    .string()
    .min(1)
    .describe(`One of ${SERVICES.map((service) => service.id).join(', ')}.`),
  region: z.string().min(1),
  reference: z
    .record(z.string(), z.string().min(1))
    .describe("The vendor's names; keys by service, see docs/formats.md."),
  workload: id,
  markets: z.array(id).min(1),
  capacityPerUnit: positive,
  maximumUnits: z.int().min(1).max(1_000_000),
  hourlyUsdPerUnit: z.number().min(0).max(1e6),
  critical: z.boolean().default(false),
  requiresStabilization: z.boolean().default(false),
  leadTimeMinutes: z
    .number()
    .min(0)
    .max(60 * 24 * 14)
    .default(10),
  loadSource: loadSource.default({ kind: 'observations' }),
  autoscaled: z.boolean(),
  baselineUnits: units,
});

const entry = z.strictObject({
  setIdentifier: id,
  provider: z.enum(PROVIDERS),
  region: z.string().min(1),
  value: z.string().min(1),
  healthCheckId: z.string().min(1).optional(),
});

const recordSet = z.strictObject({
  id,
  service: z.literal('aws.route53'),
  zoneId: z.string().min(1),
  name: z.string().min(1),
  type: z.enum(['A', 'AAAA', 'CNAME']),
  ttlSeconds: z.int().min(0).max(2_147_483_647),
  workload: id,
  entries: z.array(entry).min(1),
});

/** Body of `PUT /api/fleet`. */
export const fleetSchema = z.strictObject({
  name: z.string().min(1),
  priceDate: z.iso.date().describe("Day the targets' prices were read."),
  markets: z.array(market).min(1),
  workloads: z.array(workload).min(1),
  demandModel: z.strictObject({
    weddingsPerBooking: positive,
    usersPerGuest: positive,
    viewersPerGuest: z.number().min(0),
    tierFactor: z.record(z.string(), positive),
  }),
  targets: z.array(target).min(1).max(5_000),
  recordSets: z.array(recordSet).default([]),
});

/** A fleet, or everything wrong with it. */
export type ParsedFleet =
  | { readonly ok: true; readonly fleet: Fleet }
  | { readonly ok: false; readonly faults: readonly Fault[] };

/** Checks shape and meaning of a fleet, and names all faults of both at once. */
export function parseFleet(body: unknown): ParsedFleet {
  const parsed = fleetSchema.safeParse(body);
  if (parsed.success) {
    const fleet = parsed.data as Fleet;
    const faults = meaningFaults(fleet);
    return faults.length > 0 ? { ok: false, faults } : { ok: true, fleet };
  }
  const shape = shapeFaults(parsed.error);
  // What has the right shape is checked for meaning all the same, so that nobody has to send it twice.
  const sound = soundParts(body);
  return { ok: false, faults: withoutRepeats(shape, sound ? meaningFaults(sound) : []) };
}

/** The fleet without its misshapen targets and record sets; null where more than those is wrong. */
function soundParts(body: unknown): Fleet | null {
  if (typeof body !== 'object' || body === null) return null;
  const { targets, recordSets } = body as { targets?: unknown; recordSets?: unknown };
  const sound = <T>(list: unknown, schema: z.ZodType<T>) =>
    Array.isArray(list) ? list.flatMap((item: unknown) => schema.safeParse(item).data ?? []) : [];
  const rest = { ...body, targets: sound(targets, target), recordSets: sound(recordSets, recordSet) };
  // Positions would no longer fit the body, so only a fleet whose lists are whole is looked at.
  const whole = rest.targets.length === (Array.isArray(targets) ? targets.length : -1);
  const parsed = whole ? fleetSchema.safeParse(rest) : null;
  return parsed?.success ? (parsed.data as Fleet) : null;
}

function meaningFaults(fleet: Fleet): readonly Fault[] {
  return [
    ...twice(
      'markets',
      fleet.markets.map((m) => m.id),
    ),
    ...twice(
      'workloads',
      fleet.workloads.map((w) => w.id),
    ),
    ...twice('targets', [...fleet.targets.map((t) => t.id)]),
    ...twice(
      'recordSets',
      fleet.recordSets.map((s) => s.id),
    ),
    ...fleet.markets.flatMap((m, i) => (isZone(m.timeZone) ? [] : [zoneFault(i, m.timeZone)])),
    ...fleet.targets.flatMap((_, index) => targetFaults(fleet, index)),
    ...sameResource(fleet),
    ...fleet.recordSets.flatMap((_, index) => recordSetFaults(fleet, index)),
  ];
}

function zoneFault(index: number, zone: string): Fault {
  return { path: `markets.${index}.timeZone`, message: `${zone} is no IANA time zone` };
}

function twice(path: string, ids: readonly string[]): readonly Fault[] {
  return ids.flatMap((name, index) =>
    ids.indexOf(name) === index ? [] : [{ path: `${path}.${index}.id`, message: `${name} is there twice` }],
  );
}

function targetFaults(fleet: Fleet, index: number): readonly Fault[] {
  const found = fleet.targets[index];
  if (!found) return [];
  const faults: Fault[] = [];
  const add = (field: string, message: string) => faults.push({ path: `targets.${index}.${field}`, message });
  const service = serviceDescriptor(found.service);
  if (!service)
    add('service', `${found.service} is not known; it is one of ${SERVICES.map((s) => s.id).join(', ')}`);
  else {
    const names = Object.keys(found.reference);
    const missing = service.referenceFields.filter((field) => !names.includes(field));
    const extra = names.filter((name) => !service.referenceFields.includes(name));
    if (missing.length > 0) add('reference', `lacks ${missing.join(', ')}, which ${service.id} needs`);
    if (extra.length > 0) add('reference', `has ${extra.join(', ')}, which ${service.id} does not know`);
    const { units: most, source } = service.vendorMaximumUnits;
    if (found.maximumUnits > most) add('maximumUnits', `is above the vendor's ${most} (${source})`);
    if (service.id === 'kubernetes.hpa' && !found.autoscaled)
      add('autoscaled', 'an HPA is always autoscaled');
    if (service.id === 'kubernetes.deployment' && found.autoscaled) {
      add('autoscaled', 'a Deployment with an HPA is a target of kubernetes.hpa');
    }
  }
  if (found.baselineUnits > found.maximumUnits)
    add('baselineUnits', `is above maximumUnits ${found.maximumUnits}`);
  if (!fleet.workloads.some((w) => w.id === found.workload))
    add('workload', `${found.workload} is no workload of the fleet`);
  for (const [position, name] of found.markets.entries()) {
    const served = fleet.markets.find((candidate) => candidate.id === name);
    if (!served) add(`markets.${position}`, `${name} is no market of the fleet`);
    else if (!served.allowedRegions.includes(found.region)) {
      add(
        `markets.${position}`,
        `${name} may not be served from ${found.region}; allowed are ${served.allowedRegions.join(', ')}`,
      );
    }
    if (found.markets.indexOf(name) !== position) add(`markets.${position}`, `${name} is named twice`);
  }
  return faults;
}

/** Two targets for one resource would undo each other. */
function sameResource(fleet: Fleet): readonly Fault[] {
  const seen = new Map<string, string>();
  return fleet.targets.flatMap((found, index) => {
    const names = Object.entries(found.reference).toSorted(([a], [b]) => (a < b ? -1 : 1));
    const key = JSON.stringify([found.service, found.region, names]);
    const other = seen.get(key);
    seen.set(key, found.id);
    return other === undefined
      ? []
      : [{ path: `targets.${index}.reference`, message: `is the same resource as ${other}` }];
  });
}

function recordSetFaults(fleet: Fleet, index: number): readonly Fault[] {
  const set = fleet.recordSets[index];
  if (!set) return [];
  const faults: Fault[] = [];
  const path = `recordSets.${index}`;
  if (!fleet.workloads.some((w) => w.id === set.workload)) {
    faults.push({ path: `${path}.workload`, message: `${set.workload} is no workload of the fleet` });
  }
  for (const [position, { setIdentifier }] of set.entries.entries()) {
    if (set.entries.findIndex((other) => other.setIdentifier === setIdentifier) !== position) {
      faults.push({
        path: `${path}.entries.${position}.setIdentifier`,
        message: `${setIdentifier} is there twice`,
      });
    }
  }
  return faults;
}
