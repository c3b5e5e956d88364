import { z } from 'zod';
import type { CredentialKind } from '../integration.ts';
import { PROVIDERS, type ProviderId } from '../providers.ts';
import { type Fault, repeats, shapeFaults, textsAt, valueAt, withoutRepeats } from './fault.ts';

/** Regions of one integration; each costs a read per service every few minutes. */
const MOST_REGIONS = 40;

const ROLE_ARN = /^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]{1,512}$/;

/** A role that is assumed, by the chain or by a profile of the worker's machine. The preferred way. */
const role = z.strictObject({
  roleArn: z.string().regex(ROLE_ARN, 'must be the ARN of a role, e.g. arn:aws:iam::123456789012:role/scale'),
  // Source: STS API reference, AssumeRole, `ExternalId`: 2 to 1,224 characters.
  externalId: z
    .string()
    .regex(/^[\w+=,.@:/-]{2,1224}$/, 'must be 2 to 1,224 letters, digits or any of +=,.@:/-')
    .optional(),
  sourceProfile: z
    .string()
    .regex(/^[\w.@+-]{1,100}$/, 'must be the name of a profile')
    .optional(),
});

const keys = z.strictObject({
  // Source: IAM API reference, AccessKey: 16 to 128 characters.
  accessKeyId: z.string().regex(/^\w{16,128}$/, 'must be 16 to 128 letters and digits'),
  secretAccessKey: z.string().min(1).max(1_000),
  sessionToken: z.string().min(1).max(20_000).optional(),
});

const chain = z.strictObject({ chain: z.literal(true) });

const CREDENTIALS = { role, keys, chain } as const;

/** Body of `POST /api/integrations/scalability/cloud-providers`. */
export const cloudProviderSchema = z.strictObject({
  provider: z.enum(PROVIDERS),
  name: z.string().trim().min(1).max(80).describe('For people.'),
  regions: z
    .array(z.string().regex(/^[a-z0-9][a-z0-9-]{1,60}$/, 'must be a region, e.g. eu-west-1'))
    .min(1)
    .max(MOST_REGIONS),
  credentials: z
    .union([role, keys, chain])
    .describe(
      'aws: a role to assume (preferred), keys, or { "chain": true } for what the workers find on their ' +
        'machine. The others take only the chain. Stored sealed, and never answered.',
    ),
  resourceArns: z
    .array(z.string().regex(/^(\*|arn:aws[a-z-]*:\S{1,1990})$/, 'must be an ARN'))
    .max(50)
    .default([])
    .describe(
      'aws: resources the policy is scoped to; permissions are simulated on these. Default: on all (`*`), ' +
        'which a policy scoped to resources denies.',
    ),
});

/** How a provider's credentials are had, as given. The `chain` holds nothing secret. */
export type ProviderCredentials = z.output<typeof role> | z.output<typeof keys> | z.output<typeof chain>;

/** A checked body. */
export interface CloudProviderRequest {
  readonly provider: ProviderId;
  readonly name: string;
  readonly regions: readonly string[];
  readonly credentials: ProviderCredentials;
  readonly credentialKind: CredentialKind;
  readonly resourceArns: readonly string[];
}

/** A request, or everything wrong with it; no fault tells a value that was given. */
export type ParsedCloudProvider =
  | { readonly ok: true; readonly request: CloudProviderRequest }
  | { readonly ok: false; readonly faults: readonly Fault[] };

/** Checks shape and meaning, and names all faults of both at once. */
export function parseCloudProvider(body: unknown): ParsedCloudProvider {
  const credentialKind = kindOf(valueAt(body, 'credentials'));
  // Only the shape that was meant is asked for: a union would name the faults of all three, or of none.
  const credentials = credentialKind ? CREDENTIALS[credentialKind] : z.unknown();
  const parsed = cloudProviderSchema.extend({ credentials }).safeParse(body);
  const shape = parsed.success ? [] : shapeFaults(parsed.error);
  const faults = withoutRepeats(shape, meaningFaults(body, credentialKind));
  if (faults.length > 0 || !parsed.success || !credentialKind) return { ok: false, faults };
  const request = { ...parsed.data, credentials: parsed.data.credentials as ProviderCredentials };
  return { ok: true, request: { ...request, credentialKind } };
}

/** Credentials as they were stored. @throws ZodError for what no release has stored. */
export function storedCredentials(kind: CredentialKind, secret: unknown): ProviderCredentials {
  return kind === 'chain' ? { chain: true } : CREDENTIALS[kind].parse(secret);
}

/** Which of the shapes is meant, by its one telling field. */
function kindOf(credentials: unknown): CredentialKind | undefined {
  const has = (field: string) => valueAt(credentials, field) !== undefined;
  if (has('roleArn')) return 'role';
  if (has('accessKeyId') || has('secretAccessKey')) return 'keys';
  return has('chain') ? 'chain' : undefined;
}

function meaningFaults(body: unknown, kind: CredentialKind | undefined): readonly Fault[] {
  const faults: Fault[] = [...repeats(textsAt(body, 'regions')), ...repeats(textsAt(body, 'resourceArns'))];
  const provider = valueAt(body, 'provider');
  if (kind === undefined) {
    const message =
      'must be { roleArn, externalId?, sourceProfile? }, { accessKeyId, secretAccessKey, sessionToken? } or { chain: true }';
    faults.push({ path: 'credentials', message });
  } else if (kind !== 'chain' && isOther(provider)) {
    const message = `must be { "chain": true } for ${provider}: this release gives it what its own SDK finds`;
    faults.push({ path: 'credentials', message });
  }
  if (isOther(provider) && textsAt(body, 'resourceArns').length > 0) {
    faults.push({ path: 'resourceArns', message: `means nothing for ${provider}; leave it out` });
  }
  return faults;
}

/** A provider other than AWS, which alone takes credentials so far. */
function isOther(provider: unknown): provider is Exclude<ProviderId, 'aws'> {
  return provider !== 'aws' && PROVIDERS.some((known) => known === provider);
}
