/** Where everything of the AWS cases is. */
export const REGION = 'eu-west-1';

/** Options of the plain clients that make and look at resources, apart from the product's own. */
export function observer(endpoint: string) {
  return {
    endpoint,
    region: REGION,
    credentials: { accessKeyId: 'observer', secretAccessKey: 'observer' },
  };
}

/** The one of an answer's items. @throws Error where there is not exactly one. */
export function only<T>(items: readonly (T | undefined)[] | undefined): T {
  const [item, ...others] = items ?? [];
  if (item === undefined || others.length > 0) throw new Error(`${items?.length ?? 0} were found, not one`);
  return item;
}
