import { STATUS_CODES } from 'node:http';
import { z } from 'zod';
import { serviceNowMs } from './clock.ts';
import type { Core, SandboxResponse } from './core.ts';
import { FAULT_KINDS, type Fault } from './faults.ts';
import type { Protocol } from './http.ts';
import { WorldError } from './world.ts';
import { InputError, parsed, type RecordSetInput, worldInput } from './world-input.ts';

const units = z.int().min(0);

const peopleShape = z.strictObject({
  resource: z.string(),
  change: z
    .strictObject({
      minimumUnits: units.optional(),
      maximumUnits: units.optional(),
      desiredUnits: units.optional(),
      onDemandPercent: units.max(100).optional(),
      className: z.string().min(1).optional(),
    })
    .refine((change) => Object.keys(change).length > 0, 'must change something'),
});

const faultShape = z.strictObject({
  match: z
    .strictObject({
      vendor: z.string().optional(),
      service: z.string().optional(),
      operation: z.string().optional(),
      region: z.string().optional(),
      resource: z.string().optional(),
    })
    .default({}),
  kind: z.enum(FAULT_KINDS),
  probability: z.number().min(0).max(1).optional(),
  times: z.int().min(1).optional(),
  delayMs: z.number().min(0).optional(),
  fraction: z.number().min(0).optional(),
  retryAfterSeconds: z.number().min(0).optional(),
});

const clockShape = z.strictObject({ anchorMs: z.number(), scale: z.number().positive() });
const limitsShape = z.strictObject({ factor: z.number().positive() });
const outageShape = z.strictObject({ resource: z.string(), servingUnits: units });
const recoveryShape = z.strictObject({ resource: z.string() });
const healthShape = z.strictObject({ healthy: z.boolean() });

interface ControlRequest {
  readonly core: Core;
  readonly input: unknown;
  readonly query: URLSearchParams;
  /** What the path's last part names, decoded; empty where the route has none. */
  readonly id: string;
}

type Answer = { readonly status?: number; readonly body?: unknown };

/** `METHOD /path`; a path that ends in `/:id` takes one more part. */
const ROUTES: Readonly<Record<string, (request: ControlRequest) => Answer>> = {
  'DELETE /faults': ({ core }) => {
    core.faults.clear();
    return { status: 204 };
  },
  'DELETE /faults/:id': ({ core, id }) =>
    core.faults.remove(id) ? { status: 204 } : refusal(404, [`no fault ${id} is in force`]),
  'GET /clock': ({ core }) => ({ body: { ...core.clock, serviceNowMs: serviceNowMs(core.clock) } }),
  'GET /faults': ({ core }) => ({ body: { faults: core.faults.list() } }),
  'GET /healthz': ({ core }) => ({ body: { status: 'ok', ports: Object.fromEntries(core.ports) } }),
  'GET /ledger': ({ core, query }) => {
    const after = parsed(z.object({ after: z.coerce.number().int().min(0) }), {
      after: query.get('after') ?? 0,
    });
    core.world.tick();
    return { body: { entries: core.ledger.after(after.after) } };
  },
  'GET /limits': ({ core }) => ({ body: { refused: core.limits.refused() } }),
  'GET /requests': ({ core }) => ({ body: { requests: countersOf(core) } }),
  'GET /world': ({ core }) => ({ body: stateOf(core) }),
  'PATCH /world': (request) => load(request, false),
  'POST /clock': ({ core, input }) => {
    Object.assign(core.clock, parsed(clockShape, input));
    return { body: core.clock };
  },
  'POST /faults': ({ core, input }) => {
    const rules = parsed(z.array(faultShape), Array.isArray(input) ? input : [input]);
    return { status: 201, body: { ids: rules.map((rule) => core.faults.add(rule as Omit<Fault, 'id'>)) } };
  },
  'POST /health-checks/:id': setHealth,
  'POST /limits': ({ core, input }) => {
    core.limits.setFactor(parsed(limitsShape, input).factor);
    return { status: 204 };
  },
  'POST /outages': loseUnits,
  'POST /people': editByPerson,
  'POST /recoveries': recover,
  'PUT /world': (request) => load(request, true),
};

/**
 * The control endpoint: what a test, a demo or a person does to the world from outside of it. JSON both ways;
 * a body that cannot be used is answered 400 with all of its faults, `{"faults": [...]}`.
 */
export function createControl(core: Core): Protocol {
  return async (request, body) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://sandbox');
    const [, first = '', ...rest] = pathname.split('/');
    const route = ROUTES[`${request.method} /${first}${rest.length > 0 ? '/:id' : ''}`];
    if (!route) return encode(refusal(404, [`no route ${request.method} ${pathname}`]));
    try {
      const id = decodeURIComponent(rest.join('/'));
      return encode(route({ core, input: jsonOf(body), query: searchParams, id }));
    } catch (error) {
      if (error instanceof InputError) return encode(refusal(400, error.faults));
      if (error instanceof WorldError) return encode(refusal(409, [error.message]));
      throw error;
    }
  };
}

function load({ core, input, query }: ControlRequest, replace: boolean): Answer {
  const { resources, recordSets, quotas } = worldInput(input);
  if (replace) {
    core.world.clear();
    core.ledger.clear();
    core.faults.clear();
    core.limits.reset();
    core.requests.clear();
    for (const section of core.sections.values()) section.clear();
  }
  const keep = query.get('keep') === 'existing';
  for (const resource of resources) {
    if (!keep || !core.world.resources.has(resource.key)) core.world.add(resource);
  }
  core.sections
    .get('recordSets')
    ?.load(keep ? recordSets.filter((set) => !hasRecordSet(core, set)) : recordSets);
  core.sections.get('quotas')?.load(quotas);
  return { body: { resources: resources.map((resource) => resource.key), recordSets: recordSets.length } };
}

function hasRecordSet(core: Core, { zoneId, name, type }: RecordSetInput): boolean {
  const present = (core.sections.get('recordSets')?.state() ?? []) as readonly RecordSetInput[];
  const plain = (text: string) => text.toLowerCase().replace(/\.$/, '');
  return present.some((set) => set.zoneId === zoneId && plain(set.name) === plain(name) && set.type === type);
}

function stateOf(core: Core): Record<string, unknown> {
  core.world.tick();
  const sections = [...core.sections].map(([name, section]) => [name, section.state()]);
  return { resources: [...core.world.resources.values()], ...Object.fromEntries(sections) };
}

/** Units that serve no longer though they are still wanted, as when a zone fails; nothing replaces them. */
function loseUnits({ core, input }: ControlRequest): Answer {
  const { resource: key, servingUnits } = parsed(outageShape, input);
  const resource = core.world.resources.get(key);
  if (!resource) return refusal(404, [`no resource ${key} is in the world`]);
  core.world.lose(resource, servingUnits);
  return { body: resource };
}

/** What got stuck on its way goes on. */
function recover({ core, input }: ControlRequest): Answer {
  const { resource: key } = parsed(recoveryShape, input);
  const resource = core.world.resources.get(key);
  if (!resource) return refusal(404, [`no resource ${key} is in the world`]);
  core.world.resume(resource);
  return { body: resource };
}

function editByPerson({ core, input }: ControlRequest): Answer {
  const { resource: key, change } = parsed(peopleShape, input);
  const resource = core.world.resources.get(key);
  if (!resource) return refusal(404, [`no resource ${key} is in the world`]);
  const low = change.minimumUnits ?? resource.minimumUnits;
  const high = change.maximumUnits ?? resource.maximumUnits;
  const bounded = resource.minimumUnits !== null && resource.maximumUnits !== null;
  if (!bounded && (low !== null || high !== null)) {
    throw new InputError([`${key} is not autoscaled; only its desiredUnits can be changed`]);
  }
  if (low !== null && high !== null && low > high) {
    throw new InputError([`minimumUnits ${low} is above maximumUnits ${high}`]);
  }
  const { vendor, service, region } = resource;
  const call = { vendor, service, region, operation: 'edit', caller: 'person', key: null };
  core.world.change(resource, change as Parameters<typeof core.world.change>[1], call);
  return { body: resource };
}

function setHealth({ core, input, id }: ControlRequest): Answer {
  const { healthy } = parsed(healthShape, input);
  const section = core.sections.get('healthChecks');
  if (!Object.hasOwn((section?.state() ?? {}) as object, id)) {
    return refusal(404, [`no record names health check ${id}`]);
  }
  section?.load({ [id]: healthy });
  return { status: 204 };
}

function countersOf(core: Core): unknown[] {
  return [...core.requests].map(([name, count]) => {
    const [vendor, operation, status] = name.split(' ');
    return { vendor, operation, status: Number(status), count };
  });
}

function jsonOf(body: Buffer): unknown {
  if (body.length === 0) return undefined;
  try {
    return JSON.parse(body.toString('utf8'));
  } catch (error) {
    throw new InputError([`the body is not JSON: ${(error as Error).message}`]);
  }
}

function refusal(status: number, faults: readonly string[]): Answer {
  return { status, body: { error: STATUS_CODES[status], faults } };
}

function encode({ status = 200, body }: Answer): SandboxResponse {
  if (body === undefined) return { status, body: '' };
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}
