import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { parse } from 'yaml';
import type { ApiDocument, Method, Parameter, Schema } from './api-document.ts';

type Named<T> = Readonly<Record<string, T>>;

interface DiscoveryParameter extends Schema {
  readonly location: 'path' | 'query';
  readonly required?: boolean;
}

interface DiscoveryMethod {
  readonly id: string;
  readonly httpMethod: string;
  readonly flatPath?: string;
  readonly path: string;
  readonly parameters?: Named<DiscoveryParameter>;
  readonly request?: { readonly $ref: string };
  readonly response?: { readonly $ref: string };
}

interface DiscoveryResource {
  readonly methods?: Named<DiscoveryMethod>;
  readonly resources?: Named<DiscoveryResource>;
}

interface Discovery extends DiscoveryResource {
  readonly name: string;
  readonly version: string;
  readonly revision: string;
  readonly basePath: string;
  readonly parameters?: Named<DiscoveryParameter>;
  readonly schemas: Named<Schema>;
}

/** Reads one of Google's discovery documents, as they come with google-api-python-client. */
export function discoveryDocument(file: string): ApiDocument {
  const discovery = JSON.parse(readFileSync(file, 'utf8')) as Discovery;
  const { name, version, revision, basePath, schemas } = discovery;
  const common = parametersOf(discovery.parameters ?? {});
  const methods = methodsIn(discovery).map((method) => ({
    id: method.id,
    verb: method.httpMethod,
    path: basePath + (method.flatPath ?? method.path),
    parameters: [...parametersOf(method.parameters ?? {}), ...common],
    requestSchema: method.request?.$ref ?? null,
    responseSchema: method.response?.$ref ?? null,
  }));
  return { label: `discovery document ${name} ${version} of ${revision}`, methods, schemas };
}

function methodsIn({ methods = {}, resources = {} }: DiscoveryResource): readonly DiscoveryMethod[] {
  return [...Object.values(methods), ...Object.values(resources).flatMap(methodsIn)];
}

function parametersOf(parameters: Named<DiscoveryParameter>): readonly Parameter[] {
  return Object.entries(parameters).map(([name, { location, required = false, ...schema }]) => {
    return { name, location, required, schema };
  });
}

interface OpenApiParameter {
  readonly $ref?: string;
  readonly in?: 'path' | 'query';
  readonly name?: string;
  readonly required?: boolean;
  readonly schema?: Schema;
}

interface Content {
  readonly content?: Named<{ readonly schema?: Schema }>;
}

interface OpenApiOperation {
  readonly operationId?: string;
  readonly parameters?: readonly OpenApiParameter[];
  readonly requestBody?: Content;
  readonly responses?: Named<Content>;
}

interface OpenApi {
  readonly info: Named<string>;
  readonly servers: readonly { readonly url: string }[];
  readonly components: { readonly schemas: Named<Schema>; readonly parameters?: Named<OpenApiParameter> };
  readonly paths: Named<Named<OpenApiOperation> & { readonly parameters?: readonly OpenApiParameter[] }>;
}

const VERBS = ['get', 'post', 'patch', 'put', 'delete'] as const;

/** Reads a gzipped OpenAPI document that was made of a discovery document. */
export function openApiDocument(file: string): ApiDocument {
  const openApi = parse(gunzipSync(readFileSync(file)).toString('utf8'), {
    maxAliasCount: -1,
  }) as OpenApi;
  const base = new URL(openApi.servers[0]?.url ?? 'http://none/').pathname.replace(/\/$/, '');
  const methods = Object.entries(openApi.paths).flatMap(([path, item]) =>
    VERBS.flatMap((verb): Method[] => {
      const operation = item[verb];
      if (!operation) return [];
      const given = [...(operation.parameters ?? []), ...(item.parameters ?? [])];
      return [
        {
          id: operation.operationId ?? `${verb} ${path}`,
          verb: verb.toUpperCase(),
          path: base + path,
          parameters: given.flatMap((one) => parameterOf(openApi, one)),
          requestSchema: schemaName(operation.requestBody),
          responseSchema: schemaName(operation.responses?.['200']),
        },
      ];
    }),
  );
  const revision = openApi.info['x-discovery-doc-revision'] ?? 'an unknown day';
  const schemas = plainReferences(openApi.components.schemas) as Named<Schema>;
  return { label: `OpenAPI of the discovery document of ${revision}`, methods, schemas };
}

function parameterOf(openApi: OpenApi, given: OpenApiParameter): Parameter[] {
  const name = given.$ref?.slice(given.$ref.lastIndexOf('/') + 1);
  const one = name === undefined ? given : openApi.components.parameters?.[name];
  if (!one?.in || one.name === undefined) return [];
  const { in: location, required = false, schema = {} } = one;
  return location === 'path' || location === 'query' ? [{ name: one.name, location, required, schema }] : [];
}

function schemaName(content: Content | undefined): string | null {
  const reference = content?.content?.['application/json']?.schema?.$ref;
  return reference === undefined ? null : reference.slice(reference.lastIndexOf('/') + 1);
}

/** `#/components/schemas/X` everywhere as `X`, which is how discovery documents say it. */
function plainReferences(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plainReferences);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      key === '$ref' && typeof item === 'string'
        ? item.slice(item.lastIndexOf('/') + 1)
        : plainReferences(item),
    ]),
  );
}
