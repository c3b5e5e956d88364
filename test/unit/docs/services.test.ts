import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { servicesPage } from '../../../docs/services-page.ts';
import { SERVICES } from '../../../domain/services.ts';

test('docs/services.md is what `node docs/services-page.ts` writes', () => {
  expect(readFileSync(new URL('../../../docs/services.md', import.meta.url), 'utf8')).toBe(servicesPage());
});

test('every lever names the settings that are ours while a claim lives', () => {
  const silent = SERVICES.flatMap(({ id, levers }) =>
    levers
      .filter(({ ownedSettings: { terraform, argoCd } }) => terraform.length + argoCd.length === 0)
      .map((lever) => `${id} ${lever.id}`),
  );
  expect(silent).toEqual([]);
});
