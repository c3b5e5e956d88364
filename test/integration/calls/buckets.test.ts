import { afterAll, beforeAll, describe, test } from '@jest/globals';
import { postgresBuckets } from '../../../store/call-buckets.ts';
import { BUCKET_RULES, checkRule } from '../../support/calls/buckets-contract.ts';
import { type TestDatabase, testDatabase } from '../../support/postgres.ts';

describe('buckets in PostgreSQL', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await testDatabase();
  });
  afterAll(() => database?.close());

  test.each(BUCKET_RULES)('$name', (rule) => checkRule(rule, postgresBuckets(database.db)));
});
