import type { FunctionConfiguration } from '@aws-sdk/client-lambda';
import type { Discover, DiscoveredTarget } from '../../../domain/discovery.ts';
import { ProviderError } from '../../../domain/errors.ts';
import type { ScalableTarget, ScalableTargetsList } from './_app-auto-scaling.ts';
import { type AwsAccess, batches, mapped, regionalClients } from './_client.ts';
import { type LambdaApi, resourceIdOf } from './_lambda-api.ts';
import { everyPage, unlessGone } from './_pages.ts';

/** A function as a list has it. */
export interface ListedFunction {
  readonly name: string;
  readonly arn: string;
}

/** The calls that look through Lambda, one HTTP request each (lists: one per page). All throw ProviderError. */
export interface LambdaDirectory {
  /** All functions of a region. */
  listFunctions(region: string, signal: AbortSignal): Promise<readonly ListedFunction[]>;
  /** Tags of a function, by its ARN. @throws ProviderError `NotFound` where it is gone. */
  tags(region: string, arn: string, signal: AbortSignal): Promise<Readonly<Record<string, string>>>;
}

/** Functions of a page. Source: Lambda API reference, ListFunctions: at most 50, whatever is asked for. */
const PAGE_SIZE = 50;

/** Functions whose tags are asked for at the same time, so that the rate and not the way there sets the pace. Ours. */
const TAGS_AT_ONCE = 10;

/**
 * Every version and alias, of functions that bear the tag, that has provisioned concurrency or a scalable target: of
 * any other nobody has said that it should be kept warm.
 *
 * Lambda lists no tags, so every function of the region takes a call of its own, and one that bears the tag a second
 * one; of 15 a second, which is all of Lambda's control plane. Scalable targets are listed once, when the first
 * function bears the tag, so aliases need not be. What is gone since it was listed is left out. Some 7,000 functions
 * are what a search has time for (activities/discovery.ts); it says so where there are more.
 */
export function discoverVersions(
  directory: LambdaDirectory,
  api: Pick<LambdaApi, 'requestedOf'>,
  scalableTargets: ScalableTargetsList,
): Discover {
  return async function* discover(region, { tagKey, atMost }, signal) {
    const functions = await directory.listFunctions(region, signal);
    let scalables: readonly ScalableTarget[] | undefined;
    for (const batch of batches(functions.slice(0, atMost), TAGS_AT_ONCE)) {
      const asked = batch.map(({ arn }) => unlessGone(directory.tags(region, arn, signal)));
      const tagsByOrder = await Promise.all(asked);
      for (const [index, { name }] of batch.entries()) {
        const tags = tagsByOrder[index] ?? {};
        if (!Object.hasOwn(tags, tagKey)) continue;
        const requested = await unlessGone(api.requestedOf(region, name, signal));
        if (requested === null) continue;
        scalables ??= await scalableTargets.all(region, signal);
        yield* targetsOf({ region, name, tags }, requested, scalables);
      }
    }
  };
}

function* targetsOf(
  found: { readonly region: string; readonly name: string; readonly tags: DiscoveredTarget['tags'] },
  requested: ReadonlyMap<string, number>,
  scalables: readonly ScalableTarget[],
): Generator<DiscoveredTarget> {
  const { region, name, tags } = found;
  const prefix = resourceIdOf({ function: name, qualifier: '' });
  const own = scalables.filter(({ resourceId }) => resourceId.startsWith(prefix));
  const byQualifier = new Map(own.map((scalable) => [scalable.resourceId.slice(prefix.length), scalable]));
  for (const qualifier of [...new Set([...requested.keys(), ...byQualifier.keys()])].toSorted()) {
    const scalable = byQualifier.get(qualifier);
    yield {
      service: 'aws.lambda',
      region,
      reference: { function: name, qualifier },
      tags,
      autoscaled: scalable !== undefined,
      baselineUnits: scalable?.minimumUnits ?? requested.get(qualifier) ?? 0,
      maximumUnits: scalable?.maximumUnits ?? null,
    };
  }
}

/** Loads the SDK at the first call; one client per region. */
export function createLambdaDirectory(access: AwsAccess): LambdaDirectory {
  const clients = regionalClients(access, async (options) => {
    const { LambdaClient } = await import('@aws-sdk/client-lambda');
    return new LambdaClient(options);
  });
  return {
    listFunctions: (region, abortSignal) =>
      mapped(`Lambda ${region}`, async () => {
        const client = await clients(region);
        const { ListFunctionsCommand } = await import('@aws-sdk/client-lambda');
        const found = await everyPage('ListFunctions', async (marker) => {
          const page = { MaxItems: PAGE_SIZE, ...(marker !== undefined && { Marker: marker }) };
          const answer = await client.send(new ListFunctionsCommand(page), { abortSignal });
          return { items: answer.Functions, next: answer.NextMarker };
        });
        return found.map(toListed);
      }),
    tags: (region, Resource, abortSignal) =>
      mapped(`Lambda ${region}/${Resource}`, async () => {
        const client = await clients(region);
        const { ListTagsCommand } = await import('@aws-sdk/client-lambda');
        const { Tags } = await client.send(new ListTagsCommand({ Resource }), { abortSignal });
        return Tags ?? {};
      }),
  };
}

function toListed({ FunctionName: name, FunctionArn: arn }: FunctionConfiguration): ListedFunction {
  if (name !== undefined && arn !== undefined) return { name, arn };
  throw new ProviderError('Transient', 'Lambda listed a function without its name or its ARN.');
}
