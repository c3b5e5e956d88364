import type { Core } from '../../core.ts';
import type { CallContext, Resource } from '../../world.ts';
import { ACCOUNT_ID, AwsError } from './errors.ts';
import { type Input, members } from './json-operations.ts';
import { limitOf } from './quota-table.ts';
import type { RestRequest } from './rest-operations.ts';
import { tagsOf } from './tags.ts';

/** Concurrent executions of the account in a region. */
export function concurrentExecutions(core: Core, region: string): number {
  return limitOf(core, region, 'lambda', 'L-B99A9384');
}

/** What of them is never reserved nor provisioned. Source: Lambda developer guide, "minus 100". */
export const KEPT_UNRESERVED = 100;

/** Entries of a page. Source: Lambda API reference, ListFunctions and ListProvisionedConcurrencyConfigs. */
const PAGE_LIMIT = 50;

const read = members('InvalidParameterValueException', 'InvalidParameterValueException');

/** Functions of a region by name: the versions and aliases the world has of each. */
export function functions(core: Core, region: string): Map<string, Resource[]> {
  core.world.tick();
  const own = [...core.world.resources.values()].filter(
    (resource) => resource.service === 'aws.lambda' && resource.region === region,
  );
  return Map.groupBy(own, ({ reference }) => reference.function ?? '');
}

/** What the world has of one function. @throws AwsError when that is nothing. */
export function functionNamed(core: Core, region: string, name = ''): Resource[] {
  const found = functions(core, region).get(name);
  if (found) return found;
  throw new AwsError('ResourceNotFoundException', `Function not found: ${functionArn(region, name)}`, 404);
}

/** A function's reserved concurrency, which any of its versions and aliases in the world may carry. */
export function reservedOf(all: readonly Resource[]): number | null {
  const found = all.map(({ attributes }) => attributes.reservedUnits).find((units) => units !== undefined);
  return found === undefined ? null : Number(found);
}

/** As Lambda shows {@link reservedOf}; undefined for none. */
export function concurrencyOf(all: readonly Resource[]): object | undefined {
  const reserved = reservedOf(all);
  return reserved === null ? undefined : { ReservedConcurrentExecutions: reserved };
}

/** What is provisioned on versions and aliases together, or being provisioned. */
export function requested(all: readonly Resource[]): number {
  return all.reduce((sum, { desiredUnits }) => sum + desiredUnits, 0);
}

/** What no function has reserved or, without a reservation, provisioned for itself. */
export function unreserved(core: Core, region: string): number {
  const taken = [...functions(core, region).values()].map((all) => reservedOf(all) ?? requested(all));
  return concurrentExecutions(core, region) - taken.reduce((a, b) => a + b, 0);
}

/** Source: message of PutProvisionedConcurrencyConfig seen in issues of others. */
export function noRoom(): string {
  return `Specified ConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [${KEPT_UNRESERVED}].`;
}

/** ARN of a function, or of a version or alias as `function:qualifier`. */
export function functionArn(region: string, name: string): string {
  return `arn:aws:lambda:${region}:${ACCOUNT_ID}:function:${name}`;
}

/** GetFunction. @throws AwsError */
export function getFunction(core: Core, { path }: RestRequest, { region }: CallContext): unknown {
  const all = functionNamed(core, region, path[0]);
  const concurrency = concurrencyOf(all);
  return {
    Configuration: configurationOf(region, path[0] ?? ''),
    Code: { RepositoryType: 'S3', Location: 'https://sandbox.test/code.zip' },
    Tags: tagsOf(all),
    ...(concurrency && { Concurrency: concurrency }),
  };
}

/** ListFunctions. */
export function listFunctions(core: Core, { query }: RestRequest, { region }: CallContext): unknown {
  const { items, next } = page([...functions(core, region).keys()].sort(), query);
  const Functions = items.map((name) => configurationOf(region, name));
  return { Functions, ...(next === undefined ? {} : { NextMarker: next }) };
}

function configurationOf(region: string, name: string): object {
  return {
    FunctionName: name,
    FunctionArn: functionArn(region, name),
    Runtime: 'nodejs24.x',
    Handler: 'index.handler',
    PackageType: 'Zip',
    MemorySize: 512,
    Timeout: 30,
    Version: '$LATEST',
    State: 'Active',
    LastUpdateStatus: 'Successful',
  };
}

/** The page a request asks for by `Marker` and `MaxItems`, and the marker of the next. */
export function page<T>(items: readonly T[], query: URLSearchParams): { items: readonly T[]; next?: string } {
  const asked: Input = { MaxItems: query.has('MaxItems') ? Number(query.get('MaxItems')) : undefined };
  const size = Math.min(PAGE_LIMIT, Math.max(1, read.count(asked, 'MaxItems') ?? PAGE_LIMIT));
  return read.page(items, query.get('Marker') ?? undefined, size);
}
