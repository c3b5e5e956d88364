import { expect, test } from '@jest/globals';
import type { ProviderId } from '../../../../domain/providers.ts';
import { latencyFit, roundTrip, roundTripMs } from '../../../../domain/tables/latency.ts';

test('every zone a person can name is known, and what is no place is null', () => {
  const unknown = Intl.supportedValuesOf('timeZone').filter((zone) => !roundTrip(zone, 'aws', 'eu-west-1'));
  expect(unknown.filter((zone) => !/^(UTC|Etc\/)/.test(zone))).toEqual([]);
  expect(roundTripMs('Etc/UTC', 'aws', 'eu-west-1')).toBeNull();
  expect(roundTripMs('Europe/Paris', 'aws', 'nowhere')).toBeNull();
  expect(roundTripMs('Europe/Paris', 'kubernetes', 'eu-west-1')).toBeNull();
});

test('another name of a zone is the same place', () => {
  expect(roundTrip('Asia/Calcutta', 'gcp', 'asia-south1')).toEqual(
    roundTrip('Asia/Kolkata', 'gcp', 'asia-south1'),
  );
});

test('how a round trip is known is said of each', () => {
  expect(roundTrip('America/New_York', 'azure', 'eastus')?.basis).toBe('measured');
  expect(roundTrip('Europe/London', 'aws', 'me-south-1')?.basis).toBe('nearby');
  expect(roundTrip('Pacific/Fiji', 'aws', 'ap-southeast-2')?.basis).toBe('distance');
});

test.each<[string, readonly [ProviderId, string], readonly [ProviderId, string]]>([
  ['Europe/London', ['aws', 'eu-west-2'], ['aws', 'us-east-1']],
  ['America/New_York', ['gcp', 'us-east4'], ['gcp', 'us-west1']],
  ['Asia/Kolkata', ['azure', 'centralindia'], ['azure', 'japaneast']],
  ['Asia/Tokyo', ['aws', 'ap-northeast-1'], ['aws', 'ap-south-1']],
  ['Australia/Sydney', ['gcp', 'australia-southeast1'], ['gcp', 'asia-southeast1']],
  ['America/Sao_Paulo', ['aws', 'sa-east-1'], ['aws', 'us-east-1']],
])('guests of %s are nearer to %s than to %s', (zone, near, far) => {
  const [nearMs, farMs] = [roundTripMs(zone, ...near), roundTripMs(zone, ...far)];
  expect(nearMs).not.toBeNull();
  expect(nearMs).toBeLessThan(farMs ?? 0);
});

test('regions of one city have one round trip', () => {
  const london: readonly (readonly [ProviderId, string])[] = [
    ['aws', 'eu-west-2'],
    ['azure', 'uksouth'],
    ['gcp', 'europe-west2'],
  ];
  expect(new Set(london.map((region) => roundTripMs('Europe/Dublin', ...region))).size).toBe(1);
});

test('the line is slower than light in fibre, and its error is said', () => {
  const { distance, errors } = latencyFit();
  expect(distance.msPerKm).toBeGreaterThan(0.01);
  expect(distance.msPerKm).toBeLessThan(0.025);
  expect(errors.nearby.medianShare).toBeLessThan(errors.distance.medianShare);
  expect(errors.distance.pairs).toBeGreaterThan(10_000);
});
