import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { parse } from 'yaml';
import { NotRun } from './matrix.ts';
import type { Exchange } from './recorder.ts';

const API_VERSION = '2024-02-01';
const DOCUMENT = `specification/containerservice/resource-manager/Microsoft.ContainerService/aks/stable/${API_VERSION}/managedClusters.json`;

type Properties = Readonly<Record<string, unknown>>;

/** Microsoft's descriptions of AKS: one that oav compares with, and the names a later one has besides. */
export interface AzureDocuments {
  /** Folder the documents and what they refer to are below. */
  readonly directory: string;
  readonly pattern: string;
  readonly apiVersion: string;
  /** Properties of an agent pool that came later. */
  readonly newer: ReadonlySet<string>;
}

/** @throws NotRun where the data files are not there. */
export function azureDocuments(dataFolder: string | undefined): AzureDocuments {
  if (dataFolder === undefined) throw new NotRun("Microsoft's OpenAPI documents come with --data DIR");
  const directory = join(dataFolder, 'specs', 'azure', 'swagger-2024-07');
  const later = join(dataFolder, 'specs', 'azure', 'openapi3-2026-08', 'container_service.yaml.gz');
  for (const file of [join(directory, DOCUMENT), later]) {
    if (!existsSync(file)) throw new NotRun(`${file} is not there`);
  }
  const swagger = JSON.parse(readFileSync(join(directory, DOCUMENT), 'utf8')) as {
    readonly definitions: Readonly<Record<string, { readonly properties: Properties }>>;
  };
  const openApi = parse(gunzipSync(readFileSync(later)).toString('utf8'), { maxAliasCount: -1 }) as {
    readonly components: { readonly schemas: Readonly<Record<string, { readonly properties: Properties }>> };
  };
  const known = propertiesOf(swagger.definitions, 'ManagedClusterAgentPoolProfileProperties');
  const added = propertiesOf(openApi.components.schemas, 'AgentPoolManagedClusterAgentPoolProfileProperties');
  return {
    directory,
    pattern: 'specification/**/managedClusters.json',
    apiVersion: API_VERSION,
    newer: new Set(added.filter((name) => !known.includes(name))),
  };
}

function propertiesOf(
  schemas: Readonly<Record<string, { readonly properties: Properties }>>,
  name: string,
): readonly string[] {
  const schema = schemas[name];
  if (!schema) throw new Error(`the document has no schema ${name}`);
  return Object.keys(schema.properties);
}

/**
 * An exchange as the older document can judge it: under its version, without properties that came later.
 * @param left takes the name of each property left out.
 */
export function asOf(documents: AzureDocuments, exchange: Exchange, left: Set<string>): Exchange {
  const query = new URLSearchParams(exchange.query);
  query.set('api-version', documents.apiVersion);
  return {
    ...exchange,
    query,
    body: withoutNewer(documents, exchange.body, left),
    answerBody: withoutNewer(documents, exchange.answerBody, left),
  };
}

function withoutNewer({ newer }: AzureDocuments, body: string, left: Set<string>): string {
  if (body === '') return body;
  return JSON.stringify(JSON.parse(body), (key, value: unknown) => {
    if (key !== 'properties' || typeof value !== 'object' || value === null) return value;
    const kept = Object.entries(value).filter(([name]) => {
      if (newer.has(name)) left.add(name);
      return !newer.has(name);
    });
    return Object.fromEntries(kept);
  });
}
