import { expect, test } from '@jest/globals';
import { scaleLowerBoundMs } from '../../../bench/scale-calls.ts';
import { scaleFleet } from '../../../bench/scale-fleet.ts';
import { parseFleet } from '../../../domain/schemas/fleet.ts';

test.each([300, 1_200])('%i targets are a fleet that the product takes', (targets) => {
  const fleet = scaleFleet(targets);
  expect(parseFleet(fleet)).toMatchObject({ ok: true });
  expect(fleet.targets).toHaveLength(targets);
});

test('targets are spread evenly over the six services, and each service over the regions', () => {
  const { targets } = scaleFleet(1_200);
  const counts = [...Map.groupBy(targets, ({ service }) => service).values()].map(({ length }) => length);
  expect(counts).toEqual([200, 200, 200, 200, 200, 200]);
  const cells = [...Map.groupBy(targets, ({ service, region }) => `${service} ${region}`).values()];
  expect(cells).toHaveLength(18);
  for (const { length } of cells) expect([66, 67]).toContain(length);
});

test('half of the ECS services of each region are autoscaled', () => {
  const ecs = scaleFleet(1_200).targets.filter(({ service }) => service === 'aws.ecs');
  const autoscaled = Map.groupBy(
    ecs.filter((target) => target.autoscaled),
    ({ region }) => region,
  );
  expect([...autoscaled.values()].map(({ length }) => length)).toEqual([34, 34, 33]);
});

// RDS provisions for 600 s and EKS for 240 s, of which the bench keeps a sixtieth; EKS takes 20 writes at once and 5 a second.
test.each([
  ['few targets wait for the longest provisioning only', 300, 10_000],
  ['many targets wait for the 67th write of EKS in a region', 1_200, ((67 - 20) / 5) * 1_000 + 4_000],
])('%s', (_what, targets, ms) => {
  expect(scaleLowerBoundMs(scaleFleet(targets).targets)).toBeCloseTo(ms, 6);
});
