import { parseFleet } from '../../../../domain/schemas/fleet.ts';
import { sampleFleet, sampleJson } from '../../../support/samples.ts';

// biome-ignore lint/suspicious/noExplicitAny: bodies are broken on purpose, field by field.
type Body = any;
const sample = (): Body => structuredClone(sampleJson('fleet.json'));

function faultsOf(body: unknown) {
  const parsed = parseFleet(body);
  return parsed.ok ? [] : parsed.faults;
}

test('the sample is a fleet, and what may be left out has its default', () => {
  const body = sample();
  for (const field of ['critical', 'requiresStabilization', 'leadTimeMinutes', 'loadSource']) {
    delete body.targets[0][field];
  }
  delete body.recordSets;
  const parsed = parseFleet(body);
  expect(parsed.ok && parsed.fleet.targets[0]).toMatchObject({
    critical: false,
    requiresStabilization: false,
    leadTimeMinutes: 10,
    loadSource: { kind: 'observations' },
  });
  expect(parsed.ok && parsed.fleet.recordSets).toEqual([]);
  expect(faultsOf(sampleFleet())).toEqual([]);
});

const indexOf = (service: string) => sample().targets.findIndex((one: Body) => one.service === service);
const ECS = indexOf('aws.ecs');
const HPA = indexOf('kubernetes.hpa');
const DEPLOYMENT = indexOf('kubernetes.deployment');
const AKS = indexOf('azure.aks');
const AMERICAN = sample().targets.findIndex((one: Body) => one.id === 'aws.ecs/us-east-1/api');
/** Where the first target that a test adds comes. */
const NEXT = sample().targets.length;

test.each<[what: string, breaks: (body: Body) => void, path: string, words: RegExp]>([
  [
    'a coupling with a workload that is none',
    (f) => {
      f.couplings = [{ from: 'gallery', to: 'chat', demandPerDemand: 1 }];
    },
    'couplings.0.to',
    /chat is no workload of the fleet/,
  ],
  [
    'couplings that lead in a circle',
    (f) => {
      f.couplings = [
        { from: 'gallery', to: 'sessions', demandPerDemand: 1 },
        { from: 'sessions', to: 'gallery', demandPerDemand: 0.5 },
      ];
    },
    'couplings',
    /lead in a circle: (gallery -> sessions -> gallery|sessions -> gallery -> sessions)/,
  ],
  [
    'a coupling named twice',
    (f) => {
      f.couplings = [1, 2].map((demandPerDemand) => ({ from: 'gallery', to: 'sessions', demandPerDemand }));
    },
    'couplings.1',
    /gallery -> sessions is named twice/,
  ],
  [
    'zones of which none can be lost',
    (f) => {
      f.targets[ECS].zones = 1;
    },
    `targets.${ECS}.zones`,
    /2/,
  ],
  [
    'a queue in which everybody waits',
    (f) => {
      f.workloads[0].queueing = { kind: 'erlangC', delayProbability: 1 };
    },
    'workloads.0.queueing.delayProbability',
    /0\.9/,
  ],
  [
    'a server where nobody queues',
    (f) => {
      f.workloads[0].queueing = { kind: 'none', serversPerUnit: 2 };
    },
    'workloads.0.queueing.serversPerUnit',
    /is not a field/,
  ],
  [
    'an unserved user that costs nothing',
    (f) => {
      f.demandModel.unservedUsdPerUserHour = { standard: 0 };
    },
    'demandModel.unservedUsdPerUserHour.standard',
    /0/,
  ],
  [
    'a service nobody knows',
    (f) => {
      f.targets[ECS].service = 'aws.sqs';
    },
    `targets.${ECS}.service`,
    /aws\.sqs is not known; it is one of .*aws\.ecs/,
  ],
  [
    'a lever the service does not have',
    (f) => {
      f.targets[ECS].lever = 'readers';
    },
    `targets.${ECS}.lever`,
    /aws\.ecs has no lever readers; it has tasks/,
  ],
  [
    'machine classes for a lever that is none',
    (f) => {
      f.targets[ECS].classes = [{ name: 'large', units: 2 }];
    },
    `targets.${ECS}.classes`,
    /means nothing for tasks/,
  ],
  [
    'a spot share for a service without',
    (f) => {
      f.targets[ECS].spotPercent = 40;
    },
    `targets.${ECS}.spotPercent`,
    /means nothing for tasks/,
  ],
  [
    'a reference that lacks a key',
    (f) => {
      delete f.targets[AKS].reference.pool;
    },
    `targets.${AKS}.reference`,
    /lacks pool/,
  ],
  [
    'a reference with one too many',
    (f) => {
      f.targets[ECS].reference.zone = 'a';
    },
    `targets.${ECS}.reference`,
    /has zone/,
  ],
  [
    'an empty name in a reference',
    (f) => {
      f.targets[ECS].reference.service = '';
    },
    `targets.${ECS}.reference.service`,
    /./,
  ],
  [
    'one resource under two ids',
    (f) => {
      f.targets.push({ ...f.targets[ECS], id: 'twin' });
    },
    `targets.${NEXT}.reference`,
    /same resource as aws\.ecs/,
  ],
  [
    'a target twice',
    (f) => {
      f.targets[1].id = f.targets[0].id;
    },
    'targets.1.id',
    /twice/,
  ],
  [
    'a market twice',
    (f) => {
      f.markets.push(f.markets[0]);
    },
    'markets.6.id',
    /twice/,
  ],
  [
    'a workload twice',
    (f) => {
      f.workloads.push(f.workloads[0]);
    },
    `workloads.${sample().workloads.length}.id`,
    /twice/,
  ],
  [
    'a record set twice',
    (f) => {
      f.recordSets[1].id = f.recordSets[0].id;
    },
    'recordSets.1.id',
    /twice/,
  ],
  [
    'an entry twice',
    (f) => {
      f.recordSets[0].entries[3].setIdentifier = f.recordSets[0].entries[0].setIdentifier;
    },
    'recordSets.0.entries.3.setIdentifier',
    /twice/,
  ],
  [
    'a record set without entries',
    (f) => {
      f.recordSets[0].entries = [];
    },
    'recordSets.0.entries',
    /./,
  ],
  [
    'a record set of no workload',
    (f) => {
      f.recordSets[1].workload = 'chat';
    },
    'recordSets.1.workload',
    /chat is no workload/,
  ],
  [
    'a market that is none',
    (f) => {
      f.targets[2].markets[0] = 'xx';
    },
    'targets.2.markets.0',
    /xx is no market/,
  ],
  [
    'a market twice in a target',
    (f) => {
      f.targets[2].markets.push(f.targets[2].markets[0]);
    },
    'targets.2.markets.2',
    /twice/,
  ],
  [
    'a region the market does not allow',
    (f) => {
      f.targets[AMERICAN].region = 'eu-west-1';
      f.targets[AMERICAN].reference.cluster = 'other';
    },
    `targets.${AMERICAN}.markets.0`,
    /may not be served from eu-west-1/,
  ],
  [
    'a workload that is none',
    (f) => {
      f.targets[0].workload = 'chat';
    },
    'targets.0.workload',
    /chat is no workload/,
  ],
  [
    "a maximum above the vendor's",
    (f) => {
      f.targets[AKS].maximumUnits = 1_001;
    },
    `targets.${AKS}.maximumUnits`,
    /1000/,
  ],
  [
    'a baseline above the maximum',
    (f) => {
      f.targets[0].baselineUnits = f.targets[0].maximumUnits + 1;
    },
    'targets.0.baselineUnits',
    /above maximumUnits/,
  ],
  [
    'no capacity',
    (f) => {
      f.targets[0].capacityPerUnit = 0;
    },
    'targets.0.capacityPerUnit',
    /./,
  ],
  [
    'endless capacity',
    (f) => {
      f.targets[0].capacityPerUnit = Number.POSITIVE_INFINITY;
    },
    'targets.0.capacityPerUnit',
    /./,
  ],
  [
    'a price that is NaN',
    (f) => {
      f.targets[0].hourlyUsdPerUnit = Number.NaN;
    },
    'targets.0.hourlyUsdPerUnit',
    /NaN/,
  ],
  [
    'half a unit',
    (f) => {
      f.targets[0].maximumUnits = 10.5;
    },
    'targets.0.maximumUnits',
    /./,
  ],
  [
    'a load source of no kind',
    (f) => {
      f.targets[0].loadSource = { kind: 'guess' };
    },
    'targets.0.loadSource.kind',
    /./,
  ],
  [
    'a load source without its query',
    (f) => {
      f.targets[0].loadSource = { kind: 'prometheus' };
    },
    'targets.0.loadSource.query',
    /./,
  ],
  [
    'an HPA that is not autoscaled',
    (f) => {
      f.targets[HPA].autoscaled = false;
    },
    `targets.${HPA}.autoscaled`,
    /always/,
  ],
  [
    'a Deployment that is',
    (f) => {
      f.targets[DEPLOYMENT].autoscaled = true;
    },
    `targets.${DEPLOYMENT}.autoscaled`,
    /kubernetes\.hpa/,
  ],
  [
    'a zone that does not exist',
    (f) => {
      f.markets[0].timeZone = 'Europe/Bath';
    },
    'markets.0.timeZone',
    /Europe\/Bath/,
  ],
  [
    'a day that does not exist',
    (f) => {
      f.priceDate = '2026-02-30';
    },
    'priceDate',
    /./,
  ],
  [
    'no users per guest',
    (f) => {
      f.demandModel.usersPerGuest = 0;
    },
    'demandModel.usersPerGuest',
    /./,
  ],
  [
    'a field that is none',
    (f) => {
      f.targets[0].colour = 'red';
    },
    'targets.0.colour',
    /not a field/,
  ],
])('%s is refused by its field', (_, breaks, path, words) => {
  const body = sample();
  breaks(body);
  const faults = faultsOf(body);
  expect(faults.map((fault) => fault.path)).toEqual([path]);
  expect(faults[0]?.message).toMatch(words);
});

describe('fallbacks of a target', () => {
  const withFallbacks = (fallbacks: readonly string[]): Body => {
    const body = sample();
    body.targets[ECS].fallbacks = fallbacks;
    return body;
  };
  const same = sample().targets.filter(
    (t: Body) => t.workload === sample().targets[ECS].workload && t.id !== sample().targets[ECS].id,
  );
  const other = sample().targets.find((t: Body) => t.workload !== sample().targets[ECS].workload);

  test('are other targets of the same workload that serve one of its markets', () => {
    const near = same.find((t: Body) =>
      t.markets.some((m: string) => sample().targets[ECS].markets.includes(m)),
    );
    expect(faultsOf(withFallbacks([near.id]))).toEqual([]);
  });

  test.each<[string, readonly string[], RegExp]>([
    ['the target itself', [sample().targets[ECS].id], /is the target itself/],
    ['nobody', ['nobody'], /nobody is no target of the fleet/],
    ['one that carries something else', [other.id], /carries .*, not /],
  ])('are refused: %s', (_what, fallbacks, words) => {
    const faults = faultsOf(withFallbacks(fallbacks));
    expect(faults.map(({ path }) => path)).toEqual([`targets.${ECS}.fallbacks.0`]);
    expect(faults[0]?.message).toMatch(words);
  });
});

describe('a service with several levers', () => {
  const classes = [
    { name: 'db.r6g.large', units: 2 },
    { name: 'db.r6g.2xlarge', units: 8 },
  ];
  const machine = { lever: 'instance-class', classes, mayInterrupt: true };
  const withDatabases = (...targets: readonly object[]): Body => {
    const body = sample();
    const common = { service: 'aws.rds', reference: { instance: 'orders' }, autoscaled: false };
    const databases = targets.map((fields, index) => ({
      ...body.targets[ECS],
      ...common,
      id: `database-${index}`,
      ...fields,
    }));
    return { ...body, targets: [...body.targets, ...databases] };
  };
  const faultAt = (field: string) => [`targets.${NEXT}.${field}`];

  test('may have each of them as a target of one resource, and none of them twice', () => {
    const storage = { lever: 'storage', maximumUnits: 1_000 };
    expect(faultsOf(withDatabases(machine, storage))).toEqual([]);
    expect(faultsOf(withDatabases(storage, storage))).toMatchObject([
      { path: `targets.${NEXT + 1}.reference` },
    ]);
  });

  test.each<[string, object, string]>([
    ['a class without its ladder', { ...machine, classes: undefined }, 'classes'],
    ['a ladder that descends', { ...machine, classes: classes.toReversed() }, 'classes'],
    ['a class that may not interrupt', { ...machine, mayInterrupt: false }, 'mayInterrupt'],
    ['a class that is autoscaled', { ...machine, autoscaled: true }, 'autoscaled'],
    ['storage of a cluster', { lever: 'storage', reference: { cluster: 'gallery' } }, 'reference'],
    [
      'capacity that is not autoscaled',
      { lever: 'serverless-capacity', reference: { cluster: 'a' } },
      'autoscaled',
    ],
    ['more readers than a cluster has', { reference: { cluster: 'a' }, maximumUnits: 16 }, 'maximumUnits'],
  ])('refuses %s', (_what, fields, field) => {
    const small = { maximumUnits: 15, baselineUnits: 1 };
    const paths = faultsOf(withDatabases({ ...small, ...fields })).map(({ path }) => path);
    expect([...new Set(paths)]).toEqual(faultAt(field));
  });
});

test('faults of shape and of meaning are named at once, at their places in the body', () => {
  const body = sample();
  body.markets[1].allowedRegions = 'everywhere';
  body.targets[0].maximumUnits = 'many';
  body.targets[5].workload = 'chat';
  body.recordSets[0].ttlSeconds = -1;
  body.recordSets[1].workload = 'chat';
  expect(
    faultsOf(body)
      .map(({ path }) => path)
      .toSorted(),
  ).toEqual([
    'markets.1.allowedRegions',
    'recordSets.0.ttlSeconds',
    'recordSets.1.workload',
    'targets.0.maximumUnits',
    'targets.5.workload',
  ]);
});

test.each([[null], [[]], ['fleet'], [{}], [{ targets: [null], markets: 3 }]])('%j is no fleet', (body) => {
  expect(faultsOf(body).length).toBeGreaterThan(0);
});
