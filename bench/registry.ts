/**
 * Runs a bench. @param say tells a person how it goes. @param options of the bench itself, as on the command line
 * after its name; one that takes none ignores the empty list. @returns one object per row of the result.
 */
export type Bench = (
  say: (text: string) => void,
  options: readonly string[],
) => Promise<readonly Readonly<Record<string, unknown>>[]>;

/** Every bench, sorted by name. */
export const benchRegistry: readonly {
  readonly name: string;
  readonly title: string;
  /** Whether it has options of its own. */
  readonly takesOptions?: boolean;
  readonly load: () => Promise<Bench>;
}[] = [
  {
    name: 'allocation',
    title: 'the cheapest plan: how quickly, how near to the best, what it saves, and whether N-1 holds',
    load: async () => (await import('./allocation.ts')).benchAllocation,
  },
  {
    name: 'bookings',
    title:
      'phases 1 and 2 on bookings with a known truth, beside two simple methods; a million bookings streamed',
    load: async () => (await import('./bookings.ts')).benchBookings,
  },
  {
    name: 'distribution',
    title:
      'phase 1 from a stream of up to a million bookings: seconds, and memory that must not grow with them',
    load: async () => (await import('./distribution.ts')).benchDistribution,
  },
  {
    name: 'planner',
    title: 'forecasts of load series with known events, beside what autoscalers and others do',
    takesOptions: true,
    load: async () => (await import('./planner.ts')).benchPlanner,
  },
  {
    name: 'requirements',
    title: 'phase 2 of 26 weeks, 20 markets and 8 workloads, each observed for a year, off the event loop',
    load: async () => (await import('./requirements.ts')).benchRequirements,
  },
  {
    name: 'scale',
    title: 'every target of 300 and of 1,200 over six AWS services raised, at their documented limits',
    load: async () => (await import('./scale.ts')).benchScale,
  },
  {
    name: 'season',
    title:
      'the sample season with vendors that answer at once: request to completed, and where the time goes',
    load: async () => (await import('./season.ts')).benchSeason,
  },
];
