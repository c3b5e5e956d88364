import type { Resource } from '../../world.ts';

/** Tags of what the world has of one thing, by key: those of the attribute `tags` of each of its resources. */
export function tagsOf(all: readonly (Pick<Resource, 'attributes'> | undefined)[]): Record<string, string> {
  return Object.assign({}, ...all.map((resource) => resource?.attributes.tags as object | undefined));
}

/** The same as a list, as the services that speak AWS Query write it. */
export function tagList(
  all: readonly (Pick<Resource, 'attributes'> | undefined)[],
): readonly { readonly Key: string; readonly Value: string }[] {
  return Object.entries(tagsOf(all)).map(([Key, Value]) => ({ Key, Value }));
}
