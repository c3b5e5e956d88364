import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';

const at = (path: string) => new URL(`../../../${path}`, import.meta.url);
const page = readFileSync(at('CONTRIBUTING.md'), 'utf8');

test('every folder of test/ is in the table of folders, and none that is not there', () => {
  const [row = ''] = /^\| `test\/` .*\n(?:\| {2}.*\n)*/m.exec(page) ?? [];
  const named = [...row.matchAll(/`([a-z]+)\/`/g)].map(([, name]) => name);
  const folders = readdirSync(at('test'), { withFileTypes: true }).filter((entry) => entry.isDirectory());
  expect(named.filter((name) => name !== 'test').toSorted()).toEqual(
    folders.map(({ name }) => name).toSorted(),
  );
});

test('what is said to have a command of its own has one', () => {
  const { scripts } = JSON.parse(readFileSync(at('package.json'), 'utf8')) as { scripts: object };
  const [, commands = ''] = /A command each: (.*) \(`npm run/.exec(page) ?? [];
  const named = [...commands.matchAll(/`([a-z]+)\/`/g)].map(([, name]) => `test:${name}`);
  expect(named).toEqual(
    Object.keys(scripts)
      .filter((name) => name.startsWith('test:'))
      .toSorted(),
  );
});
