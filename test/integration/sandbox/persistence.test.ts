import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startSandbox } from '../../support/sandbox.ts';

const RESOURCE = {
  service: 'aws.ecs',
  region: 'eu-west-1',
  reference: { cluster: 'weddings', service: 'uploads' },
  autoscaled: false,
  units: 3,
  provisioningSeconds: 60,
};
const KEY = 'aws.ecs/eu-west-1/weddings/uploads';
const RECORDS = {
  zoneId: 'Z0WEDDINGS',
  name: 'gallery.example.org',
  type: 'A',
  ttlSeconds: 60,
  records: [{ setIdentifier: 'dublin', weight: 10, value: '192.0.2.1', healthCheckId: 'hc-dublin' }],
};

let folder: string;
let stateFile: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'wedscale-sandbox-'));
  stateFile = join(folder, 'sandbox.bin');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test.each(['SIGTERM', 'SIGKILL'] as const)('a sandbox ended by %s goes on where it was', async (signal) => {
  const first = await startSandbox({ stateFile });
  await first.loadWorld({ resources: [RESOURCE], recordSets: [RECORDS] });
  await first.send('POST', '/people', { resource: KEY, change: { desiredUnits: 9 } });
  await first.send('POST', '/health-checks/hc-dublin', { healthy: false });
  const before = { world: await first.world(), ledger: await first.ledger() };
  // A kill may lose what is younger than this.
  while (!existsSync(stateFile)) await sleep(20);
  await sleep(400);
  await first.stop(signal);

  const second = await startSandbox({ stateFile, timeScale: 600 });
  expect(await second.ledger()).toEqual(before.ledger);
  const { recordSets, healthChecks } = await second.world();
  expect({ recordSets, healthChecks }).toEqual({
    recordSets: before.world.recordSets,
    healthChecks: { 'hc-dublin': false },
  });
  // What was provisioning goes on as well.
  let serving = 0;
  for (let look = 0; look < 200 && serving < 9; look += 1) {
    serving = (await second.world()).resources[0].servingUnits;
    await sleep(50);
  }
  expect(serving).toBe(9);
  await second.send('PATCH', '/world?keep=existing', {
    resources: [RESOURCE, { ...RESOURCE, reference: { cluster: 'weddings', service: 'new' } }],
    recordSets: [{ ...RECORDS, records: [{ ...RECORDS.records[0], weight: 200 }] }],
  });
  const merged = await second.world();
  expect(merged.resources.map(({ desiredUnits }: { desiredUnits: number }) => desiredUnits)).toEqual([9, 3]);
  expect(merged.recordSets[0].records[0].weight).toBe(10);
  await second.stop();
});

test('a file that is none of its own is refused, not begun over', async () => {
  writeFileSync(stateFile, 'weddings');
  await expect(startSandbox({ stateFile })).rejects.toThrow(/ended before it was ready/);
});
