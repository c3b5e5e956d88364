import { describe, expect, test } from '@jest/globals';
import type { PlanContent } from '../../../domain/plan.ts';
import { foldReport, type ReportEntry, type ReportSources } from '../../../domain/report-fold.ts';
import { smallFleet } from '../../support/small-fleet.ts';

const [ecs, count] = smallFleet().targets;
if (!ecs || !count) throw new Error('the small fleet has two targets');

const content = {
  steps: [{ step: 0, fromMs: 0, untilMs: 1_000, hoursMs: [] }],
  floors: [
    { targetId: 'ecs', step: 0, floorUnits: 10 },
    { targetId: 'ecs-count', step: 0, floorUnits: 6 },
  ],
  cost: { hourlyUsdBefore: 1, hourlyUsdAfter: 2, seasonUsd: 3, priceDate: '2026-01-01' },
  peak: { text: 'peak' },
} as unknown as PlanContent;

let atMs = 0;
const entry = (kind: string, key: string, body: object): ReportEntry => {
  atMs += 10;
  return { atMs, kind, key, body: body as ReportEntry['body'] };
};
const claim = (key: string, before: number) =>
  entry('claim', key, { step: 0, seen: { kind: 'range', minimumUnits: before, maximumUnits: 20 } });

function report(entries: readonly ReportEntry[], changes: Partial<ReportSources> = {}) {
  return foldReport({
    run: {
      id: 'run_1',
      workflowId: 'wf_1',
      kind: 'season',
      dryRun: false,
      status: 'running',
      holdStatus: null,
      error: null,
      createdAtMs: 0,
      finishedAtMs: 10_000,
      endsAtMs: 99_000,
    },
    entries,
    plan: { id: 'p', content },
    targets: new Map([
      ['ecs', ecs as NonNullable<typeof ecs>],
      ['ecs-count', count as NonNullable<typeof count>],
    ]),
    live: { ecs: { floorUnits: 2, servingUnits: 3 }, 'ecs-count': { floorUnits: 2, servingUnits: null } },
    claims: [],
    effectiveFloors: new Map(),
    nextStepAtMs: null,
    environment: 'sandbox',
    links: { api: 'http://api', webUi: null },
    nowMs: 10_000,
    ...changes,
  });
}
const serviceOf = (entries: readonly ReportEntry[], changes?: Partial<ReportSources>) =>
  report(entries, changes).cells[0]?.services.find((service) => service.targetId === 'ecs');

const fallback = (servingUnits: number | null) =>
  entry('fallback', 'ecs', {
    step: 0,
    floorUnits: 10,
    keptUnits: 4,
    servingUnits,
    kind: 'InsufficientCapacity',
    message: 'no room',
    planId: 'p2',
    generation: 2,
    standIns: [{ targetId: 'ecs-count', floorUnits: 12 }],
    hourlyUsdAfter: 3,
    approvedBy: null,
  });

test('a fallback says who ran short, what it keeps and who stands in', () => {
  expect(report([fallback(5)]).fallbacks).toEqual([
    {
      targetId: 'ecs',
      step: 0,
      from: 10,
      to: 4,
      error: { kind: 'InsufficientCapacity', message: 'no room' },
      standIns: [{ targetId: 'ecs-count', to: 12 }],
      planId: 'p2',
      generation: 2,
      hourlyUsdAfter: 3,
      approvedBy: null,
    },
  ]);
});

test('waiting for consent to a fallback is neither our time nor the vendor’s', () => {
  const asked = entry('attention', 'p2', { topic: 'approval', message: 'may it?' });
  const waited = (answers: readonly ReportEntry[]) => report([asked, ...answers]).ownMs;
  const none = report([]).ownMs;
  expect(waited([])).toBe(asked.atMs);
  const answer = { ...entry('approval', 'p2', {}), atMs: asked.atMs + 400 };
  expect(waited([answer])).toBe(none - 400);
});

describe('a service of a report', () => {
  test('that others stand in for has settled for what it keeps, and is no failure any more', () => {
    const short = entry('unreachable', 'ecs', { kind: 'InsufficientCapacity', message: 'no room' });
    const found = serviceOf([claim('ecs', 4), short, fallback(5)]);
    expect(found).toMatchObject({ status: 'settled', observed: 5 });
    expect(found?.error).toBeUndefined();
  });

  test('that is only planned says what the planner read, and observed nothing', () => {
    expect(serviceOf([])).toMatchObject({ from: 2, to: 10, observed: null, status: 'planned' });
  });

  test('that settled says what was there before the claim and what then served', () => {
    const settled = entry('settled', 'ecs', { step: 0, servingUnits: 11, floorUnits: 10 });
    expect(serviceOf([claim('ecs', 4), settled])).toMatchObject({
      from: 4,
      to: 10,
      observed: 11,
      status: 'settled',
    });
  });

  test('whose write was accepted is applied', () => {
    const claims = [{ targetId: 'ecs', step: 0, accepted: true }];
    expect(serviceOf([claim('ecs', 4)], { claims })?.status).toBe('applied');
  });

  test('that failed says what served, not what was asked', () => {
    const failed = entry('service.failed', 'ecs', {
      kind: 'SettleDeadline',
      message: 'late',
      servingUnits: 6,
    });
    expect(serviceOf([claim('ecs', 4), failed])).toMatchObject({
      observed: 6,
      status: 'failed',
      error: { kind: 'SettleDeadline', message: 'late' },
    });
    const undone = entry('service.undone', 'ecs', { restored: true });
    expect(serviceOf([claim('ecs', 4), failed, undone])?.status).toBe('undone');
  });
});

test('a cell whose serving units the vendor did not say claims no performance before', () => {
  expect(report([]).cells[0]?.performance.before).toEqual({});
});

test('waiting for approval is in neither our time nor the vendors’', () => {
  const asked: ReportEntry = {
    atMs: 1_000,
    kind: 'run.status',
    key: '',
    body: { status: 'awaitingApproval' },
  };
  const given: ReportEntry = { atMs: 9_000, kind: 'run.status', key: '', body: { status: 'running' } };
  expect(report([asked, given])).toMatchObject({ executionTimeMs: 10_000, ownMs: 2_000, vendorMs: 0 });
});

test('what was given back after the notice remains no longer', () => {
  const residual = [{ resource: 'ecs', reason: 'slow' }];
  const entries = [entry('rollback', '', { undone: ['ecs-count'], kept: [], residual })];
  expect(report(entries).rollback).toEqual({ undone: ['ecs-count'], kept: [], residual });
  entries.push(entry('service.undone', 'ecs', { restored: true }));
  expect(report(entries).rollback).toEqual({ undone: ['ecs-count', 'ecs'], kept: [], residual: [] });
});
