import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Fleet } from '../../../domain/fleet.ts';
import { startService, type TestService } from '../../support/service.ts';
import { smallFleet } from '../../support/small-fleet.ts';

const WEDSCALE = fileURLToPath(new URL('../../../cli/wedscale.js', import.meta.url));

let service: TestService;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'wedscale-prices-'));
  service = await startService({ fleet: smallFleet(), instant: true });
});
afterAll(async () => {
  await service?.stop();
  if (folder) rmSync(folder, { recursive: true, force: true });
});

function wedscale(...args: readonly string[]) {
  const child = spawn(process.execPath, [WEDSCALE, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH, WEDSCALE_API_URL: service.api.url, WEDSCALE_API_KEY: service.api.key },
  });
  const text = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (part: string) => {
      text[name] += part;
    });
  }
  return new Promise<{ status: number | null; stdout: string; stderr: string }>((resolve) =>
    child.on('close', (status) => resolve({ status, ...text })),
  );
}

/** A file of the small fleet whose ECS target is of a type that no table of this release knows. */
function fleetFile(): string {
  const targets = smallFleet().targets.map(({ hourlyUsdPerUnit, ...target }) =>
    target.id === 'ecs' ? { ...target, instanceType: 'm9.large' } : { ...target, hourlyUsdPerUnit },
  );
  const file = join(folder, 'fleet.json');
  writeFileSync(file, JSON.stringify({ ...smallFleet(), targets }));
  return file;
}

test('a fleet with a type that no table knows is refused until its price was read', async () => {
  const nothing = await wedscale('prices', 'refresh');
  expect(nothing).toMatchObject({ status: 0, stdout: expect.stringContaining('nothing was read') });

  const file = fleetFile();
  const refused = await wedscale('fleet', 'import', file);
  expect(refused.status).not.toBe(0);
  expect(`${refused.stdout}${refused.stderr}`).toMatch(/no price of m9\.large in eu-west-1 is known for ecs/);

  const read = await wedscale('prices', 'refresh', '--fleet', file);
  expect(read).toMatchObject({ status: 0, stdout: expect.stringContaining('aws: refreshed, 1 price read') });

  expect((await wedscale('fleet', 'import', file)).status).toBe(0);
  const headers = { authorization: `Bearer ${service.api.key}` };
  const listed = await (await fetch(`${service.api.url}/api/prices`, { headers })).json();
  expect(listed).toMatchObject({ prices: [{ type: 'm9.large', usdPerHour: 0.333 }] });
  const { fleet } = (await (await fetch(`${service.api.url}/api/fleet`, { headers })).json()) as {
    fleet: Fleet;
  };
  expect(fleet.targets.find(({ id }) => id === 'ecs')).not.toHaveProperty('hourlyUsdPerUnit');
});
