import { describe, expect, test } from '@jest/globals';
import {
  type CredentialSource,
  credentialsInUse,
  providerOf,
} from '../../../../activities/connections/_aws-credentials.ts';
import type { AwsCredentials } from '../../../../domain/connection.ts';

const KEYS = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'x' };
const sourceOf = (version: string): CredentialSource => ({
  version,
  credentials: KEYS,
  region: 'eu-west-1',
});

/** A provider under a clock of its own that counts what it asks for. */
function inUse(life?: number) {
  const state = {
    nowMs: 1_000_000,
    source: null as CredentialSource | null,
    looked: 0,
    made: [] as string[],
  };
  const provider = credentialsInUse({
    nowMs: () => state.nowMs,
    find: async () => {
      state.looked += 1;
      return state.source;
    },
    make: (source) => async (): Promise<AwsCredentials> => {
      const accessKeyId = source?.version ?? 'chain';
      state.made.push(accessKeyId);
      const expiration = life === undefined ? {} : { expiration: new Date(state.nowMs + life) };
      return { accessKeyId, secretAccessKey: 'x', ...expiration };
    },
  });
  return { state, provider, key: async () => (await provider()).accessKeyId };
}

describe('credentials in use', () => {
  test("are the chain's until an integration is stored, and again once it is gone", async () => {
    const { state, key } = inUse();
    expect(await key()).toBe('chain');
    state.source = sourceOf('int_a');
    state.nowMs += 30_001;
    expect(await key()).toBe('int_a');
    state.source = null;
    state.nowMs += 30_001;
    expect(await key()).toBe('chain');
  });

  test('are changed ones within a minute, which the SDK is made to ask for', async () => {
    const { state, provider } = inUse();
    state.source = sourceOf('int_a');
    const first = await provider();
    // The SDK asks again only for what expires within five minutes.
    expect(Number(first.expiration) - state.nowMs).toBeLessThanOrEqual(60_000);
    state.source = sourceOf('int_b');
    state.nowMs += 60_000;
    expect((await provider()).accessKeyId).toBe('int_b');
  });

  test('are looked up twice a minute and fetched once, however many ask', async () => {
    const { state, key } = inUse();
    state.source = sourceOf('int_a');
    await Promise.all(Array.from({ length: 20 }, key));
    state.nowMs += 20_000;
    await key();
    expect([state.looked, state.made]).toEqual([1, ['int_a']]);
    state.nowMs += 20_000;
    await key();
    expect([state.looked, state.made]).toEqual([2, ['int_a']]);
  });

  test('are fetched again five minutes before they expire', async () => {
    const { state, key } = inUse(15 * 60_000);
    state.source = sourceOf('int_a');
    await key();
    state.nowMs += 9 * 60_000;
    await key();
    expect(state.made).toHaveLength(1);
    state.nowMs += 60_000;
    await key();
    expect(state.made).toHaveLength(2);
  });

  test('are tried again after a look-up that failed', async () => {
    let down = true;
    const provider = credentialsInUse({
      find: async () => {
        if (down) throw new Error('PostgreSQL is away');
        return sourceOf('int_a');
      },
      make: () => async () => KEYS,
    });
    await expect(provider()).rejects.toThrow('PostgreSQL is away');
    down = false;
    expect((await provider()).accessKeyId).toBe(KEYS.accessKeyId);
  });
});

test('keys are taken as they were given, the session token where there is one', async () => {
  expect(await providerOf(sourceOf('int_a'))()).toEqual(KEYS);
  const session = { ...KEYS, sessionToken: 'token' };
  expect(await providerOf({ ...sourceOf('int_a'), credentials: session })()).toEqual(session);
});
