/**
 * Targets that may start together, the longest to provision first and otherwise as they were: where a vendor's
 * limit makes them queue, the last to be sent is then the first to serve, and the whole ends soonest.
 * @param targets without `provisioningMinutes` counts as 0.
 */
export function longestFirst<T extends { readonly provisioningMinutes?: number }>(
  targets: readonly T[],
): readonly T[] {
  const minutes = ({ provisioningMinutes = 0 }: T) => provisioningMinutes;
  return targets.toSorted((a, b) => minutes(b) - minutes(a));
}
