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
