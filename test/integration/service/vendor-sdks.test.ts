import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { resolveRelativeDates } from '../../../domain/calendar.ts';
import { type Fleet, providerOf } from '../../../domain/fleet.ts';
import { FINAL_STATUSES } from '../../../domain/report.ts';
import { startService, type TestService } from '../../support/service.ts';
import { bookingsOn, smallFleet, smallSeason } from '../../support/small-fleet.ts';

/** How often the platform reports its load, in milliseconds. */
const REPORT_EVERY_MS = 100;

/** Packages that are a vendor's SDK or come with one. */
const SDKS: readonly (readonly [vendor: string, packages: RegExp])[] = [
  ['aws', /^@(aws-crypto|aws-sdk|aws|smithy)\//],
  ['azure', /^@azure(-rest)?\//],
  ['datadog', /^@datadog\//],
  ['gcp', /^(@google-cloud\/|google-gax$|google-auth-library$)/],
  ['kubernetes', /^@kubernetes\//],
];

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'wedscale-modules-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The small fleet's targets of some providers; record sets are Route 53, and so AWS. */
function fleetOf(providers: readonly string[]): Fleet {
  return smallFleet((fleet) => ({
    ...fleet,
    targets: fleet.targets
      .filter(({ service }) => providers.includes(providerOf(service)))
      // Fewer have to carry the same.
      .map((target) => ({ ...target, maximumUnits: 100 })),
    recordSets: providers.includes('aws') ? fleet.recordSets : [],
  }));
}

/** Vendors whose SDK, or any part of it, a worker has loaded by now. */
function sdksOf(pid: number): readonly string[] {
  const urls = readFileSync(join(folder, `${pid}.txt`), 'utf8')
    .trim()
    .split('\n');
  const packages = urls.flatMap((url) => url.match(/(?<=\/node_modules\/)(@[^/]+\/)?[^/]+/g) ?? []);
  // Without this nothing would be proved: the hook sees what is imported and what that requires.
  expect(packages).toEqual(expect.arrayContaining(['@temporalio/worker', 'pino', 'protobufjs']));
  return SDKS.filter(([, sdk]) => packages.some((name) => sdk.test(name))).map(([vendor]) => vendor);
}

/** A season made ready, and given back. @returns the run's last status. */
async function seasonThereAndBack(service: TestService, fleet: Fleet): Promise<string> {
  const body = [...bookingsOn([3], 'gb', 90, 3), ...bookingsOn([3], 'fr', 90, 2)];
  await service.client.request('/api/bookings', { method: 'POST', body });
  const loads = fleet.targets.map(({ id }) => ({ subject: id, value: 1 }));
  const reporting = setInterval(() => {
    service.client.request('/api/observations', { method: 'POST', body: loads }).catch(() => undefined);
  }, REPORT_EVERY_MS);
  try {
    const request = smallSeason({ monitoringStrategy: { platforms: [] } });
    const season = resolveRelativeDates(request, Date.now());
    const runId = await service.start('/api/scaling/seasons', season);
    const ready = await service.ended(runId);
    expect([ready.error, ready.status]).toEqual([undefined, 'completed']);
    expect(ready.cells.flatMap((cell) => cell.services).length).toBeGreaterThan(0);
    await service.client.request(`/api/runs/${runId}/rollback`, { method: 'POST' });
    const end = await service.until(
      runId,
      ({ status, hold }) => FINAL_STATUSES.includes(status) && (hold === null || hold.status === 'released'),
    );
    return end.status;
  } finally {
    clearInterval(reporting);
  }
}

test.each([[['azure', 'gcp', 'kubernetes']], [['aws']]])(
  'a worker whose fleet has targets of %j alone loads no other SDK, from its start to the end of a season',
  async (providers) => {
    const fleet = fleetOf(providers);
    const preload = new URL('../../support/record-modules.ts', import.meta.url).href;
    const env = {
      NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ''} --import ${preload}`,
      WEDSCALE_TEST_MODULES: folder,
    };
    const service = await startService({ fleet, instant: true, env });
    try {
      const [pid = 0] = service.pids.workers;
      expect(sdksOf(pid)).toEqual([]);
      expect(await seasonThereAndBack(service, fleet)).toBe('rolledBack');
      expect(sdksOf(pid)).toEqual(providers);
    } finally {
      await service.stop();
    }
  },
  120_000,
);
