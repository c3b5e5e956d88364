/** How long a cluster takes a token. Source: EKS, aws-iam-authenticator: 15 minutes from its date. */
const USABLE_MS = 15 * 60_000;

const PREFIX = 'k8s-aws-v1.';

/**
 * The access key that signed a bearer token of EKS: `k8s-aws-v1.` and in base64url the URL of a GetCallerIdentity at
 * STS, signed for a cluster by the header `x-k8s-aws-id`. Null for anything else, and for one that has ended. The
 * signature is not checked, as there is no secret to check it with. @param nowMs wall time, as tokens have it.
 */
export function eksCallerOf(token: string, nowMs: number): string | null {
  if (!token.startsWith(PREFIX)) return null;
  const url = urlOf(Buffer.from(token.slice(PREFIX.length), 'base64url').toString());
  if (url === null || !/^sts\.[a-z0-9-]+\.amazonaws\.com(\.cn)?$/.test(url.hostname)) return null;
  const query = url.searchParams;
  const signed = (query.get('X-Amz-SignedHeaders') ?? '').split(';');
  const [, ...date] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(query.get('X-Amz-Date') ?? '') ?? [];
  const [year, month, day, hour, minute, second] = date;
  const signedMs = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  const right =
    query.get('Action') === 'GetCallerIdentity' &&
    signed.includes('host') &&
    signed.includes('x-k8s-aws-id') &&
    /^[0-9a-f]{64}$/.test(query.get('X-Amz-Signature') ?? '') &&
    Math.abs(nowMs - signedMs) < USABLE_MS;
  return right ? (query.get('X-Amz-Credential')?.split('/')[0] ?? null) : null;
}

function urlOf(text: string): URL | null {
  return URL.canParse(text) ? new URL(text) : null;
}
