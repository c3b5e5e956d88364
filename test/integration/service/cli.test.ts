import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { RunReport } from '../../../domain/report.ts';
import { startService, type TestService } from '../../support/service.ts';
import { bookingsOn, smallFleet, smallSeason } from '../../support/small-fleet.ts';

const WEDSCALE = fileURLToPath(new URL('../../../cli/wedscale.js', import.meta.url));

let service: TestService;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'wedscale-cli-'));
  service = await startService({ fleet: smallFleet(), instant: true });
});
afterAll(async () => {
  await service?.stop();
  if (folder) rmSync(folder, { recursive: true, force: true });
});

interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command line as a person does; the API's address and key come from the environment. */
function wedscale(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  const child = spawn(process.execPath, [WEDSCALE, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env.PATH,
      WEDSCALE_API_URL: service.api.url,
      WEDSCALE_API_KEY: service.api.key,
      ...env,
    },
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  return new Promise((resolve) => child.on('close', (status) => resolve({ status, stdout, stderr })));
}

function file(name: string, content: unknown): string {
  const path = join(folder, name);
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

/** One document and nothing else. @throws SyntaxError when there is more. */
function documentOf<T>({ stdout }: Ended): T {
  return JSON.parse(stdout) as T;
}

describe('wedscale', () => {
  test('declares a fleet', async () => {
    const ended = await wedscale(['fleet', 'import', file('fleet.json', smallFleet())]);
    expect(ended).toMatchObject({ status: 0, stderr: '' });
    expect(ended.stdout).toBe('Fleet in force: 5 targets, 1 record sets.\n');
    const json = await wedscale(['fleet', 'import', file('fleet.json', smallFleet()), '--json']);
    expect(documentOf(json)).toMatchObject({ targets: 5, recordSets: 1, hash: expect.any(String) });
  });

  test('imports bookings from JSON, NDJSON and CSV, all of a file or nothing of it', async () => {
    const records = bookingsOn([3], 'gb', 100, 3);
    const json = await wedscale(['bookings', 'import', file('gb.json', records)]);
    expect(json).toMatchObject({ status: 0, stdout: '3 bookings imported, 0 were there already.\n' });
    const french = bookingsOn([3], 'fr', 100, 2).map((one) => JSON.stringify(one));
    const ndjson = await wedscale(['bookings', 'import', file('fr.ndjson', french.join('\n')), '--json']);
    expect(documentOf(ndjson)).toEqual({ imported: 2, unchanged: 0, replaced: 0 });
    const again = await wedscale(['bookings', 'import', file('gb.json', records), '--json']);
    expect(documentOf(again)).toEqual({ imported: 0, unchanged: 3, replaced: 0 });

    const csv = 'id,market,startsAt,guests\nc1,gb,D+4 15:00,10\nc2,gb,D+4 15:00,20\n';
    const imported = await wedscale(['bookings', 'import', file('more.csv', csv)]);
    expect(imported.stdout).toBe('2 bookings imported, 0 were there already.\n');
    const faulty = `${csv}c3,xx,D+4 15:00,30\nc4,gb,someday,40\n`;
    const refused = await wedscale(['bookings', 'import', file('faulty.csv', faulty)]);
    expect([refused.status, refused.stdout]).toEqual([2, '']);
    expect(refused.stderr).toMatch(/line 4: .*xx is no market of the fleet/);
    expect(refused.stderr).toMatch(/line 5: .*someday/);
  });

  test('imports demand observed by workload and market, all of a file or nothing of it', async () => {
    const csv = 'workload,market,at,demand\napi,gb,2026-01-03T14:00:00Z,0\napi,gb,2026-01-03T15:00:00Z,0\n';
    const imported = await wedscale(['observations', 'import', file('demand.csv', csv)]);
    expect(imported).toMatchObject({ status: 0, stdout: '2 observations imported.\n' });
    const faulty = await wedscale(['observations', 'import', file('faulty.csv', `${csv}api,mars,noon,-1\n`)]);
    expect([faulty.status, faulty.stdout]).toEqual([2, '']);
    expect(faulty.stderr).toMatch(
      /line 4: at: must be .*; demand: must be .*; market: mars is no market of the fleet/s,
    );
    const unknown = await wedscale(['observations', 'import', file('demand.txt', csv)]);
    expect([unknown.status, unknown.stderr]).toEqual([2, expect.stringContaining('.ndjson')]);
  });

  test('says that another content is known under the same id, and replaces it when told to', async () => {
    const other = file('other.json', bookingsOn([3], 'gb', 90, 1));
    const refused = await wedscale(['bookings', 'import', other]);
    expect([refused.status, refused.stdout]).toEqual([2, '']);
    expect(refused.stderr).toMatch(/gb-3-0/);
    const replaced = await wedscale(['bookings', 'import', other, '--replace', '--json']);
    expect(documentOf(replaced)).toEqual({ imported: 0, unchanged: 0, replaced: 1 });
  });

  let planId: string;

  test('plans, and shows what and why', async () => {
    const season = file('season.json', smallSeason());
    const shown = await wedscale(['plan', '--season', season]);
    expect(shown.status).toBe(0);
    expect(shown.stdout).toMatch(/^Plan [0-9a-f]{64}\nPeak \d{4}-\d\d-\d\dT/);
    expect(shown.stdout).toMatch(/ecs /);
    expect(shown.stdout).toMatch(/per hour at the costliest step/);
    const [, named] = /wedscale apply --plan ([0-9a-f]{64})\n/.exec(shown.stdout) ?? [];
    expect(shown.stdout).toContain(`Plan ${named}`);
    const json = await wedscale(['plan', '--season', season, '--json']);
    expect(json.status).toBe(0);
    const document = documentOf<{ planId: string; plan: { content: { floors: object[] } } }>(json);
    expect(document.plan.content.floors.length).toBeGreaterThan(0);
    planId = document.planId;
  });

  let runId: string;

  test('applies a plan, follows it, and prints the report', async () => {
    const ended = await wedscale(['apply', '--plan', planId, '--watch', '--json']);
    expect(ended.status).toBe(0);
    const report = documentOf<RunReport>(ended);
    expect([report.status, report.plan?.id]).toEqual(['completed', planId]);
    expect(ended.stderr).toContain(`Run ${report.runId} is accepted.`);
    for (const phase of report.phases) expect(ended.stderr).toContain(phase.name);
    runId = report.runId;
    const watched = await wedscale(['watch', runId]);
    expect(watched.status).toBe(0);
    expect(watched.stdout).toContain(runId);
    expect(watched.stdout).toMatch(/provider-scaling/);
  });

  test('prints where a run stands', async () => {
    const text = await wedscale(['status', runId]);
    expect([text.status, text.stderr]).toEqual([0, '']);
    expect(text.stdout).toMatch(/completed/);
    const document = documentOf<RunReport>(await wedscale(['status', runId, '--json']));
    expect([document.runId, document.status]).toEqual([runId, 'completed']);
  });

  test('explains a floor of the plan in force, of a plan, and of a run', async () => {
    const latest = await wedscale(['why', 'ecs']);
    expect([latest.status, latest.stderr]).toEqual([0, '']);
    expect(latest.stdout).toMatch(/^Answer\necs: at least \d+ units of at most 20 in step 1, /);
    expect(latest.stdout).toMatch(/(gb|fr): [1-3] bookings under way, \d+ users × 1 requests\/s each/);
    expect(latest.stdout).toContain(`Plan ${planId}`);
    expect((await wedscale(['why', 'ecs', '--plan', planId, '--step', '1'])).stdout).toBe(latest.stdout);
    const json = await wedscale(['why', 'ecs', '--run', runId, '--json']);
    expect(documentOf(json)).toMatchObject({ kind: 'floor', planId, targetId: 'ecs', step: 0 });
  });

  test('names the nearest targets where it does not know one', async () => {
    const ended = await wedscale(['why', 'ecs-cuont', '--plan', planId]);
    expect([ended.status, ended.stdout]).toEqual([2, '']);
    expect(ended.stderr).toMatch(/The plan has no target ecs-cuont; the nearest it has: ecs-count, /);
  });

  test('writes a plan as a page, and not over one that is there', async () => {
    const page = join(folder, 'plan.html');
    const written = await wedscale(['plan-page', planId, '--out', page]);
    expect(written).toMatchObject({ status: 0, stdout: `The plan is in ${page}.\n`, stderr: '' });
    expect(readFileSync(page, 'utf8')).toMatch(/^<!doctype html>\n[\s\S]*<h1>Small season<\/h1>/);
    const again = await wedscale(['plan-page', planId, '--out', page]);
    expect(again).toMatchObject({ status: 2, stdout: '' });
    expect(again.stderr).toMatch(/exists already/);
    expect((await wedscale(['plan-page', planId])).stdout).toBe(readFileSync(page, 'utf8'));
  });

  test('starts a run and leaves it to itself where nobody watches', async () => {
    const ended = await wedscale(['apply', '--season', file('again.json', smallSeason())]);
    const [, started] = /^Follow it with: wedscale watch (run_\w+)\n$/.exec(ended.stdout) ?? [];
    expect(ended).toMatchObject({ status: 0, stderr: `Run ${started} is accepted.\n` });
    expect((await service.ended(started ?? '')).status).toBe('completed');
  });

  test('lists runs, newest first, and only those asked for', async () => {
    const all = documentOf<{ runs: readonly { runId: string; kind: string }[] }>(
      await wedscale(['runs', '--json']),
    );
    expect(all.runs.map(({ runId: id }) => id)).toContain(runId);
    const newest = await wedscale(['runs', '--limit', '1', '--status', 'completed']);
    expect(newest).toMatchObject({ status: 0, stderr: '' });
    expect(newest.stdout).toContain(all.runs[0]?.runId);
    expect(newest.stdout).not.toContain(runId);
    expect((await wedscale(['runs', '--kind', 'weddingDay'])).stdout).toBe('No run is listed.\n');
    const wrong = await wedscale(['runs', '--limit', '0', '--status', 'ended']);
    expect([wrong.status, wrong.stderr]).toEqual([2, expect.stringMatching(/limit[\s\S]*status/)]);
  });

  test('hands a decision on, and says where there is nothing to decide', async () => {
    const held = await wedscale(['resolve', runId, 'ecs-count', 'skip']);
    expect(held).toMatchObject({ status: 0, stderr: '' });
    expect(held.stdout).toBe(`ecs-count: skip is handed to the hold of run ${runId}.\n`);
    const unknown = await wedscale(['resolve', runId, 'nobody', 'skip']);
    expect([unknown.status, unknown.stderr]).toEqual([
      2,
      expect.stringMatching(/nobody is nothing that run/),
    ]);
    const wrong = await wedscale(['resolve', runId, 'ecs-count', 'forget']);
    expect([wrong.status, wrong.stderr]).toEqual([2, expect.stringMatching(/accept-drift/)]);
  });

  test('asks for a release', async () => {
    const ended = await wedscale(['release', runId]);
    expect([ended.status, ended.stderr]).toEqual([0, '']);
    expect(ended.stdout).toMatch(/gives back what it holds as its load goes/);
    await service.until(runId, ({ hold }) => hold?.status !== 'holding');
  });

  test('ends with 1 when a run ended otherwise', async () => {
    const tooDear = smallSeason({ costConstraints: { maximumHourlyUsd: 0.01 } });
    const path = file('dear.json', tooDear);
    const applied = await wedscale(['apply', '--season', path, '--watch']);
    expect(applied.status).toBe(1);
    expect(applied.stdout).toMatch(/hourlyBudget/);
    const planned = await wedscale(['plan', '--season', path, '--json']);
    expect(planned.status).toBe(1);
    expect(documentOf(planned)).toMatchObject({ status: 'failed', error: { type: 'InfeasiblePlan' } });
  });

  test('doctors: says that nothing is connected, then what works, then what does not', async () => {
    const nothing = await wedscale(['doctor']);
    expect([nothing.status, nothing.stderr]).toEqual([0, '']);
    expect(nothing.stdout).toMatch(
      /^Overall: unknown\. Nothing has been tested yet\.\nNo provider is connected/,
    );

    const body = { provider: 'aws', name: 'weddings', regions: ['eu-west-1'], credentials: { chain: true } };
    const path = '/api/integrations/scalability/cloud-providers';
    await service.client.request(path, { method: 'POST', body });
    const well = await wedscale(['doctor']);
    expect([well.status, well.stderr]).toEqual([0, '']);
    expect(well.stdout).toMatch(/^Overall: healthy\. Last test \d{4}-/);
    expect(well.stdout).toMatch(/Identity: proven: arn:aws:iam::123456789012:user\/SANDBOX/);
    expect(well.stdout).toMatch(/Environment: sandbox/);
    // All but the right inside of an EKS cluster, which no simulation of IAM knows.
    const [, allowed, all] = /Permissions: (\d+) of (\d+) allowed/.exec(well.stdout) ?? [];
    expect(Number(allowed)).toBe(Number(all) - 1);
    expect(well.stdout).toMatch(/list nodes .*notTested/);
    expect(well.stdout).toMatch(/aws\.ecs .*eu-west-1 .*ok/);
    expect(well.stdout).toMatch(/eu-west-1 .*unread/);

    // The first of its provider is used although something is lacking.
    const { cloudProviders } = await service.client.request<{ cloudProviders: { integrationId: string }[] }>(
      path,
    );
    await service.client.request(`${path}/${cloudProviders[0]?.integrationId}`, { method: 'DELETE' });
    await service.sandboxCall('POST', '/faults', [{ match: { operation: 'UpdateService' }, kind: 'denied' }]);
    await service.client.request(path, { method: 'POST', body });
    const ill = await wedscale(['doctor']);
    await service.sandboxCall('DELETE', '/faults');
    expect([ill.status, ill.stderr]).toEqual([1, '']);
    expect(ill.stdout).toMatch(/^Overall: degraded/);
    expect(ill.stdout).toMatch(/ecs:UpdateService .*denied .*aws\.ecs/);
    const json = await wedscale(['doctor', '--json']);
    expect(json.status).toBe(1);
    expect(documentOf(json)).toMatchObject({
      status: { overallStatus: 'degraded', cloudProviders: [{ provider: 'aws', status: 'degraded' }] },
      cloudProviders: [{ provider: 'aws', success: false, testResult: { environment: 'sandbox' } }],
    });
  });

  test('makes a key for what it is meant for, lists and revokes it', async () => {
    const made = await wedscale([
      'keys',
      'create',
      '--name',
      'board',
      '--scope',
      'integrations:read',
      '--json',
    ]);
    expect([made.status, made.stderr]).toEqual([0, '']);
    const { id, key } = documentOf<{ id: string; key: string }>(made);
    const refused = await wedscale(['status', runId], { WEDSCALE_API_KEY: key });
    expect(refused).toMatchObject({ status: 2, stdout: '' });
    expect(refused.stderr).toMatch(/is not for service/);
    const listed = await wedscale(['keys', 'list']);
    expect(listed.stdout).toMatch(new RegExp(`${id} .*board .*integrations:read`));
    expect(listed.stdout).not.toContain(key);
    expect(await wedscale(['keys', 'revoke', id])).toMatchObject({
      status: 0,
      stdout: `Key ${id} is revoked.\n`,
    });
  });

  test.each<[string, readonly string[], RegExp]>([
    ['no command it knows', ['dance'], /unknown command 'dance'/],
    ['no season', ['plan'], /required option '--season <file>'/],
    ['a file that is not there', ['plan', '--season', '/nowhere.json'], /\/nowhere\.json cannot be read/],
    ['neither season nor plan', ['apply'], /give --season FILE or --plan ID/],
    ['both season and plan', ['apply', '--season', 'x', '--plan', 'y'], /not both/],
    ['bookings of an unknown kind', ['bookings', 'import', 'b.xml'], /ends in one of/],
    ['a run that is not there', ['status', 'run_nothing'], /There is no run run_nothing/],
    ['a run that cannot be cancelled', ['cancel', 'run_nothing'], /There is no run/],
    ['a plan that is not there', ['why', 'ecs', '--plan', '0000'], /There is no plan 0000/],
    ['a page of a plan that is not there', ['plan-page', '0000'], /There is no plan 0000/],
    [
      'both plan and run',
      ['why', 'ecs', '--plan', '0', '--run', 'r'],
      /either --plan ID or --run ID, not both/,
    ],
    ['a step before the first', ['why', 'ecs', '--step', '0'], /--step 0 is no step; the first is 1/],
    ['an address that is none', ['status', 'x', '--url', 'weddings'], /--url weddings must be/],
  ])('ends with 2 and says why for %s', async (_name, args, words) => {
    const ended = await wedscale(args);
    expect([ended.status, ended.stdout]).toEqual([2, '']);
    expect(ended.stderr).toMatch(words);
    expect(ended.stderr).not.toMatch(/\n\s+at /);
  });

  test('ends with 2 for a request that is refused, naming every fault', async () => {
    const faulty = smallSeason({ traffic: { stepPercent: 0 }, season: { markets: ['xx'] } });
    const ended = await wedscale(['apply', '--season', file('faulty.json', faulty)]);
    expect([ended.status, ended.stdout]).toEqual([2, '']);
    expect(ended.stderr).toMatch(/traffic\.stepPercent: /);
    expect(ended.stderr).toMatch(/season\.markets\.0: xx is no market/);
    const broken = await wedscale(['apply', '--season', file('broken.json', '{"season": ')]);
    expect(broken.status).toBe(2);
    expect(broken.stderr).toMatch(/broken\.json is not JSON/);
  });

  test('ends with 2 for a wrong key or none', async () => {
    const wrong = await wedscale(['status', runId], { WEDSCALE_API_KEY: 'wsk_wrong' });
    expect([wrong.status, wrong.stdout]).toEqual([2, '']);
    expect(wrong.stderr).toMatch(/not known or has been revoked/);
    const none = await wedscale(['status', runId], { WEDSCALE_API_KEY: '' });
    expect(none.status).toBe(2);
    const keyFile = file('key', `${service.api.key}\n`);
    const fromFile = await wedscale(['status', runId, '--key-file', keyFile], {
      WEDSCALE_API_KEY: 'wsk_wrong',
    });
    expect(fromFile.status).toBe(0);
  });

  test('ends with 3 when nobody answers', async () => {
    const ended = await wedscale(['status', runId], { WEDSCALE_API_URL: 'http://127.0.0.1:1' });
    expect([ended.status, ended.stdout]).toEqual([3, '']);
    expect(ended.stderr).toMatch(/cannot be reached .*npm start/);
  });

  test('explains itself', async () => {
    const ended = await wedscale(['--help']);
    expect([ended.status, ended.stderr]).toEqual([0, '']);
    for (const word of ['plan', 'apply', 'watch', 'release', 'Exit status: 0 done']) {
      expect(ended.stdout).toContain(word);
    }
  });
});
