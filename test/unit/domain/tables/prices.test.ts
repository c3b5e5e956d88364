import { expect, test } from '@jest/globals';
import { crossZoneUsdPerGb, egressTiers, egressUsdPerGb } from '../../../../domain/tables/egress.ts';
import { cachePrice, databasePrice, instancePrice, instanceShape } from '../../../../domain/tables/prices.ts';
import { spotInterruption } from '../../../../domain/tables/spot-interruption.ts';

test.each([
  ['aws', 'eu-west-1', 'm6i.large', 0.107, '2025-04-05'],
  ['azure', 'westeurope', 'Standard_D2s_v5', 0.115, '2026-05-20'],
  ['gcp', 'europe-west1', 'e2-standard-2', 0.07370468, '2026-08-03'],
] as const)('%s %s %s has a price with its day and source', (provider, region, type, usd, asOf) => {
  const price = instancePrice(provider, region, type);
  expect(price).toMatchObject({ onDemandUsdPerHour: expect.closeTo(usd, 3), asOf });
  expect(price?.source).toContain('@');
  expect(price?.spotUsdPerHour).toBeLessThan(usd);
});

test('a spot price that is unknown is null and not a number', () => {
  expect(instancePrice('azure', 'westeurope', 'Standard_B2s')?.spotUsdPerHour).toBeNull();
});

test('managed databases and caches are priced by engine', () => {
  expect(databasePrice('aws', 'eu-west-1', 'postgres', 'db.r6g.large')).toMatchObject({
    singleZoneUsdPerHour: expect.closeTo(0.25, 1),
    multiZoneUsdPerHour: expect.closeTo(0.5, 1),
    asOf: '2024-08-09',
  });
  expect(databasePrice('aws', 'eu-west-1', 'aurora-mysql', 'db.r6g.large')?.multiZoneUsdPerHour).toBeNull();
  expect(cachePrice('aws', 'eu-west-1', 'redis', 'cache.r6g.large')?.usdPerHour).toBeCloseTo(0.228, 2);
});

test('what is not in a table is null, whatever is asked for', () => {
  expect(instancePrice('aws', 'eu-west-1', 'm6i.metal')).toBeNull();
  expect(instancePrice('aws', 'nowhere', 'm6i.large')).toBeNull();
  expect(instancePrice('kubernetes', 'eu-west-1', 'm6i.large')).toBeNull();
  expect(instanceShape('gcp', 'm6i.large')).toBeNull();
  expect(databasePrice('gcp', 'europe-west1', 'postgres', 'db.r6g.large')).toBeNull();
  expect(cachePrice('aws', 'eu-west-1', 'valkey', 'cache.r6g.large')).toBeNull();
  expect(egressUsdPerGb('aws', 'nowhere')).toBeNull();
  expect(egressTiers('kubernetes', 'eu-west-1')).toBeNull();
  expect(crossZoneUsdPerGb('azure', 'westeurope')).toBeNull();
  expect(spotInterruption('gcp', 'europe-west1', 'e2-standard-2')).toBeNull();
});

test('egress is the first tier that costs anything, and every tier ascends', () => {
  expect(egressUsdPerGb('aws', 'us-east-1')).toBe(0.09);
  expect(egressTiers('azure', 'westeurope')?.map(({ fromGbPerMonth }) => fromGbPerMonth)).toEqual([
    100, 10_100, 50_100, 150_100,
  ]);
  expect(crossZoneUsdPerGb('aws', 'us-east-1')).toBe(0.02);
});

test('interruption is a band of per cent a month', () => {
  expect(spotInterruption('aws', 'af-south-1', 't4g.medium')).toEqual({ fromPercent: 20, untilPercent: 100 });
});
