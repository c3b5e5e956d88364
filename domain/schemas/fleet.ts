import { z } from 'zod';
import { isZone } from '../calendar.ts';
import { WEDDING_PHASES } from '../distribution/wedding-shape.ts';
import type { Fleet } from '../fleet.ts';
import { type DeclaredFleet, type PriceBook, pricedFleet, tablePrices } from '../pricing.ts';
import { PROVIDERS } from '../providers.ts';
import { type Lever, leverOf } from '../service-descriptor.ts';
import { resourceOf, SERVICES, serviceDescriptor } from '../services.ts';
import { causalOrder } from '../sizing/couplings.ts';
import { type Fault, repeats, shapeFaults, valueAt, withoutRepeats } from './fault.ts';
import { gapFaults } from './gaps.ts';
import { priceFaults } from './price-faults.ts';

const id = z.string().min(1).max(200);
const positive = z.number().positive().max(1e12);
const units = z.int().min(0).max(1_000_000);

const market = z.strictObject({
  id,
  name: z.string().min(1),
  timeZone: z.string().min(1),
  allowedRegions: z.array(z.string().min(1)).min(1),
  weddingsPerYear: z.number().min(0).max(1e8).optional(),
});

const waiting = {
  delayProbability: z.number().min(0.001).max(0.9).optional().describe('Share that may wait. Default 0.2.'),
  serversPerUnit: z.number().min(0.01).max(1e6).optional().describe('Served at the same time. Default 1.'),
};

const queueing = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('none') }),
    z.strictObject({ kind: z.literal('squareRoot'), ...waiting }),
    z.strictObject({ kind: z.literal('erlangC'), ...waiting }),
  ])
  .describe('How requests wait for a unit. Default none.');

const workload = z.strictObject({
  id,
  unit: z.string().min(1),
  demandPerUser: positive,
  demandPerUserByPhase: z
    .strictObject(
      Object.fromEntries(WEDDING_PHASES.map((phase) => [phase, z.number().min(0).max(1e12).optional()])),
    )
    .optional()
    .describe('The same in a phase of a wedding, where it differs.'),
  queueing: queueing.optional(),
  liveStreamOnly: z.boolean().optional(),
  egressGbPerUnit: z.number().min(0).max(1e3).optional(),
  maximumRoundTripMs: z.number().positive().max(60_000).optional(),
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
  zones: z
    .int()
    .min(2)
    .max(20)
    .optional()
    .describe('Zones its units are spread over: with one lost the rest carries the demand.'),
  hourlyUsdPerUnit: z
    .number()
    .min(0)
    .max(1e6)
    .optional()
    .describe('Looked up by instanceType where it is left out.'),
  instanceType: z
    .string()
    .min(1)
    .max(100)
    .optional()
    .describe("The vendor's name of what a unit is: a machine type, a database class or a cache node type."),
  engine: z
    .string()
    .min(1)
    .max(100)
    .optional()
    .describe('Engine of a database class or cache node type, e.g. postgres, redis.'),
  critical: z.boolean().default(false),
  requiresStabilization: z.boolean().default(false),
  leadTimeMinutes: z
    .number()
    .min(0)
    .max(60 * 24 * 14)
    .default(10),
  loadSource: loadSource.default({ kind: 'observations' }),
  autoscaled: z.boolean(),
  lever: z.string().min(1).optional().describe("Which of the service's levers is moved. Default its first."),
  classes: z
    .array(z.strictObject({ name: z.string().min(1), units: z.int().min(1).max(1_000_000) }))
    .min(1)
    .optional()
    .describe('Rungs of a machine-class lever, by ascending units.'),
  mayInterrupt: z.boolean().default(false),
  spotPercent: z.int().min(0).max(100).optional(),
  spotHourlyUsdPerUnit: z.number().min(0).max(1e6).optional(),
  spotInterruptedPercent: z.int().min(0).max(90).optional(),
  fallbacks: z
    .array(id)
    .min(1)
    .max(20)
    .optional()
    .describe('Targets that stand in where the vendor has no room for this one, in this order.'),
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

const coupling = z.strictObject({ from: id, to: id, demandPerDemand: positive });

/** Body of `PUT /api/fleet`. */
export const fleetSchema = z.strictObject({
  name: z.string().min(1),
  priceDate: z.iso.date().describe('Day the prices that the file states were read.'),
  markets: z.array(market).min(1),
  workloads: z.array(workload).min(1),
  demandModel: z.strictObject({
    weddingsPerBooking: positive,
    usersPerGuest: positive,
    viewersPerGuest: z.number().min(0),
    tierFactor: z.record(z.string(), positive),
    bookingCurve: z
      .union([
        z.enum(['market', 'none']),
        z.strictObject({
          medianLeadDays: z.number().positive().max(3_650),
          shape: z.number().positive().max(20).optional(),
        }),
      ])
      .optional()
      .describe('How bookings come in: by each market, not at all any more, or by one curve for all.'),
    turnoutSpread: z.number().min(0).max(3).optional(),
    unservedUsdPerUserHour: z
      .record(z.string(), z.number().positive().max(1e6))
      .optional()
      .describe('Cost of an hour without service per concurrent user, by tier. Default 0.25 USD.'),
    demandPerUserDeviation: z
      .number()
      .min(0.01)
      .max(2)
      .optional()
      .describe('Relative standard deviation of demandPerUser as stated. Default 0.1.'),
  }),
  targets: z.array(target).min(1).max(5_000),
  recordSets: z.array(recordSet).default([]),
  couplings: z.array(coupling).max(1_000).optional(),
});

/** A fleet, or everything wrong with it. */
export type ParsedFleet =
  | { readonly ok: true; readonly fleet: Fleet }
  | { readonly ok: false; readonly faults: readonly Fault[] };

/**
 * Checks shape and meaning of a fleet, and names all faults of both at once. Prices that it leaves out are looked up.
 * @param book what prices are known; default the tables of this release.
 */
export function parseFleet(body: unknown, book: PriceBook = tablePrices): ParsedFleet {
  const parsed = fleetSchema.safeParse(body);
  // A gap is named as one, whatever else its field's shape would say of it.
  const gaps = gapFaults(body);
  const shape = withoutRepeats(gaps, parsed.success ? [] : shapeFaults(parsed.error));
  // What has the right shape is checked for meaning all the same, so that nobody has to send it twice.
  const faults = withoutRepeats(shape, meaningFaults(body, book));
  if (faults.length > 0 || !parsed.success) return { ok: false, faults };
  return { ok: true, fleet: pricedFleet(parsed.data as DeclaredFleet, book) };
}

/** One entry of a list and where it stands in the body. */
interface Placed<T> {
  readonly path: string;
  readonly value: T;
}

/** What can be checked for meaning: entries of the right shape, and the names that all entries together give. */
interface Sound {
  readonly markets: readonly Placed<z.infer<typeof market>>[];
  readonly targets: readonly Placed<z.infer<typeof target>>[];
  readonly recordSets: readonly Placed<z.infer<typeof recordSet>>[];
  readonly marketIds: ReadonlySet<string>;
  readonly workloadIds: ReadonlySet<string>;
  readonly targetIds: ReadonlySet<string>;
}

function meaningFaults(body: unknown, book: PriceBook): readonly Fault[] {
  const ids = (list: string) => idsAt(body, list);
  const sound: Sound = {
    markets: placed(body, 'markets', market),
    targets: placed(body, 'targets', target),
    recordSets: placed(body, 'recordSets', recordSet),
    marketIds: new Set(ids('markets').map(({ text }) => text)),
    workloadIds: new Set(ids('workloads').map(({ text }) => text)),
    targetIds: new Set(ids('targets').map(({ text }) => text)),
  };
  return [
    ...['markets', 'workloads', 'targets', 'recordSets'].flatMap((list) => repeats(ids(list))),
    ...sound.markets.flatMap(({ path, value }) => zoneFaults(path, value.timeZone)),
    ...sound.targets.flatMap(({ path, value }) => [
      ...serviceFaults(path, value),
      ...targetFaults(path, value, sound),
      ...fallbackFaults(path, value, sound),
      ...priceFaults(path, value, book),
    ]),
    ...sameResource(sound.targets),
    ...sound.recordSets.flatMap(({ path, value }) => recordSetFaults(path, value, sound)),
    ...couplingFaults(placed(body, 'couplings', coupling), sound),
  ];
}

function placed<T>(body: unknown, list: string, schema: z.ZodType<T>): readonly Placed<T>[] {
  const entries = valueAt(body, list);
  if (!Array.isArray(entries)) return [];
  return entries.flatMap((item: unknown, index) => {
    const parsed = schema.safeParse(item);
    return parsed.success ? [{ path: `${list}.${index}`, value: parsed.data }] : [];
  });
}

/** Ids of a list's entries, of misshapen ones too: what refers to them is right. */
function idsAt(body: unknown, list: string): readonly { readonly path: string; readonly text: string }[] {
  const entries = valueAt(body, list);
  if (!Array.isArray(entries)) return [];
  return entries.flatMap((item: unknown, index) => {
    const text = valueAt(item, 'id');
    return typeof text === 'string' ? [{ path: `${list}.${index}.id`, text }] : [];
  });
}

function zoneFaults(path: string, zone: string): readonly Fault[] {
  return isZone(zone) ? [] : [{ path: `${path}.timeZone`, message: `${zone} is no IANA time zone` }];
}

/** What the service of a target says about it. */
function serviceFaults(path: string, found: z.infer<typeof target>): readonly Fault[] {
  const faults: Fault[] = [];
  const add = (field: string, message: string) => faults.push({ path: `${path}.${field}`, message });
  const service = serviceDescriptor(found.service);
  if (!service) {
    add('service', `${found.service} is not known; it is one of ${SERVICES.map((s) => s.id).join(', ')}`);
    return faults;
  }
  const lever = leverOf(service, found);
  if (!lever) {
    const known = service.levers.map(({ id: name }) => name).join(', ');
    add('lever', `${service.id} has no lever ${found.lever}; it has ${known}`);
    return faults;
  }
  return [...faults, ...leverFaults(path, found, service.id, lever)];
}

/** What the lever of a target says about it. */
function leverFaults(
  path: string,
  found: z.infer<typeof target>,
  serviceId: string,
  lever: Lever,
): readonly Fault[] {
  const faults: Fault[] = [];
  const add = (field: string, message: string) => faults.push({ path: `${path}.${field}`, message });
  const names = Object.keys(found.reference);
  const missing = lever.referenceFields.filter((field) => !names.includes(field));
  const extra = names.filter((name) => !lever.referenceFields.includes(name));
  if (missing.length > 0) add('reference', `lacks ${missing.join(', ')}, which ${serviceId} needs`);
  if (extra.length > 0) add('reference', `has ${extra.join(', ')}, which ${serviceId} does not know`);
  const { units: most, source } = lever.vendorMaximumUnits;
  if (found.maximumUnits > most) add('maximumUnits', `is above the vendor's ${most} (${source})`);
  if (lever.autoscaled === 'always' && !found.autoscaled) {
    add('autoscaled', `${serviceId} is always autoscaled`);
  }
  if (lever.autoscaled === 'never' && found.autoscaled) {
    add('autoscaled', `${lever.id} of ${serviceId} are never autoscaled${HINTS[serviceId] ?? ''}`);
  }
  if (lever.interrupts && !found.mayInterrupt) {
    add('mayInterrupt', `must be true: changing ${lever.id} of ${serviceId} interrupts it`);
  }
  return [...faults, ...classFaults(path, found, lever), ...spotFaults(path, found, lever)];
}

/** Where to go for what a service does not do. */
const HINTS: Readonly<Record<string, string>> = {
  'kubernetes.deployment': '; a Deployment with an HPA is a target of kubernetes.hpa',
};

function classFaults(path: string, found: z.infer<typeof target>, lever: Lever): readonly Fault[] {
  const field = `${path}.classes`;
  if (!lever.kinds.includes('class')) {
    return found.classes ? [{ path: field, message: `means nothing for ${lever.id}; leave it out` }] : [];
  }
  if (!found.classes) return [{ path: field, message: `must list the machine classes ${lever.id} may use` }];
  const steps = found.classes.map(({ units: carried }) => carried);
  const ascending = steps.every((carried, index) => index === 0 || carried > (steps[index - 1] ?? 0));
  return ascending ? [] : [{ path: field, message: 'must have ascending units' }];
}

function spotFaults(path: string, found: z.infer<typeof target>, lever: Lever): readonly Fault[] {
  const { spotPercent, spotHourlyUsdPerUnit } = found;
  if (!lever.spot) {
    return ['spotPercent', 'spotHourlyUsdPerUnit', 'spotInterruptedPercent']
      .filter((field) => field in found && found[field as 'spotPercent'] !== undefined)
      .map((field) => ({ path: `${path}.${field}`, message: `means nothing for ${lever.id}; leave it out` }));
  }
  if (spotPercent === undefined && found.spotInterruptedPercent !== undefined) {
    return [{ path: `${path}.spotInterruptedPercent`, message: 'means nothing without spotPercent' }];
  }
  if ((spotPercent === undefined) === (spotHourlyUsdPerUnit === undefined)) return [];
  // A spot price that is left out is looked up; see price-faults.ts.
  if (spotPercent !== undefined && found.instanceType !== undefined) return [];
  const field = spotPercent === undefined ? 'spotPercent' : 'spotHourlyUsdPerUnit';
  return [{ path: `${path}.${field}`, message: 'spotPercent and spotHourlyUsdPerUnit go together' }];
}

/** What the rest of the fleet says about a target. */
function targetFaults(path: string, found: z.infer<typeof target>, sound: Sound): readonly Fault[] {
  const faults: Fault[] = [];
  const add = (field: string, message: string) => faults.push({ path: `${path}.${field}`, message });
  if (found.baselineUnits > found.maximumUnits) {
    add('baselineUnits', `is above maximumUnits ${found.maximumUnits}`);
  }
  if (!sound.workloadIds.has(found.workload)) {
    add('workload', `${found.workload} is no workload of the fleet`);
  }
  for (const [position, name] of found.markets.entries()) {
    const served = sound.markets.find(({ value }) => value.id === name)?.value;
    const field = `markets.${position}`;
    if (!sound.marketIds.has(name)) add(field, `${name} is no market of the fleet`);
    else if (served && !served.allowedRegions.includes(found.region)) {
      const allowed = served.allowedRegions.join(', ');
      add(field, `${name} may not be served from ${found.region}; allowed are ${allowed}`);
    }
    if (found.markets.indexOf(name) !== position) add(field, `${name} is named twice`);
  }
  return faults;
}

/** A fallback is another target that can carry what the target carries, and that can be given back again. */
function fallbackFaults(path: string, found: z.infer<typeof target>, sound: Sound): readonly Fault[] {
  const { id: own, workload: carries, markets, fallbacks = [] } = found;
  const byId = new Map(sound.targets.map(({ value }) => [value.id, value]));
  return fallbacks.flatMap((name, position) => {
    const fault = (message: string) => [{ path: `${path}.fallbacks.${position}`, message }];
    const other = byId.get(name);
    if (name === own) return fault('is the target itself');
    if (fallbacks.indexOf(name) !== position) return fault(`${name} is named twice`);
    if (!sound.targetIds.has(name)) return fault(`${name} is no target of the fleet`);
    if (!other) return [];
    if (other.workload !== carries) return fault(`${name} carries ${other.workload}, not ${carries}`);
    // Markets that are none are faults of their own.
    const known = [...markets, ...other.markets].every((market) => sound.marketIds.has(market));
    if (known && !other.markets.some((market) => markets.includes(market))) {
      return fault(`${name} serves none of ${markets.join(', ')}`);
    }
    const service = serviceDescriptor(other.service);
    const committed = service && leverOf(service, other)?.reversibility === 'committed';
    return committed ? fault(`${name} cannot be given back, so a person has to plan with it`) : [];
  });
}

/** Two targets for one resource would undo each other. */
function sameResource(targets: Sound['targets']): readonly Fault[] {
  const seen = new Map<string, string>();
  return targets.flatMap(({ path, value }) => {
    const key = resourceOf(value);
    const other = seen.get(key);
    seen.set(key, value.id);
    return other === undefined
      ? []
      : [{ path: `${path}.reference`, message: `is the same resource as ${other}` }];
  });
}

/** Couplings name workloads, each pair once, and never lead back to where they began. */
function couplingFaults(
  couplings: readonly Placed<z.infer<typeof coupling>>[],
  { workloadIds }: Sound,
): readonly Fault[] {
  const unknown = couplings.flatMap(({ path, value }) =>
    (['from', 'to'] as const)
      .filter((end) => !workloadIds.has(value[end]))
      .map((end) => ({ path: `${path}.${end}`, message: `${value[end]} is no workload of the fleet` })),
  );
  const pairs = couplings.map(({ path, value }) => ({ path, text: `${value.from} -> ${value.to}` }));
  const ids = [...workloadIds].map((name) => ({ id: name }));
  const found = causalOrder(
    ids,
    couplings.map(({ value }) => value),
  );
  const message = 'cycle' in found ? `lead in a circle: ${found.cycle.join(' -> ')}; leave one out` : '';
  return [...unknown, ...repeats(pairs), ...('cycle' in found ? [{ path: 'couplings', message }] : [])];
}

function recordSetFaults(path: string, set: z.infer<typeof recordSet>, sound: Sound): readonly Fault[] {
  const names = set.entries.map(({ setIdentifier }, position) => ({
    path: `${path}.entries.${position}.setIdentifier`,
    text: setIdentifier,
  }));
  if (sound.workloadIds.has(set.workload)) return repeats(names);
  const message = `${set.workload} is no workload of the fleet`;
  return [{ path: `${path}.workload`, message }, ...repeats(names)];
}
