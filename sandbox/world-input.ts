import { z } from 'zod';
import { resourceKeyOf, SANDBOX_SERVICES, type SandboxService, sandboxService } from './services.ts';
import type { Resource } from './world.ts';

const units = z.int().min(0);

const resourceShape = z.strictObject({
  service: z.enum([...new Set(SANDBOX_SERVICES.map((service) => service.id))]),
  lever: z.string().optional(),
  region: z.string().min(1),
  reference: z.record(z.string(), z.string().min(1)),
  autoscaled: z.boolean(),
  minimumUnits: units.optional(),
  maximumUnits: units.optional(),
  units,
  quotaUnits: units.optional(),
  provisioningSeconds: z.number().min(0).optional(),
  onDemandPercent: z.int().min(0).max(100).optional(),
  className: z.string().min(1).optional(),
  attributes: z.record(z.string(), z.unknown()).optional(),
});

const recordSetShape = z.strictObject({
  zoneId: z.string().regex(/^[A-Z0-9]{1,32}$/, 'must be a hosted zone id, e.g. Z0ALL'),
  name: z.string().min(1),
  type: z.enum(['A', 'AAAA', 'CNAME']),
  ttlSeconds: units,
  records: z
    .array(
      z.strictObject({
        setIdentifier: z.string().min(1).max(128),
        weight: z.int().min(0).max(255),
        value: z.string().min(1),
        healthCheckId: z.string().min(1).max(64).optional(),
      }),
    )
    .min(1),
});

const quotaShape = z.strictObject({
  region: z.string().min(1),
  service: z.string().min(1),
  code: z.string().regex(/^L-[0-9A-F]{8}$/, 'must be a code of Service Quotas, e.g. L-3032A538'),
  limit: z.number().min(0),
});

const bodyShape = z.strictObject({
  resources: z.array(z.unknown()).default([]),
  recordSets: z.array(z.unknown()).default([]),
  quotas: z.array(z.unknown()).default([]),
});

/** A weighted record set, as a world names it. */
export type RecordSetInput = z.infer<typeof recordSetShape>;

/** What a body of `PUT` or `PATCH /world` came to. */
export interface WorldInput {
  readonly resources: readonly Resource[];
  readonly recordSets: readonly RecordSetInput[];
  /** What the account is allowed, where that is not what the sandbox has by default. */
  readonly quotas: readonly z.infer<typeof quotaShape>[];
}

/** A body that cannot be used; `faults` names everything that is wrong with it. */
export class InputError extends Error {
  readonly faults: readonly string[];
  constructor(faults: readonly string[]) {
    super(faults.join('; '));
    this.faults = faults;
  }
}

/** Parses with a schema. @throws InputError naming every fault. */
export function parsed<T>(schema: z.ZodType<T>, input: unknown): T {
  const faults: string[] = [];
  const value = checked(schema, input, '', faults);
  if (value === undefined) throw new InputError(faults);
  return value;
}

/** Reads the body of `PUT` or `PATCH /world`. @throws InputError naming every fault of the whole body. */
export function worldInput(input: unknown): WorldInput {
  const body = parsed(bodyShape, input);
  const faults: string[] = [];
  const resources = body.resources.flatMap((item, index) => {
    const at = `resources[${index}]`;
    const shape = checked(resourceShape, item, at, faults);
    return shape === undefined ? [] : resourceOf(shape, at, faults);
  });
  const recordSets = body.recordSets.flatMap((item, index) => {
    return checked(recordSetShape, item, `recordSets[${index}]`, faults) ?? [];
  });
  const quotas = body.quotas.flatMap(
    (item, index) => checked(quotaShape, item, `quotas[${index}]`, faults) ?? [],
  );
  faults.push(...repeated(resources.map((resource) => resource.key)));
  faults.push(...repeated(recordSets.flatMap(recordKeys)));
  if (faults.length > 0) throw new InputError(faults);
  return { resources, recordSets, quotas };
}

function checked<T>(schema: z.ZodType<T>, input: unknown, at: string, faults: string[]): T | undefined {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  for (const issue of result.error.issues) {
    const path = [at, ...issue.path.map(String)].filter((part) => part !== '').join('.');
    faults.push(path === '' ? issue.message : `${path}: ${issue.message}`);
  }
  return undefined;
}

function resourceOf(input: z.infer<typeof resourceShape>, at: string, faults: string[]): Resource[] {
  const service = sandboxService(input.service, input.lever);
  if (!service) {
    faults.push(`${at}.lever: ${input.service} has no lever ${input.lever}`);
    return [];
  }
  const before = faults.length;
  const given = Object.keys(input.reference).sort().join(', ');
  const wanted = [...service.referenceFields].sort().join(', ');
  if (given !== wanted) faults.push(`${at}.reference: must have ${wanted}, and has ${given}`);
  faults.push(...rangeFaults(input, service).map((fault) => `${at}: ${fault}`));
  if (faults.length > before) return [];
  return [
    {
      key: resourceKeyOf(service, input.region, input.reference),
      vendor: service.vendor,
      service: service.id,
      lever: service.lever,
      region: input.region,
      reference: input.reference,
      autoscaled: input.autoscaled,
      minimumUnits: input.minimumUnits ?? null,
      maximumUnits: input.maximumUnits ?? null,
      desiredUnits: input.units,
      servingUnits: input.units,
      onDemandPercent: input.onDemandPercent ?? null,
      className: input.className ?? null,
      servingClassName: input.className ?? null,
      version: 1,
      quotaUnits: input.quotaUnits ?? null,
      provisioningSeconds: input.provisioningSeconds ?? service.provisioningSeconds,
      // A world that says how long it takes says all of it.
      ...(input.provisioningSeconds === undefined &&
        service.unitsPerMinute !== undefined && { unitsPerMinute: service.unitsPerMinute }),
      ...(service.allAtOnce && { allAtOnce: true }),
      busyUntilMs: 0,
      attributes: { ...input.attributes },
    },
  ];
}

function rangeFaults(input: z.infer<typeof resourceShape>, service: SandboxService): string[] {
  const { autoscaled, minimumUnits: low, maximumUnits: high, units: now } = input;
  if ((service.hasClass ?? false) !== (input.className !== undefined)) {
    return [service.hasClass ? 'needs className' : 'has no className'];
  }
  if (!autoscaled && !service.bounded) {
    return low === undefined && high === undefined ? [] : ['minimumUnits and maximumUnits need autoscaled'];
  }
  if (low === undefined || high === undefined)
    return ['one that is autoscaled, or has bounds of its own, needs minimumUnits and maximumUnits'];
  if (low > high) return [`minimumUnits ${low} is above maximumUnits ${high}`];
  return now < low || now > high ? [`units ${now} is outside of ${low} to ${high}`] : [];
}

function recordKeys(set: RecordSetInput): string[] {
  return set.records.map((record) => `${set.zoneId}/${set.name}/${set.type}/${record.setIdentifier}`);
}

function repeated(keys: readonly string[]): string[] {
  const seen = new Set<string>();
  const twice = new Set(keys.filter((key) => seen.size === seen.add(key).size));
  return [...twice].map((key) => `${key} is named twice`);
}
