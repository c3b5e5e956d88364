import { Connection, type ConnectionOptions } from '@temporalio/client';
import type { TemporalSettings } from '../domain/environment.ts';
import { SEARCH_ATTRIBUTES } from '../domain/search-attributes.ts';

/** Numbers of `temporal.api.enums.v1.IndexedValueType`. */
const TYPES = { Keyword: 2, Double: 4, Bool: 5, Datetime: 6, KeywordList: 7 } as const;

/**
 * Registers on a given Temporal server those of our search attributes it does not have yet. Where the server
 * lets nobody do that over this API (Temporal Cloud), the error names what has to be made by hand.
 * @returns the names registered by this call.
 */
export async function registerSearchAttributes(settings: TemporalSettings): Promise<readonly string[]> {
  const { namespace } = settings;
  const connection = await Connection.connect(settings.connection as ConnectionOptions);
  try {
    const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
    const missing = SEARCH_ATTRIBUTES.filter(({ name }) => !(name in (customAttributes ?? {})));
    if (missing.length === 0) return [];
    const searchAttributes = Object.fromEntries(missing.map(({ name, type }) => [name, TYPES[type]]));
    await connection.operatorService
      .addSearchAttributes({ namespace, searchAttributes })
      .catch((error: Error) => {
        const names = missing.map(({ name, type }) => `${name} (${type})`).join(', ');
        throw new Error(
          `Namespace ${namespace} lacks search attributes; create ${names}. (${error.message})`,
        );
      });
    return missing.map(({ name }) => name);
  } finally {
    await connection.close();
  }
}
