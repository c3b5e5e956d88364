import type { PlanContent, Requirements } from '../plan.ts';

/**
 * Part of the expected demand of each workload, from the markets asked for and over all steps, that is expected above
 * what the plan makes ready for its own hour, 0 to 1; capacity that other hours need serves some of it. Workloads
 * without any demand, and requirements stored before demand had a distribution, are left out.
 */
export function expectedUnserved(
  { demands }: Pick<Requirements, 'demands'>,
  markets: readonly string[],
): NonNullable<PlanContent['expectedUnserved']> {
  const asked = demands.filter(({ market }) => markets.includes(market));
  return [...Map.groupBy(asked, ({ workload }) => workload)]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([workload, own]) => {
      const parts = own.flatMap(({ meanByHour, unservedShare }) =>
        meanByHour && unservedShare !== undefined
          ? [{ expected: meanByHour.reduce((sum, mean) => sum + mean, 0), unservedShare }]
          : [],
      );
      const expected = parts.reduce((sum, part) => sum + part.expected, 0);
      const unserved = parts.reduce((sum, part) => sum + part.expected * part.unservedShare, 0);
      return expected > 0 ? [{ workload, share: Math.round((unserved / expected) * 1e6) / 1e6 }] : [];
    });
}
