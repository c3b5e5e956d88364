import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import type { ProviderId } from '../../../../domain/providers.ts';
import { roundTripMs } from '../../../../domain/tables/latency.ts';

const folder = new URL('../../../../domain/tables/', import.meta.url);
const files = readdirSync(folder).filter((name) => name.endsWith('.json'));
const tables = new Map(
  files.map((name) => [name, JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as Table]),
);

interface Origin {
  readonly asOf?: string;
  readonly source?: string;
  readonly licence?: string;
}

type Table = Origin & {
  readonly about: string;
  readonly providers?: Readonly<Record<string, Origin & { readonly regions: object }>>;
};

test('the tables stay small', () => {
  const bytes = files.map((name) => readFileSync(new URL(name, folder)).length);
  expect(bytes.reduce((a, b) => a + b, 0)).toBeLessThan(400_000);
});

test.each(files)('%s says what it is, its day, source and licence', (name) => {
  const table = tables.get(name);
  expect(table?.about).not.toBe('');
  for (const { asOf, source, licence } of table?.providers ? Object.values(table.providers) : [table ?? {}]) {
    expect(asOf).toMatch(/^\d{4}-\d{2}-\d{2}$/);
    expect(source).toMatch(/\w+\/\w+.*@[0-9a-f]{7}/);
    expect(licence).toMatch(/MIT|Apache-2\.0|none stated/);
  }
});

test('every region with a price has a place, so that its latency is known', () => {
  const { providers = {} } = tables.get('instance-prices.json') ?? {};
  const lost = Object.entries(providers).flatMap(([provider, { regions }]) =>
    Object.keys(regions).filter(
      (region) => roundTripMs('Europe/Paris', provider as ProviderId, region) === null,
    ),
  );
  expect(lost).toEqual([]);
});
