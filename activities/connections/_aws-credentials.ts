import type { AwsCredentials } from '../../domain/connection.ts';
import type { ProviderCredentials } from '../../domain/schemas/cloud-provider.ts';

/** Which credentials to use, as a person gave them. */
export interface CredentialSource {
  /** Changes whenever the credentials do. */
  readonly version: string;
  readonly credentials: ProviderCredentials;
  /** Where a role is assumed. */
  readonly region: string;
}

/** Fetches credentials. */
export type CredentialProvider = () => Promise<AwsCredentials>;

/** How long a source is used before it is looked up again: changed ones are in use within a minute. */
const LOOKED_UP_EVERY_MS = 30_000;

/** Before this much of their life is left, credentials are fetched again; as the SDK itself does. */
const RENEWED_BEFORE_MS = 5 * 60_000;

/**
 * The SDK asks its provider again only for credentials about to expire; so they all seem to, within a minute, and
 * what is kept is kept here.
 */
const SEEMING_LIFE_MS = 60_000;

/** What of this depends on the outside. */
export interface CredentialsOptions {
  /** The source in use; null where none is stored, which means the SDK's own chain. */
  readonly find: () => Promise<CredentialSource | null>;
  /** Fetches what a source stands for; default {@link providerOf} against AWS itself. */
  readonly make?: (source: CredentialSource | null) => CredentialProvider;
  readonly nowMs?: () => number;
}

/** Credentials as they are stored now, for clients that outlive a change of them. */
export function credentialsInUse(options: CredentialsOptions): CredentialProvider {
  const { find, make = (source) => providerOf(source), nowMs = Date.now } = options;
  const source = kept(find, () => nowMs() + LOOKED_UP_EVERY_MS, nowMs);
  let current: { readonly version: string | null; readonly fetch: CredentialProvider } | undefined;
  return async () => {
    const found = await source();
    const version = found?.version ?? null;
    if (current?.version !== version) {
      current = { version, fetch: kept(make(found), renewAtMs, nowMs) };
    }
    const credentials = await current.fetch();
    const soon = nowMs() + SEEMING_LIFE_MS;
    return { ...credentials, expiration: new Date(Math.min(soon, Number(credentials.expiration ?? soon))) };
  };
}

/**
 * A provider for a source: a role is assumed with what the chain or a profile of this machine has, keys are taken
 * as they are. @param endpoint of STS, instead of AWS's own.
 */
export function providerOf(source: CredentialSource | null, endpoint?: string): CredentialProvider {
  return async () => {
    const sdk = await import('@aws-sdk/credential-providers');
    if (!source || 'chain' in source.credentials) return sdk.fromNodeProviderChain()();
    const { credentials, region } = source;
    if ('accessKeyId' in credentials) {
      const { accessKeyId, secretAccessKey, sessionToken } = credentials;
      return { accessKeyId, secretAccessKey, ...(sessionToken !== undefined && { sessionToken }) };
    }
    const { roleArn, externalId, sourceProfile } = credentials;
    const master =
      sourceProfile === undefined ? sdk.fromNodeProviderChain() : sdk.fromIni({ profile: sourceProfile });
    return sdk.fromTemporaryCredentials({
      masterCredentials: master,
      clientConfig: { region, maxAttempts: 1, ...(endpoint !== undefined && { endpoint }) },
      params: {
        RoleArn: roleArn,
        RoleSessionName: 'wedscale',
        ...(externalId !== undefined && { ExternalId: externalId }),
      },
    })();
  };
}

function renewAtMs({ expiration }: AwsCredentials): number {
  return expiration === undefined ? Number.POSITIVE_INFINITY : Number(expiration) - RENEWED_BEFORE_MS;
}

/** Loads once and keeps what came until `untilMs`; those who ask meanwhile share one load. */
function kept<T>(
  load: () => Promise<T>,
  untilMs: (value: T) => number,
  nowMs: () => number,
): () => Promise<T> {
  let held: { readonly value: T; readonly untilMs: number } | undefined;
  let pending: Promise<T> | undefined;
  return async () => {
    if (held && nowMs() < held.untilMs) return held.value;
    pending ??= load()
      .then((value) => {
        held = { value, untilMs: untilMs(value) };
        return value;
      })
      .finally(() => {
        pending = undefined;
      });
    return pending;
  };
}
