type Json = Readonly<Record<string, unknown>>;

const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'];
const TYPES = ['null', 'boolean', 'object', 'array', 'number', 'string', 'integer'];

/**
 * What in a document breaks the rules of OpenAPI 3.1.0 (spec.openapis.org/oas/v3.1.0): required fields, path
 * parameters, references, security schemes, and schemas that are not JSON Schema 2020-12. Empty when it is valid.
 */
export function openApiFaults(document: unknown): readonly string[] {
  const root = document as Json;
  const info = (root.info ?? {}) as Json;
  const faults: string[] = [];
  if (!/^3\.1\.\d+$/.test(String(root.openapi))) faults.push(`openapi is ${root.openapi}`);
  for (const field of ['title', 'version']) if (typeof info[field] !== 'string') faults.push(`info.${field}`);
  if (!isObject(root.paths)) return [...faults, 'paths is missing'];
  for (const [path, item] of Object.entries(root.paths)) {
    if (!path.startsWith('/')) faults.push(`${path} does not begin with a slash`);
    for (const [method, operation] of Object.entries(item as Json)) {
      if (!METHODS.includes(method)) faults.push(`${path} has ${method}, which is no method`);
      else faults.push(...operationFaults(`${method} ${path}`, path, operation as Json, root));
    }
  }
  return [...faults, ...referenceFaults(root, root, '#')];
}

function operationFaults(where: string, path: string, operation: Json, root: Json): readonly string[] {
  const parameters = (operation.parameters ?? []) as readonly Json[];
  const inPath = parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name);
  const asked = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
  const faults = parameters.flatMap((parameter) => parameterFaults(where, parameter));
  if (asked.join() !== inPath.join()) faults.push(`${where}: path parameters are ${inPath}, not ${asked}`);
  const responses = Object.entries((operation.responses ?? {}) as Json);
  if (responses.length === 0) faults.push(`${where}: no responses`);
  for (const [status, response] of responses) {
    if (!/^([1-5]\d\d|[1-5]XX|default)$/.test(status)) faults.push(`${where}: response ${status}`);
    if (typeof (response as Json).description !== 'string') faults.push(`${where}: ${status} undescribed`);
    faults.push(...contentFaults(`${where} ${status}`, (response as Json).content));
  }
  if (operation.requestBody !== undefined) {
    const { content } = operation.requestBody as Json;
    if (!isObject(content)) faults.push(`${where}: body without content`);
    faults.push(...contentFaults(`${where} body`, content));
  }
  const schemes = ((root.components as Json | undefined)?.securitySchemes ?? {}) as Json;
  for (const requirement of (operation.security ?? root.security ?? []) as readonly Json[]) {
    for (const name of Object.keys(requirement))
      if (!schemes[name]) faults.push(`${where}: no scheme ${name}`);
  }
  return faults;
}

function parameterFaults(where: string, parameter: Json): string[] {
  const { name, in: place, required, schema, content } = parameter;
  const at = `${where}: parameter ${name}`;
  const faults: string[] = [];
  if (!['path', 'query', 'header', 'cookie'].includes(String(place))) faults.push(`${at} is in ${place}`);
  if (place === 'path' && required !== true) faults.push(`${at} is not required`);
  if ((schema === undefined) === (content === undefined)) faults.push(`${at} needs schema or content`);
  return schema === undefined ? faults : [...faults, ...schemaFaults(at, schema)];
}

function contentFaults(where: string, content: unknown): readonly string[] {
  return Object.entries((content ?? {}) as Json).flatMap(([type, media]) => {
    if (!/^[\w.+-]+\/[\w.+*-]+$/.test(type)) return [`${where}: ${type} is no media type`];
    const { schema } = media as Json;
    return schema === undefined ? [] : schemaFaults(`${where} ${type}`, schema);
  });
}

function schemaFaults(where: string, schema: unknown): readonly string[] {
  if (typeof schema === 'boolean') return [];
  if (!isObject(schema)) return [`${where}: a schema is ${JSON.stringify(schema)}`];
  const faults: string[] = [];
  const types = [schema.type ?? []].flat();
  for (const type of types) if (!TYPES.includes(String(type))) faults.push(`${where}: type ${type}`);
  if ('nullable' in schema) faults.push(`${where}: nullable is of OpenAPI 3.0`);
  for (const name of [
    'exclusiveMinimum',
    'exclusiveMaximum',
    'minimum',
    'maximum',
    'minLength',
    'maxItems',
  ]) {
    if (name in schema && typeof schema[name] !== 'number') faults.push(`${where}: ${name} is no number`);
  }
  const { required } = schema;
  if (
    required !== undefined &&
    !(Array.isArray(required) && required.every((one) => typeof one === 'string'))
  ) {
    faults.push(`${where}: required is no list of names`);
  }
  for (const name of ['properties', 'patternProperties', '$defs']) {
    for (const [key, part] of Object.entries((schema[name] ?? {}) as Json)) {
      faults.push(...schemaFaults(`${where}.${key}`, part));
    }
  }
  for (const name of ['items', 'additionalProperties', 'propertyNames', 'not', 'contains']) {
    if (name in schema) faults.push(...schemaFaults(`${where}.${name}`, schema[name]));
  }
  for (const name of ['anyOf', 'oneOf', 'allOf', 'prefixItems']) {
    if (!(name in schema)) continue;
    const parts = schema[name];
    if (!Array.isArray(parts) || parts.length === 0) faults.push(`${where}: ${name} is no list`);
    else faults.push(...parts.flatMap((part) => schemaFaults(`${where}.${name}`, part)));
  }
  return faults;
}

/** Every reference has to lead somewhere. */
function referenceFaults(value: unknown, root: Json, at: string): readonly string[] {
  if (Array.isArray(value))
    return value.flatMap((part, index) => referenceFaults(part, root, `${at}/${index}`));
  if (!isObject(value)) return [];
  const { $ref } = value;
  const broken =
    typeof $ref === 'string' && !leadsSomewhere($ref, root) ? [`${at}: ${$ref} leads nowhere`] : [];
  return [
    ...broken,
    ...Object.entries(value).flatMap(([name, part]) => referenceFaults(part, root, `${at}/${name}`)),
  ];
}

function leadsSomewhere(reference: string, root: Json): boolean {
  if (!reference.startsWith('#/')) return false;
  let current: unknown = root;
  for (const step of reference.slice(2).split('/')) {
    current = isObject(current) ? current[step.replaceAll('~1', '/').replaceAll('~0', '~')] : undefined;
  }
  return current !== undefined;
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
