import type { Exchange } from './recorder.ts';

/** A value's description, in the common part of JSON Schema, OpenAPI and Google's discovery documents. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly format?: string;
  readonly enum?: readonly string[];
  readonly pattern?: string;
  readonly minimum?: string | number;
  readonly maximum?: string | number;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema;
  readonly items?: Schema;
  readonly readOnly?: boolean;
}

/** A parameter of the path or the query. */
export interface Parameter {
  readonly name: string;
  readonly location: 'path' | 'query';
  readonly required: boolean;
  readonly schema: Schema;
}

/** One method. */
export interface Method {
  /** e.g. `compute.autoscalers.patch`. */
  readonly id: string;
  readonly verb: string;
  /** Template with `{name}` for each parameter of the path. */
  readonly path: string;
  readonly parameters: readonly Parameter[];
  /** Names in {@link ApiDocument.schemas}; null where there is no body. */
  readonly requestSchema: string | null;
  readonly responseSchema: string | null;
}

/** A vendor's own description of an API. */
export interface ApiDocument {
  /** What it is and of when, for people. */
  readonly label: string;
  readonly methods: readonly Method[];
  readonly schemas: Readonly<Record<string, Schema>>;
}

/** What Google's own Node client sends where a method takes no body: an empty JSON text. */
const NO_BODY = '""';

/** Placeholders of a template match this: one part of a path. */
const PART = '([^/]+)';

/** The method a request is for; undefined where the document has none. */
export function methodOf(document: ApiDocument, { method, path }: Exchange): Method | undefined {
  return document.methods.find((one) => one.verb === method && patternOf(one).test(path));
}

/** Everything a request has against its document, as text; empty for none. */
export function requestFaults(document: ApiDocument, exchange: Exchange): readonly string[] {
  const method = methodOf(document, exchange);
  if (!method) return [`no method of ${document.label} is ${exchange.method} ${exchange.path}`];
  return [
    ...pathFaults(document, method, exchange),
    ...queryFaults(document, method, exchange),
    ...bodyFaults(document, method.requestSchema, exchange.body, true),
  ];
}

/** Everything an answer of status 2xx has against its document, as text; empty for none, and for errors. */
export function responseFaults(document: ApiDocument, exchange: Exchange): readonly string[] {
  const method = methodOf(document, exchange);
  if (!method || exchange.status >= 300) return [];
  return bodyFaults(document, method.responseSchema, exchange.answerBody, false);
}

function patternOf({ path }: Method): RegExp {
  return new RegExp(`^${path.replaceAll('.', '\\.').replace(/\{[^}]+\}/g, PART)}$`);
}

function pathFaults(document: ApiDocument, method: Method, { path }: Exchange): string[] {
  const names = [...method.path.matchAll(/\{\+?([^}]+)\}/g)].map((match) => match[1] ?? '');
  const values = patternOf(method).exec(path)?.slice(1) ?? [];
  return names.flatMap((name, index) => {
    const known = method.parameters.find((one) => one.location === 'path' && one.name === name);
    if (!known) return [`path parameter ${name} is not described`];
    return textFaults(document, known.schema, decodeURIComponent(values[index] ?? ''), name);
  });
}

function queryFaults(document: ApiDocument, method: Method, { query }: Exchange): string[] {
  const known = method.parameters.filter((one) => one.location === 'query');
  const missing = known.filter((one) => one.required && !query.has(one.name));
  const sent = [...query].flatMap(([name, value]) => {
    const parameter = known.find((one) => one.name === name);
    if (!parameter) return [`query parameter ${name} is not known`];
    return textFaults(document, parameter.schema, value, name);
  });
  return [...missing.map(({ name }) => `query parameter ${name} is missing`), ...sent];
}

/** A parameter is text on the wire and has the type its schema says. */
function textFaults(document: ApiDocument, schema: Schema, text: string, at: string): string[] {
  const numeric = schema.type === 'integer' || schema.type === 'number';
  if (numeric && !/^-?\d+(\.\d+)?$/.test(text)) return [`${at}: "${text}" is no ${schema.type}`];
  if (schema.type === 'boolean' && !/^(true|false)$/.test(text)) return [`${at}: "${text}" is no boolean`];
  const value = numeric ? Number(text) : schema.type === 'boolean' ? text === 'true' : text;
  return valueFaults(document, schema, value, at, true);
}

function bodyFaults(
  document: ApiDocument,
  schemaName: string | null,
  body: string,
  isRequest: boolean,
): readonly string[] {
  if (body === '') return schemaName === null || !isRequest ? [] : ['the body is missing'];
  if (schemaName === null && body === NO_BODY) return [];
  if (schemaName === null) return [`a body was sent where none is described: ${body.slice(0, 80)}`];
  try {
    return valueFaults(document, { $ref: schemaName }, JSON.parse(body), 'body', isRequest);
  } catch (error) {
    return [`the body is not JSON: ${(error as Error).message}`];
  }
}

function valueFaults(
  document: ApiDocument,
  given: Schema,
  value: unknown,
  at: string,
  isRequest: boolean,
): string[] {
  const schema = given.$ref === undefined ? given : document.schemas[given.$ref];
  if (!schema) return [`${at}: schema ${given.$ref} is not in ${document.label}`];
  if (Array.isArray(value)) {
    if (schema.type !== 'array') return [`${at}: a list, ${schema.type} is described`];
    const items = schema.items ?? {};
    return value.flatMap((item, index) => valueFaults(document, items, item, `${at}[${index}]`, isRequest));
  }
  if (typeof value === 'object' && value !== null) {
    return objectFaults(document, schema, value, at, isRequest);
  }
  return scalarFaults(schema, value, at);
}

function objectFaults(
  document: ApiDocument,
  schema: Schema,
  value: object,
  at: string,
  isRequest: boolean,
): string[] {
  if (schema.type === 'any') return [];
  if (schema.type !== 'object') return [`${at}: an object, ${schema.type} is described`];
  return Object.entries(value).flatMap(([name, item]) => {
    const place = `${at}.${name}`;
    const property = schema.properties?.[name] ?? schema.additionalProperties;
    if (!property) return [`${place} is not known`];
    if (isRequest && property.readOnly === true && !isEmptyMap(item)) return [`${place} is read-only`];
    return valueFaults(document, property, item, place, isRequest);
  });
}

/** Google's own Node client sends every map of a message, also those nobody set; an empty one says nothing. */
function isEmptyMap(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}

/** Source of the formats: discovery document reference, "Type and format". 64-bit numbers are text in JSON. */
function scalarFaults(schema: Schema, value: unknown, at: string): string[] {
  const { type, format = '' } = schema;
  const shown = JSON.stringify(value);
  if (type === 'any') return [];
  if (type === 'integer') {
    const lowest = format === 'uint32' ? 0 : -(2 ** 31);
    const highest = format === 'uint32' ? 2 ** 32 - 1 : 2 ** 31 - 1;
    const whole = Number.isInteger(value) && (value as number) >= lowest && (value as number) <= highest;
    return whole
      ? boundFaults(schema, value as number, at)
      : [`${at}: ${shown} is no ${format || 'integer'}`];
  }
  if (type === 'number') return typeof value === 'number' ? [] : [`${at}: ${shown} is no number`];
  if (type === 'boolean') return typeof value === 'boolean' ? [] : [`${at}: ${shown} is no boolean`];
  if (type !== 'string' || typeof value !== 'string') return [`${at}: ${shown} is no ${type}`];
  if (/^u?int64$/.test(format) && !/^-?\d+$/.test(value)) return [`${at}: ${shown} is no ${format}`];
  if (schema.enum && !schema.enum.includes(value))
    return [`${at}: ${shown} is none of ${schema.enum.join(', ')}`];
  const wrong = schema.pattern !== undefined && !new RegExp(`^(?:${schema.pattern})$`).test(value);
  return wrong ? [`${at}: ${shown} does not match ${schema.pattern}`] : [];
}

function boundFaults({ minimum, maximum }: Schema, value: number, at: string): string[] {
  if (minimum !== undefined && value < Number(minimum)) return [`${at}: ${value} is below ${minimum}`];
  if (maximum !== undefined && value > Number(maximum)) return [`${at}: ${value} is above ${maximum}`];
  return [];
}
