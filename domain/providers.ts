/** A cloud or cluster vendor the service can scale. */
export const PROVIDERS = ['aws', 'azure', 'gcp', 'kubernetes'] as const;

/** One of {@link PROVIDERS}. */
export type ProviderId = (typeof PROVIDERS)[number];

/** True when `value` names a provider this release can scale. */
export function isProviderId(value: string): value is ProviderId {
  return (PROVIDERS as readonly string[]).includes(value);
}
