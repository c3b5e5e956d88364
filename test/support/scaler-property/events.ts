import fc from 'fast-check';

/** What a vendor does instead of answering as it should; see the sandbox's faults. */
export type VendorTrouble =
  | 'throttle'
  | 'serverError'
  | 'lostRequest'
  | 'silence'
  | 'lostAnswer'
  | 'staleRead'
  | 'stuck';

/** Where trouble begins: with so many requests of what is being done. */
export interface Strike {
  readonly trouble: VendorTrouble;
  readonly atRequest: number;
}

/** Which target and which of the two runs; the target is taken modulo the fleet's size. */
interface Who {
  readonly target: number;
  readonly run: 0 | 1;
}

/** What happens to a fleet, one after the other. */
export type FleetEvent =
  /**
   * A run reads the target and claims so many percent of the way from what was there to its maximum; beyond either
   * end as well.
   */
  | (Who & { readonly kind: 'claim'; readonly percent: number; readonly strike?: Strike | undefined })
  /** A run lets go of all its claims on the target. */
  | (Who & { readonly kind: 'release' })
  /**
   * A run brings the target into line: forward where it has a claim, else as an undo. `later`: after the vendor's
   * longest delay.
   */
  | (Who & {
      readonly kind: 'reconcile';
      readonly gate: 'open' | 'closed';
      readonly later: boolean;
      readonly strike?: Strike | undefined;
    })
  /** Both runs do so at the same time. */
  | { readonly kind: 'both'; readonly target: number; readonly strike?: Strike | undefined }
  /** A worker falls asleep in the middle, after its read or right before its write, until its lease is over. */
  | (Who & { readonly kind: 'fallAsleep'; readonly before: 'thinking' | 'writing' })
  /** It goes on with what it knew. */
  | { readonly kind: 'wake'; readonly target: number }
  /** A person raises the floor beyond everybody else, by so many percent of what is left, or only the maximum. */
  | {
      readonly kind: 'person';
      readonly target: number;
      readonly field: 'floor' | 'maximum';
      readonly percent: number;
    }
  /** Service time passes. */
  | { readonly kind: 'rest'; readonly wallMs: number };

const percent = fc.integer({ min: 1, max: 100 });

/** Two times in five, a trouble. */
const strike: fc.Arbitrary<Strike | undefined> = fc.oneof(
  { weight: 3, arbitrary: fc.constant(undefined) },
  {
    weight: 2,
    arbitrary: fc.record({
      trouble: fc.constantFrom<VendorTrouble>(
        'throttle',
        'serverError',
        'lostRequest',
        'silence',
        'lostAnswer',
        'lostAnswer',
        'staleRead',
        'stuck',
      ),
      atRequest: fc.integer({ min: 1, max: 5 }),
    }),
  },
);

/** One thing that happens and what usually comes next; alone, events would seldom have to do with each other. */
type Phrase = (target: number, run: 0 | 1) => fc.Arbitrary<readonly FleetEvent[]>;

const claim = (target: number, run: 0 | 1): fc.Arbitrary<FleetEvent> =>
  fc.record({
    kind: fc.constant('claim' as const),
    target: fc.constant(target),
    run: fc.constant(run),
    percent: fc.integer({ min: -10, max: 115 }),
    strike,
  });

const release = (target: number, run: 0 | 1): fc.Arbitrary<FleetEvent> =>
  fc.constant({ kind: 'release', target, run });

const reconcile = (target: number, run: 0 | 1): fc.Arbitrary<FleetEvent> =>
  fc.record({
    kind: fc.constant('reconcile' as const),
    target: fc.constant(target),
    run: fc.constant(run),
    gate: fc.constantFrom<'open' | 'closed'>('open', 'open', 'closed'),
    later: fc.boolean(),
    strike,
  });

const fallAsleep = (target: number, run: 0 | 1): fc.Arbitrary<FleetEvent> =>
  fc.record({
    kind: fc.constant('fallAsleep' as const),
    target: fc.constant(target),
    run: fc.constant(run),
    before: fc.constantFrom<'thinking' | 'writing'>('thinking', 'writing'),
  });

const person = (target: number): fc.Arbitrary<FleetEvent> =>
  fc.record({
    kind: fc.constant('person' as const),
    target: fc.constant(target),
    field: fc.constantFrom<'floor' | 'maximum'>('floor', 'maximum'),
    percent,
  });

const rest: fc.Arbitrary<FleetEvent> = fc.record({
  kind: fc.constant('rest' as const),
  wallMs: fc.integer({ min: 5, max: 60 }),
});

const PHRASES: readonly { readonly weight: number; readonly phrase: Phrase }[] = [
  { weight: 6, phrase: (target, run) => fc.tuple(claim(target, run), reconcile(target, run)) },
  {
    weight: 3,
    phrase: (target, run) => fc.tuple(claim(target, run), reconcile(target, run), reconcile(target, run)),
  },
  { weight: 2, phrase: (target, run) => fc.tuple(claim(target, run), fallAsleep(target, run)) },
  { weight: 1, phrase: (target, run) => fc.tuple(claim(target, run)) },
  { weight: 4, phrase: (target, run) => fc.tuple(release(target, run), reconcile(target, run)) },
  {
    weight: 2,
    phrase: (target, run) => fc.tuple(release(target, run), reconcile(target, run), reconcile(target, run)),
  },
  { weight: 2, phrase: (target, run) => fc.tuple(release(target, run), fallAsleep(target, run)) },
  { weight: 1, phrase: (target, run) => fc.tuple(release(target, run)) },
  { weight: 3, phrase: (target, run) => fc.tuple(reconcile(target, run)) },
  {
    weight: 1,
    phrase: (target) =>
      fc.tuple(fc.record({ kind: fc.constant('both' as const), target: fc.constant(target), strike })),
  },
  { weight: 2, phrase: (target) => fc.constant([{ kind: 'wake', target }]) },
  { weight: 2, phrase: (target) => fc.tuple(person(target)) },
  { weight: 1, phrase: () => fc.tuple(rest) },
];

/** A history of a fleet of so many targets. */
export function someEvents(targets: number): fc.Arbitrary<readonly FleetEvent[]> {
  const who = fc.tuple(fc.nat({ max: targets - 1 }), fc.constantFrom<0 | 1>(0, 1));
  const phrase = who.chain(([target, run]) =>
    fc.oneof(...PHRASES.map(({ weight, phrase: of }) => ({ weight, arbitrary: of(target, run) }))),
  );
  const length = { minLength: targets * 8, maxLength: targets * 11 };
  return fc.array(phrase, { ...length, size: 'max' }).map((phrases) => phrases.flat());
}
