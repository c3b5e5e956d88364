import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';

const text = (file: string) => readFileSync(new URL(`../../../${file}`, import.meta.url), 'utf8');
const page = text('docs/configuration.md');
const sources = [
  'domain/environment.ts',
  'api/config.ts',
  'worker/config.ts',
  'sandbox/config.ts',
  'cli/config.ts',
];

/** Variables read for where things are on a machine; they belong to it and not to us. */
const OF_THE_MACHINE = new Set(['HOME', 'NO_COLOR', 'TERM', 'XDG_CACHE_HOME', 'XDG_STATE_HOME']);

test('every variable a process reads is on the page, and none is that nobody reads', () => {
  const read = new Set(
    sources.flatMap((file) =>
      [...text(file).matchAll(/\b((?:WEDSCALE|TEMPORAL|DATADOG|DATABASE|PROMETHEUS|REDIS)_[A-Z_]+)\b/g)].map(
        (m) => m[1] ?? '',
      ),
    ),
  );
  const missing = [...read].filter(
    (name) =>
      !page.includes(name) &&
      !/_(AZURE|GCP|KUBERNETES|DATADOG)_ENDPOINT$/.test(name) &&
      !OF_THE_MACHINE.has(name),
  );
  expect(missing).toEqual([]);
  const named = new Set(
    [...page.matchAll(/`((?:WEDSCALE|TEMPORAL|DATADOG|DATABASE|PROMETHEUS|REDIS)_[A-Z_]+)`/g)].map(
      (m) => m[1] ?? '',
    ),
  );
  expect([...named].filter((name) => !read.has(name))).toEqual([]);
});
