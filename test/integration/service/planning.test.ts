import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { resolveRelativeDates } from '../../../domain/calendar.ts';
import { contentHash } from '../../../domain/canonical.ts';
import type { Infeasibility, PlanContent } from '../../../domain/plan.ts';
import type { RunReport } from '../../../domain/report.ts';
import { startService, type TestService } from '../../support/service.ts';
import { bookingsOn, smallFleet, smallSeason } from '../../support/small-fleet.ts';

const SEASONS = '/api/scaling/seasons';
const DRY = `${SEASONS}?dryRun=true`;

let service: TestService;

beforeAll(async () => {
  const fleet = smallFleet((small) => ({
    ...small,
    targets: small.targets.map((target) => ({ ...target, maximumUnits: 200 })),
  }));
  service = await startService({ fleet, instant: true });
  await book([...bookingsOn([3], 'gb', 100, 3), ...bookingsOn([3], 'fr', 100, 2)]);
});
afterAll(() => service?.stop());

function book(body: readonly object[]): Promise<unknown> {
  return service.client.request('/api/bookings', { method: 'POST', body });
}

/** Two dry runs must be for the same instants, so the dates are resolved once. */
function season(change: Readonly<Record<string, unknown>> = {}): unknown {
  return resolveRelativeDates(smallSeason(change), Date.now());
}

/** Changes that somebody made; what an autoscaler does by itself is none. */
async function changes(): Promise<number> {
  return (await service.control.ledger()).filter(({ caller }) => caller !== 'autoscaler').length;
}

async function run(path: string, body: unknown): Promise<RunReport> {
  return service.ended(await service.start(path, body));
}

function statusesOf(report: RunReport): readonly string[] {
  return report.phases.map((phase) => phase.status);
}

describe('a season that no plan can serve', () => {
  test.each<[string, Readonly<Record<string, unknown>>, Infeasibility['constraint'], RegExp]>([
    [
      'a region that breaks residency',
      { targets: ['ecs'], complianceRequirements: { excludedRegions: ['eu-west-1'] } },
      'residency',
      /residency: ecs is in eu-west-1, which may not carry market gb/,
    ],
    [
      'an hourly budget too small',
      { costConstraints: { maximumHourlyUsd: 0.5 } },
      'hourlyBudget',
      /hourlyBudget: the plan costs [\d.]+ USD\/h, [\d.]+ more than/,
    ],
    [
      'a season budget too small',
      { costConstraints: { maximumSeasonUsd: 1 } },
      'seasonBudget',
      /seasonBudget: the plan adds [\d.,]+ USD over the window, [\d.,]+ more than/,
    ],
    [
      'a maximum too low',
      { targets: ['mig'], performanceTargets: { utilizationPercent: 10 } },
      'maximumUnits',
      /maximumUnits: nobody can carry [\d.]+ requests\/s of api for market/,
    ],
    [
      'too small a share for one provider',
      { providers: ['aws'], performanceRequirements: { maximumProviderSharePercent: 40 } },
      'providerShare',
      /providerShare: .* left over with at most 40 % on one provider/,
    ],
  ])('fails in words, by how much, and changes nothing: %s', async (_name, change, constraint, words) => {
    const before = await changes();
    const report = await run(SEASONS, season(change));
    expect(report.status).toBe('failed');
    expect(report.error?.type).toBe('InfeasiblePlan');
    expect(report.error?.message).toMatch(words);
    const faults = report.error?.details as readonly Infeasibility[];
    expect(faults.map((fault) => fault.constraint)).toContain(constraint);
    for (const fault of faults) expect(fault.shortfall).toBeGreaterThan(0);
    expect(statusesOf(report).slice(0, 3)).toEqual(['completed', 'completed', 'failed']);
    expect(report.hold).toBeNull();
    expect(await changes()).toBe(before);
  });

  test('says the shortfall of a budget exactly', async () => {
    const body = season();
    const { plan } = await run(DRY, body);
    const costs = plan?.hourlyUsdAfter ?? 0;
    const report = await run(SEASONS, season({ costConstraints: { maximumHourlyUsd: costs - 0.25 } }));
    const faults = (report.error?.details ?? []) as readonly Infeasibility[];
    expect(faults).toHaveLength(1);
    expect(faults[0]?.shortfall).toBeCloseTo(0.25, 6);
    const kept = await run(DRY, season({ costConstraints: { maximumHourlyUsd: costs } }));
    expect(kept.status).toBe('completed');
  });
});

describe('a dry run', () => {
  test('stores its plan under the hash of its content and changes nothing', async () => {
    const before = await changes();
    const report = await run(DRY, season({ costConstraints: { approvalAboveHourlyUsd: 0 } }));
    expect([report.status, report.dryRun, report.hold]).toEqual(['completed', true, null]);
    expect(statusesOf(report)).toEqual([...Array(3).fill('completed'), ...Array(4).fill('pending')]);
    const id = report.plan?.id ?? '';
    const stored = await service.client.request<{ id: string; content: PlanContent }>(`/api/plans/${id}`);
    expect(stored.id).toBe(contentHash(stored.content));
    expect(stored.content.floors.length).toBeGreaterThan(0);
    expect(await changes()).toBe(before);
  });

  test('gives a plan that is applied exactly as it is', async () => {
    const planned = await run(DRY, season());
    const planId = planned.plan?.id ?? '';
    const { content } = await service.client.request<{ content: PlanContent }>(`/api/plans/${planId}`);
    const report = await run(SEASONS, { planId });
    expect(report.error).toBeUndefined();
    expect(report.status).toBe('completed');
    expect(report.plan?.id).toBe(planId);
    const applied = report.cells.flatMap((cell) => cell.services.map(({ targetId, to }) => [targetId, to]));
    const floors = content.floors.map(({ targetId, floorUnits }) => [targetId, floorUnits]);
    expect(applied.toSorted()).toEqual(floors.toSorted());
    expect(await changes()).toBeGreaterThan(0);
  });

  test('gives a plan that is refused once the bookings have changed', async () => {
    const planned = await run(DRY, season());
    await book(bookingsOn([4], 'gb', 10));
    const before = await changes();
    const report = await run(SEASONS, { planId: planned.plan?.id });
    expect([report.status, report.error?.type]).toEqual(['failed', 'PlanOutdated']);
    expect(report.error?.message).toMatch(/bookings changed since plan/);
    expect(await changes()).toBe(before);
  });

  test('gives a plan that the other route does not take', async () => {
    const planned = await run(DRY, season());
    const asked = service.start('/api/scaling/wedding-days', { planId: planned.plan?.id });
    await expect(asked).rejects.toMatchObject({ status: 409 });
    const unknown = service.start(SEASONS, { planId: 'f'.repeat(64) });
    await expect(unknown).rejects.toMatchObject({ status: 404 });
  });
});

describe('a plan above the cost a person has to approve', () => {
  const asking = (change: Readonly<Record<string, unknown>> = {}) =>
    season({ costConstraints: { approvalAboveHourlyUsd: 0, ...change } });
  const waiting = (runId: string, except?: string) =>
    service.until(runId, ({ status, plan }) => status === 'awaitingApproval' && plan?.id !== except);
  const approve = (runId: string, planId: string) =>
    service.client.request(`/api/runs/${runId}/approve`, { method: 'POST', body: { planId } });
  // The same peak grows each time, so that a plan adds to what the runs before left in force. The day is that of
  // the first bookings: service time runs fast, and three days from its now would soon be another.
  const startsAt = `${new Date(Date.now() + 3 * 86_400_000).toISOString().slice(0, 10)}T15:00`;
  let weddings = 0;
  const moreBookings = () =>
    book(bookingsOn([3], 'fr', 100).map((booking) => ({ ...booking, startsAt, id: `more-${weddings++}` })));

  test('waits, takes consent to exactly this plan only, and then completes', async () => {
    await moreBookings();
    const before = await changes();
    const runId = await service.start(SEASONS, asking());
    const { plan } = await waiting(runId);
    expect(await changes()).toBe(before);
    await expect(approve(runId, 'f'.repeat(64))).rejects.toMatchObject({
      status: 409,
      message: expect.stringContaining(`waits for approval of plan ${plan?.id}`),
    });
    await expect(
      service.client.request(`/api/runs/${runId}/approve`, { method: 'POST', body: {} }),
    ).rejects.toMatchObject({ status: 400 });
    expect((await service.report(runId)).status).toBe('awaitingApproval');
    await approve(runId, plan?.id ?? '');
    const report = await service.ended(runId);
    expect([report.status, report.plan?.id]).toEqual(['completed', plan?.id]);
    await expect(approve(runId, plan?.id ?? '')).rejects.toMatchObject({ status: 409 });
  });

  test('is planned and asked for again when its bookings changed while it waited', async () => {
    await moreBookings();
    const runId = await service.start(SEASONS, asking());
    const { plan: first } = await waiting(runId);
    await moreBookings();
    await approve(runId, first?.id ?? '');
    const { plan: second } = await waiting(runId, first?.id);
    await approve(runId, second?.id ?? '');
    const report = await service.ended(runId);
    expect([report.status, report.plan?.id]).toEqual(['completed', second?.id]);
  });

  test('fails with ApprovalExpired when nobody approves it in time, and changes nothing', async () => {
    await moreBookings();
    const before = await changes();
    const runId = await service.start(SEASONS, asking({ approvalExpiresAfterMinutes: 10 }));
    const report = await service.ended(runId);
    expect([report.status, report.error?.type]).toEqual(['failed', 'ApprovalExpired']);
    expect(report.hold).toBeNull();
    expect(await changes()).toBe(before);
  });

  test('can be cancelled while it waits, and changes nothing', async () => {
    await moreBookings();
    const before = await changes();
    const runId = await service.start(SEASONS, asking());
    await waiting(runId);
    await service.client.request(`/api/runs/${runId}/cancel`, { method: 'POST' });
    expect((await service.ended(runId)).status).toBe('cancelled');
    expect(await changes()).toBe(before);
  });
});

describe('a season that a quota of a vendor has no room for', () => {
  const FARGATE = { region: 'eu-west-1', service: 'fargate', code: 'L-3032A538' };
  const allow = (limit: number) =>
    service.sandboxCall('PATCH', '/world', { quotas: [{ ...FARGATE, limit }] });
  /** More units than the runs before left in force, so that a plan adds some; where no other provider could take them. */
  const growing = () => season({ providers: ['aws'], performanceTargets: { utilizationPercent: 30 } });
  const fault = (rule: object) => service.sandboxCall('POST', '/faults', rule);

  afterEach(() => service.sandboxCall('DELETE', '/faults'));
  afterAll(() => allow(10_000));

  test('is refused before anything is touched, with the name of the quota and the request to file', async () => {
    const before = await changes();
    await allow(1);
    const report = await run(SEASONS, growing());
    expect([report.status, report.error?.type]).toEqual(['failed', 'InfeasiblePlan']);
    const [refused, ...more] = (report.error?.details ?? []) as readonly Infeasibility[];
    expect(more).toEqual([]);
    expect(refused).toMatchObject({
      constraint: 'quota',
      unit: 'vCPU',
      quota: { code: 'L-3032A538', region: 'eu-west-1', limit: 1, used: expect.any(Number) },
    });
    const { used = 0, needed = 0, desired = 0 } = refused?.quota ?? {};
    expect(needed).toBeGreaterThan(0);
    expect(refused?.shortfall).toBeCloseTo(used + needed - 1, 6);
    expect(report.error?.message).toContain(
      `aws service-quotas request-service-quota-increase --service-code fargate --quota-code L-3032A538 --desired-value ${desired} --region eu-west-1`,
    );
    expect(statusesOf(report).slice(0, 3)).toEqual(['completed', 'completed', 'failed']);
    expect(report.hold).toBeNull();
    expect(await changes()).toBe(before);
    await allow(desired);
    expect((await run(DRY, growing())).status).toBe('completed');
  });

  test('is planned without a quota that the vendor refuses to tell, and says so', async () => {
    await allow(1);
    await fault({ match: { operation: 'GetServiceQuota' }, kind: 'denied' });
    const report = await run(DRY, growing());
    expect(report.status).toBe('completed');
    const said = expect.stringMatching(/^quotas of aws\.ecs in eu-west-1 could not be read: /);
    const unread = [{ service: 'aws.ecs', region: 'eu-west-1', reason: said }];
    expect(report.regionalRequirements).toMatchObject({ quotas: { read: 0, unread } });
    const path = `/api/plans/${report.plan?.id}`;
    const { content } = await service.client.request<{ content: PlanContent }>(path);
    expect(content.unreadQuotas).toEqual([said]);
  });

  test('waits for a quota that cannot be read for a moment, and is refused by it then', async () => {
    await allow(1);
    await fault({ match: { operation: 'GetServiceQuota' }, kind: 'serverError', times: 2 });
    const report = await run(DRY, growing());
    expect(report.error?.details).toMatchObject([{ constraint: 'quota' }]);
  });
});
