import type { EKSClient } from '@aws-sdk/client-eks';

/** A bearer token of one cluster. */
export interface EksToken {
  readonly value: string;
  /** From then on another is made, in milliseconds since the epoch. */
  readonly usableUntilMs: number;
}

/** A cluster takes a token for 15 minutes. Source: EKS, aws-iam-authenticator, "token expiration 15 minutes". */
const USABLE_MS = 14 * 60_000;

/** What the URL itself says; as the AWS command line has it. */
const URL_SECONDS = 60;

/**
 * Makes what `aws eks get-token` makes: the URL of a GetCallerIdentity, signed by the client's own credentials
 * for the cluster named in `x-k8s-aws-id`, after `k8s-aws-v1.` in base64url. Nothing is sent anywhere.
 * @param partition of the cluster's ARN; China has a domain of its own.
 */
export async function eksToken(
  { config }: Pick<EKSClient, 'config'>,
  cluster: string,
  partition: string,
): Promise<EksToken> {
  const { SignatureV4 } = await import('@smithy/signature-v4');
  const { Sha256 } = await import('@aws-crypto/sha256-js');
  const region = await config.region();
  const hostname = `sts.${region}.amazonaws.com${partition === 'aws-cn' ? '.cn' : ''}`;
  const signer = new SignatureV4({ service: 'sts', region, credentials: config.credentials, sha256: Sha256 });
  const nowMs = Date.now();
  const { query = {} } = await signer.presign(
    {
      method: 'GET',
      protocol: 'https:',
      hostname,
      path: '/',
      query: { Action: 'GetCallerIdentity', Version: '2011-06-15' },
      headers: { host: hostname, 'x-k8s-aws-id': cluster },
    },
    { expiresIn: URL_SECONDS, signingDate: new Date(nowMs) },
  );
  const url = `https://${hostname}/?${new URLSearchParams(query as Record<string, string>)}`;
  const value = `k8s-aws-v1.${Buffer.from(url).toString('base64url')}`;
  return { value, usableUntilMs: nowMs + USABLE_MS };
}
