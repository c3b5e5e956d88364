import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { resolveRelativeDates } from '../../../domain/calendar.ts';
import type { Fleet, ScalingTarget } from '../../../domain/fleet.ts';
import { startService, type TestService } from '../../support/service.ts';
import { bookingsOn, smallFleet, smallSeason } from '../../support/small-fleet.ts';

/** So many ECS services more, cheaper than all others, so that each of them is raised. */
const MORE = 40;

/** The small fleet with so many services of one region that its limits are felt. */
function crowdedFleet(): Fleet {
  return smallFleet((fleet) => {
    const ecs = fleet.targets.find((target) => target.id === 'ecs-count') as ScalingTarget;
    const more = Array.from({ length: MORE }, (_, n) => ({
      ...ecs,
      id: `ecs-${n}`,
      reference: { cluster: 'weddings', service: `more-${n}` },
      hourlyUsdPerUnit: 0.01,
      maximumUnits: 4,
      critical: true,
    }));
    // Of four health checks at once a tenth would be none at all.
    return { ...fleet, recordSets: [], targets: [...fleet.targets, ...more] };
  });
}

let service: TestService;
beforeAll(async () => {
  // Slow enough that limits matter: at a hundred times the pace hardly a bucket runs dry.
  service = await startService({ fleet: crowdedFleet(), timeScale: 20, instant: true });
  const body = [...bookingsOn([3], 'gb', 100, 8), ...bookingsOn([3], 'fr', 100, 8)];
  await service.client.request('/api/bookings', { method: 'POST', body });
});
afterAll(() => service?.stop());

test('a season completes though its vendors have cut their limits to a tenth unannounced, and says how it was paced', async () => {
  await service.sandboxCall('POST', '/limits', { factor: 0.1 });
  const performanceRequirements = { settleDeadlineMinutes: 1_000 };
  const season = resolveRelativeDates(smallSeason({ performanceRequirements }), Date.now());
  const report = await service.ended(await service.start('/api/scaling/seasons', season), 100_000);
  expect(report.error).toBeUndefined();
  expect(report.status).toBe('completed');
  const raised = report.cells.flatMap((cell) => cell.services).filter(({ from, to }) => to > (from ?? 0));
  expect(raised.length).toBeGreaterThan(MORE);
  for (const one of raised) expect(one.observed).toBeGreaterThanOrEqual(one.to);

  const { requests } = (await service.sandboxCall('GET', '/requests')) as { requests: readonly Counted[] };
  const throttled = requests.filter(({ vendor, status }) => vendor === 'aws' && status === 400);
  expect(throttled.length).toBeGreaterThan(0);

  const metrics = await fetch(new URL('/metrics', service.api.url)).then((response) => response.text());
  expect(sumOf(metrics, 'wedscale_limiter_reserved_total')).toBeGreaterThan(MORE);
  expect(sumOf(metrics, 'wedscale_limiter_throttled_total')).toBeGreaterThan(0);
  expect(metrics).toMatch(/^wedscale_circuit_state\{provider="aws",region="eu-west-1",api="ECS"\} 0$/m);
}, 150_000);

interface Counted {
  readonly vendor: string;
  readonly operation: string;
  readonly status: number;
}

function sumOf(metrics: string, name: string): number {
  const values = [...metrics.matchAll(new RegExp(`^${name}\\{[^}]*\\} (\\S+)$`, 'gm'))];
  return values.reduce((sum, [, value]) => sum + Number(value), 0);
}
