import { deepStrictEqual, equal } from 'node:assert/strict';
import {
  ChangeResourceRecordSetsCommand,
  CreateHostedZoneCommand,
  ListResourceRecordSetsCommand,
  Route53Client,
} from '@aws-sdk/client-route-53';
import { UNGUARDED } from '../../../activities/calls/call-guard.ts';
import { createRoute53Router } from '../../../activities/routers/route-53.ts';
import type { RecordSet } from '../../../domain/fleet.ts';
import type { RecordState, TrafficRouter, Weights } from '../../../domain/scaler.ts';
import type { Matrix } from '../matrix.ts';
import { refusedAs } from '../scaler-moves.ts';

const SERVICE = 'aws.route53';
const NAME = 'gallery.example.org';
const VALUES: Readonly<Record<string, string>> = {
  dublin: '192.0.2.1',
  ghent: '192.0.2.2',
  'another team': '192.0.2.3',
};
const BEFORE = { dublin: 100, ghent: 0 };

/** Weighted records of a zone in moto, moved by the router and looked at with the plain SDK. */
export async function checkRouter(matrix: Matrix, endpoint: string): Promise<void> {
  const credentials = { accessKeyId: 'observer', secretAccessKey: 'observer' };
  const observer = new Route53Client({ endpoint, region: 'us-east-1', credentials });
  const zoneId = await createZone(observer);
  const router = createRoute53Router({ mode: 'sandbox', endpoint }, { guard: UNGUARDED });
  const set = recordSet(zoneId);
  const live = () => weightsOf(observer, zoneId);
  const check = (name: string, body: () => Promise<void>) => matrix.check(SERVICE, 'moto', name, body);
  await check('reads the declared weights, and those alone', async () =>
    deepStrictEqual((await readOne(router, set)).owned.weights, BEFORE),
  );
  await check('moves weights in one change, reads them back, and settles', async () => {
    equal(await move(router, set, { dublin: 60, ghent: 40 }), 'settled');
    deepStrictEqual(await live(), { dublin: 60, ghent: 40, 'another team': 7 });
    deepStrictEqual((await readOne(router, set)).owned.weights, { dublin: 60, ghent: 40 });
  });
  await check('values and times to live are left as they were', async () => {
    const records = await recordsOf(observer, zoneId);
    deepStrictEqual(
      records.map((one) => [one.SetIdentifier, one.TTL, one.ResourceRecords?.[0]?.Value]).toSorted(),
      Object.entries(VALUES)
        .map(([identifier, value]) => [identifier, 60, value])
        .toSorted(),
    );
  });
  await check('all weights at zero are refused before anything is sent', async () => {
    await refusedAs('InvalidTarget', () => move(router, set, { dublin: 0, ghent: 0 }));
    deepStrictEqual(await live(), { dublin: 60, ghent: 40, 'another team': 7 });
  });
  await check('restores the weights exactly', async () => {
    equal(await move(router, set, BEFORE), 'settled');
    deepStrictEqual(await live(), { ...BEFORE, 'another team': 7 });
  });
  await check('a zone or a set identifier that does not exist is NotFound', async () => {
    await refusedAs('NotFound', () => readOne(router, { ...set, zoneId: 'Z0NOWHERE' }));
    const [entry] = set.entries;
    const entries = entry ? [{ ...entry, setIdentifier: 'nobody' }] : [];
    await refusedAs('NotFound', () => readOne(router, { ...set, entries }));
  });
}

function recordSet(zoneId: string): RecordSet {
  const shared = { id: `aws.route53/${NAME}`, zoneId, name: NAME, ttlSeconds: 60, workload: 'gallery' };
  const entries = [
    { setIdentifier: 'dublin', provider: 'aws', region: 'eu-west-1', value: '192.0.2.1' },
    { setIdentifier: 'ghent', provider: 'gcp', region: 'europe-west1', value: '192.0.2.2' },
  ] as const;
  return { ...shared, service: 'aws.route53', type: 'A', entries };
}

async function createZone(observer: Route53Client): Promise<string> {
  const zone = await observer.send(
    new CreateHostedZoneCommand({ Name: 'example.org', CallerReference: 'one' }),
  );
  const zoneId = (zone.HostedZone?.Id ?? '').replace('/hostedzone/', '');
  const weights: Readonly<Record<string, number>> = { ...BEFORE, 'another team': 7 };
  const Changes = Object.entries(VALUES).map(([SetIdentifier, Value]) => ({
    Action: 'CREATE' as const,
    ResourceRecordSet: {
      Name: NAME,
      Type: 'A' as const,
      SetIdentifier,
      Weight: weights[SetIdentifier],
      TTL: 60,
      ResourceRecords: [{ Value }],
    },
  }));
  await observer.send(
    new ChangeResourceRecordSetsCommand({ HostedZoneId: zoneId, ChangeBatch: { Changes } }),
  );
  return zoneId;
}

async function recordsOf(observer: Route53Client, zoneId: string) {
  const answer = await observer.send(new ListResourceRecordSetsCommand({ HostedZoneId: zoneId }));
  return (answer.ResourceRecordSets ?? []).filter((one) => one.SetIdentifier !== undefined);
}

async function weightsOf(observer: Route53Client, zoneId: string): Promise<Record<string, number>> {
  const records = await recordsOf(observer, zoneId);
  return Object.fromEntries(records.map((one) => [one.SetIdentifier, one.Weight ?? Number.NaN]));
}

async function readOne(router: TrafficRouter, set: RecordSet): Promise<RecordState> {
  const state = (await router.read([set], AbortSignal.timeout(30_000))).get(set.id);
  if (!state) throw new Error(`nothing was read of ${set.id}`);
  return state;
}

async function move(router: TrafficRouter, set: RecordSet, want: Weights): Promise<'settled' | 'moving'> {
  const signal = AbortSignal.timeout(30_000);
  const receipt = await router.apply(set, await readOne(router, set), want, crypto.randomUUID(), signal);
  return router.progress(set, want, receipt, signal);
}
