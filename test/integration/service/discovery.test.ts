import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ProblemDetails } from '../../../api/problem.ts';
import { resolveRelativeDates } from '../../../domain/calendar.ts';
import type { Fleet, ScalingTarget } from '../../../domain/fleet.ts';
import { startService, type TestService } from '../../support/service.ts';
import { bookingsOn, smallFleet, smallSeason } from '../../support/small-fleet.ts';

const WEDSCALE = fileURLToPath(new URL('../../../cli/wedscale.js', import.meta.url));
const REGION = ['--provider', 'aws', '--region', 'eu-west-1'];

let service: TestService;
let folder: string;
let file: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'wedscale-discovery-'));
  file = join(folder, 'fleet.json');
  service = await startService({ fleet: smallFleet(), declared: false, instant: true });
});
afterAll(async () => {
  await service?.stop();
  if (folder) rmSync(folder, { recursive: true, force: true });
});

function wedscale(
  ...args: readonly string[]
): Promise<{ status: number | null; stdout: string; stderr: string }> {
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
  return new Promise((resolve) => child.on('close', (status) => resolve({ status, ...text })));
}

const read = (path: string) => JSON.parse(readFileSync(path, 'utf8')) as Fleet;

describe('from what is there to a plan', () => {
  test('a fleet is found in the sandbox and written with its gaps', async () => {
    const ended = await wedscale('fleet', 'discover', ...REGION, '--out', file);
    expect(ended.status).toBe(0);
    expect(ended.stdout).toMatch(/^2 targets written to .*fleet\.json\. \d+ gaps are marked "\?"/);
    expect(read(file).targets).toMatchObject([
      {
        id: 'aws.ecs/eu-west-1/weddings/api',
        reference: { cluster: 'weddings', service: 'api' },
        autoscaled: true,
        baselineUnits: 2,
        maximumUnits: 4,
        workload: '?',
      },
      { reference: { cluster: 'weddings', service: 'uploads' }, autoscaled: false, maximumUnits: '?' },
    ]);
  });

  test('is never written over', async () => {
    const before = readFileSync(file, 'utf8');
    const ended = await wedscale('fleet', 'discover', ...REGION, '--out', file);
    expect([ended.status, ended.stdout]).toEqual([2, '']);
    expect(ended.stderr).toMatch(/exists already/);
    expect(readFileSync(file, 'utf8')).toBe(before);
  });

  test('is refused as it is, every gap named', async () => {
    const ended = await wedscale('fleet', 'import', file);
    expect([ended.status, ended.stdout]).toEqual([2, '']);
    expect(ended.stderr).toMatch(/targets\.0\.capacityPerUnit: is a gap \("\?"\)/);
    expect(ended.stderr).toMatch(/markets\.0\.id: is a gap/);
  });

  test('is taken once a person has filled it in, and planned with', async () => {
    writeFileSync(file, JSON.stringify(filled(read(file))));
    const imported = await wedscale('fleet', 'import', file);
    expect([imported.status, imported.stdout]).toEqual([0, 'Fleet in force: 2 targets, 0 record sets.\n']);
    await service.client.request('/api/bookings', { method: 'POST', body: bookingsOn([3], 'gb', 100, 3) });
    const season = join(folder, 'season.json');
    const small = smallSeason({ season: { markets: ['gb'] } });
    writeFileSync(season, JSON.stringify(resolveRelativeDates(small, Date.now())));
    const planned = await wedscale('plan', '--season', season, '--json');
    expect(planned.status).toBe(0);
    const { plan } = JSON.parse(planned.stdout) as { plan: { content: { floors: { targetId: string }[] } } };
    const floors = plan.content.floors.map(({ targetId }) => targetId);
    expect(floors).toContain('aws.ecs/eu-west-1/weddings/api');
  });

  test('asks nothing again of what is declared by then, only of what is new', async () => {
    const resource = {
      service: 'aws.ecs',
      region: 'eu-west-1',
      reference: { cluster: 'weddings', service: 'gallery' },
      autoscaled: false,
      units: 7,
    };
    const bearing = { ...resource, attributes: { tags: { 'wedsync:fleet': 'autumn' } } };
    const bare = { ...resource, reference: { cluster: 'weddings', service: 'billing' } };
    await service.sandboxCall('PATCH', '/world', { resources: [bearing, bare] });
    const ended = await wedscale('fleet', 'discover', ...REGION);
    expect(ended.status).toBe(0);
    const { name, targets } = JSON.parse(ended.stdout) as Fleet;
    expect(name).toBe('weddings');
    expect(targets.map(({ reference, capacityPerUnit }) => [reference.service, capacityPerUnit])).toEqual([
      ['api', 10],
      ['gallery', '?'],
      ['uploads', 10],
    ]);
    const autumn = await wedscale('fleet', 'discover', ...REGION, '--tag', 'wedsync:fleet=autumn', '--json');
    expect(JSON.parse(autumn.stdout)).toMatchObject({ targets: 1, status: 'ended' });
  });
});

describe('all of AWS', () => {
  const region = 'eu-north-1';
  const tags = { 'wedsync:fleet': 'north' };
  const of = (service: string, reference: Record<string, string>, fields: object = {}) => {
    return { service, region, reference, autoscaled: false, units: 2, attributes: { tags }, ...fields };
  };
  const range = { minimumUnits: 2, maximumUnits: 6 };
  const autoscaled = { autoscaled: true, ...range };
  const all = join(tmpdir(), `wedscale-all-of-aws-${process.pid}.json`);

  beforeAll(async () => {
    const resources = [
      of('aws.asg', { group: 'web' }, { ...range, onDemandPercent: 40 }),
      of('aws.ecs', { cluster: 'weddings', service: 'api' }, autoscaled),
      of('aws.eks', { cluster: 'weddings', nodegroup: 'workers' }, range),
      of('aws.elasticache', { replicationGroup: 'feed' }),
      of('aws.elasticache', { replicationGroup: 'feed' }, { lever: 'shards', ...autoscaled }),
      of('aws.lambda', { function: 'resize', qualifier: 'live' }, autoscaled),
      of('aws.lambda', { function: 'mail', qualifier: 'live' }, { attributes: {} }),
      of('aws.rds', { cluster: 'gallery' }),
      of('aws.rds', { cluster: 'gallery' }, { lever: 'serverless-capacity', ...autoscaled }),
      of('aws.rds', { instance: 'orders' }, { lever: 'storage', units: 100 }),
    ];
    await service.sandboxCall('PATCH', '/world', { resources });
  });
  afterAll(() => rmSync(all, { force: true }));

  test('is found in one search, every lever that makes sense with what AWS knows of it', async () => {
    const args = ['--provider', 'aws', '--region', region, '--out', all];
    const ended = await wedscale('fleet', 'discover', ...args);
    expect({ status: ended.status, stdout: ended.stdout }).toEqual({
      status: 0,
      stdout: expect.stringMatching(/^8 targets written to .*, beside \d+ of the fleet in force/),
    });
    const here = read(all).targets.filter((target) => target.region === region);
    const found = here.map(({ id, autoscaled: moved, baselineUnits, maximumUnits }) => [
      id.replace(`/${region}/`, ' '),
      moved,
      baselineUnits,
      maximumUnits,
    ]);
    expect(found).toEqual([
      ['aws.asg web', false, 2, 6],
      ['aws.ecs weddings/api', true, 2, 6],
      ['aws.eks weddings/workers', '?', 2, 6],
      ['aws.elasticache feed', false, 2, '?'],
      ['aws.elasticache feed#shards', true, 2, 6],
      ['aws.lambda resize/live', true, 2, 6],
      ['aws.rds gallery', false, 2, '?'],
      ['aws.rds gallery#serverless-capacity', true, 2, 6],
    ]);
    expect(here[0]).toMatchObject({ spotPercent: 60, spotHourlyUsdPerUnit: '?' });
    expect(ended.stderr).not.toMatch(/not discoverable|could not be read/);
    for (const lever of [
      'aws.elasticache node-type was left out (feed)',
      'aws.rds storage was left out (orders)',
    ]) {
      expect(ended.stderr).toContain(lever);
    }
  });

  test('is taken once it is filled in, and nothing of it is asked again', async () => {
    const draft = filled(read(all));
    const here = draft.targets.filter((target) => target.region === region);
    const fleet = {
      ...draft,
      markets: draft.markets.map((market) => ({ ...market, allowedRegions: [region] })),
      targets: here.map((target) => ({
        ...target,
        ...(target.service === 'aws.eks' && { autoscaled: true }),
        maximumUnits: 5,
        ...(target.spotPercent !== undefined && { spotHourlyUsdPerUnit: 0.03 }),
      })),
    };
    writeFileSync(all, JSON.stringify(fleet));
    expect((await wedscale('fleet', 'import', all)).stderr).toBe('');
    const again = await wedscale('fleet', 'discover', '--provider', 'aws', '--region', region, '--json');
    expect(JSON.parse(again.stdout)).toMatchObject({
      targets: 8,
      gaps: 0,
      failures: [],
      notDiscoverable: [],
    });
  });

  test('that may not be looked through in one part is found in the others, and the part is named', async () => {
    await service.sandboxCall('POST', '/faults', [{ match: { operation: 'ListTags' }, kind: 'denied' }]);
    const ended = await wedscale('fleet', 'discover', '--provider', 'aws', '--region', region, '--json');
    await service.sandboxCall('DELETE', '/faults');
    expect(ended.status).toBe(1);
    expect(JSON.parse(ended.stdout)).toMatchObject({
      targets: 7,
      failures: [{ service: 'aws.lambda', region, message: expect.stringContaining('not authorized') }],
    });
  });
});

describe('a discovery', () => {
  test('names what it could not read, and ends with 1', async () => {
    await service.sandboxCall('POST', '/faults', [{ match: { operation: 'ListClusters' }, kind: 'denied' }]);
    const ended = await wedscale('fleet', 'discover', ...REGION);
    await service.sandboxCall('DELETE', '/faults');
    expect(ended.status).toBe(1);
    expect(ended.stderr).toMatch(/aws\.ecs in eu-west-1 could not be read in full: .*not authorized/);
  });

  test('names services that cannot be looked through', async () => {
    const ended = await wedscale('fleet', 'discover', '--provider', 'gcp', '--region', 'europe-west1');
    expect(ended.status).toBe(1);
    expect(ended.stderr).toContain('gcp.mig is not discoverable; add its targets by hand.');
    expect(ended.stderr).toContain('Nothing of gcp bears the tag wedsync:fleet in europe-west1.');
  });

  test('asks for a key that is for it, and for a body that makes sense', async () => {
    const { key } = await service.client.request<{ key: string }>('/api/keys', {
      method: 'POST',
      body: { name: 'a test', scopes: ['service'] },
    });
    const post = (bearer: string, body: object) =>
      fetch(`${service.api.url}/api/fleet/discovery`, {
        method: 'POST',
        headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
    expect((await post(key, { provider: 'aws', regions: ['eu-west-1'] })).status).toBe(403);
    const faulty = await post(service.api.key, { provider: 'oracle', regions: ['a b', 'a b'], colour: 1 });
    expect(faulty.status).toBe(400);
    const { errors } = (await faulty.json()) as ProblemDetails;
    expect(new Set(errors?.map(({ path }) => path.split('.')[0]))).toEqual(
      new Set(['provider', 'regions', '']),
    );
  });
});

/** What a person puts in where only a person knows. */
function filled(draft: Fleet): Fleet {
  const { name: _name, ...small } = smallFleet();
  return {
    ...draft,
    name: 'weddings',
    priceDate: '2026-01-01',
    markets: small.markets.slice(0, 1),
    workloads: small.workloads,
    demandModel: small.demandModel,
    targets: draft.targets.map(
      (target): ScalingTarget => ({
        ...target,
        workload: 'api',
        markets: ['gb'],
        capacityPerUnit: 10,
        maximumUnits: 50,
        hourlyUsdPerUnit: 0.1,
        critical: false,
      }),
    ),
  };
}
