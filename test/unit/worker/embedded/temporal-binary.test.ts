import { buildProgress } from '../../../../worker/embedded/temporal-binary.ts';

test.each([
  [0, 0, 'Temporal: building its server, 0 s (first start only)'],
  [0, 25, 'Temporal: building its server, 25 s (first start only)'],
  [
    40,
    30,
    "Temporal: building its server, 30 s, 40 packages compiled (of 1717, some in Go's cache) (first start only)",
  ],
])(
  'a build that has compiled %i packages after %i s promises nothing it does not know',
  (compiled, seconds, text) => {
    expect(buildProgress(compiled, 1717, seconds)).toBe(text);
  },
);
