import { afterAll, beforeAll, describe, test } from '@jest/globals';
import { CACHE_SCENARIOS } from '../../support/calls/cache-scenarios.ts';
import { type CallsPlace, startCallsPlace } from '../../support/calls/calls-place.ts';
import { SCENARIOS } from '../../support/calls/scenarios.ts';
import { type TestDatabase, testDatabase } from '../../support/postgres.ts';

describe('three processes that share their buckets in PostgreSQL', () => {
  let database: TestDatabase;
  let place: CallsPlace;
  beforeAll(async () => {
    database = await testDatabase();
    place = await startCallsPlace(database);
  });
  afterAll(async () => {
    await place?.stop();
    await database?.close();
  });

  test.each(SCENARIOS)('$name', ({ run }) => run(place));
  test.each(CACHE_SCENARIOS)('cache: $name', ({ run }) => run(place));
});
