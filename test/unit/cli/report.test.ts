import { renderReport } from '../../../cli/render/report.ts';
import type { RunReport } from '../../../domain/report.ts';

const REPORT: RunReport = {
  runId: 'run_1',
  workflowId: 'season/run_1',
  kind: 'season',
  dryRun: false,
  environment: 'sandbox',
  status: 'completed',
  hold: null,
  executionTimeMs: 1000,
  ownMs: 500,
  vendorMs: 500,
  phases: [],
  weddingDistribution: null,
  regionalRequirements: null,
  plan: null,
  cells: [],
  routing: [],
  monitoring: [],
  health: [],
  fallbacks: [],
  attention: [],
  links: { api: 'http://127.0.0.1:8080/api/runs/run_1', webUi: null },
};

function rendered(change: Partial<RunReport>): string {
  let text = '';
  renderReport({ ...REPORT, ...change }, { write: (part: string) => (text += part) });
  return text;
}

test('a health check with many weights is read in a terminal, by name and not as JSON', () => {
  const regions = Array.from({ length: 14 }, (_, n) => [`azure-southeast-asia-${n}`, 10 * n]);
  const detail = `weights ${JSON.stringify(Object.fromEntries(regions))}`;
  const text = rendered({ health: [{ check: 'api.weddings.example.com', status: 'passed', detail }] });
  expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(120);
  expect(text).toContain('azure-southeast-asia-2 20, azure-southeast-asia-3 30');
  expect(text).not.toContain('{');
});

test('a long reason is wrapped, and what needs a person stands in the report', () => {
  const reason = 'the vendor refused the change because another operation is under way '.repeat(4);
  const text = rendered({
    status: 'needsHuman',
    rollback: { undone: [], kept: [], residual: [{ resource: 'ecs', reason }] },
    attention: [{ resource: 'ecs', message: reason, at: '2027-06-05T14:00:00.000Z' }],
  });
  expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(120);
  expect(text).toMatch(/Needs a person\n[\s\S]*ecs[\s\S]*2027-06-05 14:00 UTC/);
});

describe('hindsight', () => {
  const forecast = {
    hours: 60,
    unobservedHours: 0,
    days: 5,
    expectedMean: 100,
    observedMean: 150,
    bias: 1.5,
    quantiles: [0.5, 0.95],
    pinball: 10,
    coverage: { quantile: 0.95, share: 0.8 },
    lesson: { level: 1.5, spread: 2 },
  };
  const capacity = {
    hours: 160,
    unobservedHours: 8,
    unservedShare: 0.0125,
    idleShare: 0.4,
    plannedUsd: 200,
    idleUsd: 80,
    unservedUsd: 30,
    perfectUsd: 120,
    regretUsd: 110,
  };
  const scored = {
    workload: 'api',
    unit: 'requests',
    markets: ['gb', 'fr'],
    source: 'targets',
    status: 'scored',
  };
  const times = { from: '2027-06-01T00:00:00Z', until: '2027-06-08T00:00:00Z', at: '2027-06-08T00:01:00Z' };
  const rows = [{ ...scored, forecast, capacity }] as NonNullable<RunReport['hindsight']>[number]['rows'];

  test('is a short block of the last step until the whole plan is over', () => {
    const steps = [0, 1].map((step) => ({ step, ...times, rows }));
    expect(rendered({ hindsight: steps })).toContain('Hindsight, step 1, 2027-06-01 00:00 UTC');
    const text = rendered({ hindsight: [...steps, { step: null, ...times, rows }] });
    expect(text).toContain('Hindsight, whole plan');
    expect(text).not.toContain('step 1,');
    expect(text).toMatch(/api.*gb, fr.*150 %.*80 % of 95 %.*1\.25 %.*40 %.*\$80\.00.*\$110\.00/);
    expect(text).toContain('api of gb, fr: 8 of 168 hours were not reported.');
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(120);
  });

  test('says why where nothing was scored, and is absent before a step is over', () => {
    const silent = { ...scored, status: 'notScored', reason: 'no load was reported of ecs' } as const;
    const text = rendered({ hindsight: [{ step: null, ...times, rows: [silent as (typeof rows)[number]] }] });
    expect(text).toContain('Not scored: api of gb, fr: no load was reported of ecs.');
    const released = { step: null, ...times, rows: [], reason: 'capacity was given back before' };
    expect(rendered({ hindsight: [released] })).toContain('Not scored: capacity was given back before.');
    expect(rendered({})).not.toContain('Hindsight');
  });
});
