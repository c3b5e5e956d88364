import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { monitorRegistry } from '../../../activities/monitors/registry.ts';
import { routerRegistry } from '../../../activities/routers/registry.ts';
import { scalerRegistry } from '../../../activities/scalers/registry.ts';
import { SERVICES } from '../../../domain/services.ts';
import { LIMITS } from '../../../sandbox/limits-table.ts';

const root = new URL('../../../', import.meta.url);

/** Files of a folder that are entries of a registry: no parts with an underscore, no registry itself. */
function entryFiles(folder: string): readonly string[] {
  return readdirSync(new URL(folder, root), { withFileTypes: true })
    .filter((file) => file.isFile() && /^[a-z].*\.ts$/.test(file.name) && file.name !== 'registry.ts')
    .map((file) => file.name.replace(/\.ts$/, ''));
}

describe('registries, folders and descriptors say the same', () => {
  test('every scaler file has its line in the registry, and every line its file', () => {
    const clouds = readdirSync(new URL('activities/scalers/', root), { withFileTypes: true }).filter((f) =>
      f.isDirectory(),
    );
    const files = clouds.flatMap(({ name }) =>
      entryFiles(`activities/scalers/${name}/`).map((file) => `${name}.${file}`),
    );
    expect(scalerRegistry.map((entry) => entry.id)).toEqual(files.toSorted());
  });

  test('every service is described, and nothing else', () => {
    expect(SERVICES.map((service) => service.id)).toEqual(scalerRegistry.map((entry) => entry.id));
    for (const service of SERVICES) expect(service.permissions.length).toBeGreaterThan(0);
  });

  test('registries are sorted, so that a new line has one place', () => {
    for (const registry of [scalerRegistry, routerRegistry, monitorRegistry]) {
      const ids = registry.map((entry) => entry.id);
      expect(ids).toEqual(ids.toSorted());
    }
  });

  test('every monitor file has its line in the registry', () => {
    expect(entryFiles('activities/monitors/')).toEqual(monitorRegistry.map((entry) => entry.id));
  });

  test("the sandbox's limits are sorted, each with its source", () => {
    const buckets = LIMITS.map((limit) => limit.bucket);
    expect(buckets).toEqual(buckets.toSorted());
    for (const limit of LIMITS) expect(limit.source.length).toBeGreaterThan(10);
  });

  test('the contract suite knows every lever of every service', () => {
    const suite = readFileSync(new URL('test/contract/scalers.test.ts', root), 'utf8');
    const lines = SERVICES.flatMap(({ id, levers }) => levers.map((lever) => `'${id} ${lever.id}': {`));
    expect(lines.filter((line) => !suite.includes(line))).toEqual([]);
    expect(existsSync(new URL('CONTRIBUTING.md', root))).toBe(true);
  });
});
