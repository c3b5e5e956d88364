import { UNGUARDED } from '../../../../../activities/calls/call-guard.ts';
import { elastiCacheQuotas } from '../../../../../activities/scalers/aws/_elasticache-quotas.ts';
import { createRdsApi } from '../../../../../activities/scalers/aws/_rds-api.ts';
import { rdsQuotas } from '../../../../../activities/scalers/aws/_rds-quotas.ts';
import { quotaFaults } from '../../../../../domain/quota.ts';
import { cacheTarget, FakeElastiCache } from '../../../../support/fake-elasticache.ts';
import { FakeRds, rdsTarget } from '../../../../support/fake-rds.ts';
import { startScriptedVendor } from '../../../../support/scripted-vendor.ts';

const signal = new AbortController().signal;

describe('quotas of RDS', () => {
  const readers = rdsTarget('readers', { cluster: 'weddings' });
  const others = rdsTarget('readers', { cluster: 'albums' });
  const storage = rdsTarget('storage', { instance: 'ledger' });
  const untouched = [
    rdsTarget('serverless-capacity', { cluster: 'weddings' }),
    rdsTarget('instance-class', { instance: 'ledger' }),
  ];

  function rds() {
    const api = new FakeRds();
    api.quotas.set('DBInstances', { used: 22, limit: 40 });
    api.quotas.set('AllocatedStorage', { used: 900, limit: 100_000 });
    return api;
  }

  test('are what RDS itself counts, in one call per region', async () => {
    const api = rds();
    const readings = await rdsQuotas(api).quotas([readers, storage, others, ...untouched], signal);
    expect(readings).toEqual([
      {
        provider: 'aws',
        quota: 'L-7B6409FD',
        title: 'DB instances',
        quotaService: 'rds',
        region: 'eu-west-1',
        unit: 'DB instances',
        limit: 40,
        used: 22,
        perUnit: { [readers.id]: 1, [others.id]: 1 },
        counted: {},
      },
      expect.objectContaining({
        quota: 'L-7ADDB58A',
        unit: 'GiB',
        limit: 100_000,
        used: 900,
        perUnit: { [storage.id]: 1 },
      }),
    ]);
    expect(api.calls).toEqual(['account eu-west-1']);
  });

  test('say how many readers of an autoscaled cluster are there or being made', async () => {
    const api = rds();
    api.addReaders('weddings', 'a', 'b');
    api.addInstance('c', { cluster: 'weddings', status: 'creating' });
    api.addInstance('d', { cluster: 'weddings', status: 'deleting' });
    const gone = rdsTarget('readers', { cluster: 'gone' }, { autoscaled: true });
    const [reading] = await rdsQuotas(api).quotas([{ ...readers, autoscaled: true }, gone, storage], signal);
    expect(reading?.counted).toEqual({ [readers.id]: 3 });
  });

  test('of levers that take from none are not asked for', async () => {
    const api = rds();
    expect(await rdsQuotas(api).quotas(untouched, signal)).toEqual([]);
    expect(api.calls).toEqual([]);
  });

  test('that RDS does not tell are no number', async () => {
    const quotas = rdsQuotas(new FakeRds()).quotas([readers], signal);
    await expect(quotas).rejects.toMatchObject({ kind: 'Transient' });
  });

  test('are read from its XML; one without a figure is left out', async () => {
    const vendor = await startScriptedVendor();
    try {
      vendor.answer = () => ({
        headers: { 'content-type': 'text/xml' },
        body: `<DescribeAccountAttributesResponse xmlns="http://rds.amazonaws.com/doc/2014-10-31/"><DescribeAccountAttributesResult><AccountQuotas>
          <AccountQuota><AccountQuotaName>DBInstances</AccountQuotaName><Used>22</Used><Max>40</Max></AccountQuota>
          <AccountQuota><AccountQuotaName>AllocatedStorage</AccountQuotaName><Max>100000</Max></AccountQuota>
        </AccountQuotas></DescribeAccountAttributesResult></DescribeAccountAttributesResponse>`,
      });
      const connection = { mode: 'sandbox', endpoint: vendor.endpoint } as const;
      const api = createRdsApi({ connection, guard: UNGUARDED });
      expect([...(await api.accountQuotas('eu-west-1', signal))]).toEqual([
        ['DBInstances', { used: 22, limit: 40 }],
      ]);
      expect(vendor.received.map(({ body }) => new URLSearchParams(body).get('Action'))).toEqual([
        'DescribeAccountAttributes',
      ]);
    } finally {
      await vendor.stop();
    }
  });
});

describe('quotas of ElastiCache', () => {
  const LIMITS: Readonly<Record<string, number>> = { 'L-DFE45DF3': 300, 'L-AF354865': 90 };

  function quotas(api: FakeElastiCache) {
    return elastiCacheQuotas({ api, limits: async (_region, { code }) => LIMITS[code] ?? 0 });
  }

  test('count every node of the region, and those of a cluster where it is in cluster mode', async () => {
    const api = new FakeElastiCache();
    api.addGroup('guests', [3]);
    api.addGroup('albums', [3, 3, 3, 3], { clusterEnabled: true });
    api.others.push(20);
    const targets = [
      cacheTarget('replicas', 'guests'),
      cacheTarget('replicas', 'albums'),
      cacheTarget('shards', 'albums'),
      cacheTarget('node-type', 'guests'),
    ];
    const readings = await quotas(api).quotas(targets, signal);
    const albums = {
      'aws.elasticache/eu-west-1/albums/replicas': 4,
      'aws.elasticache/eu-west-1/albums/shards': 3,
    };
    expect(readings).toEqual([
      {
        provider: 'aws',
        quota: 'L-DFE45DF3',
        title: 'Nodes per Region',
        quotaService: 'elasticache',
        region: 'eu-west-1',
        unit: 'nodes',
        limit: 300,
        used: 35,
        perUnit: { 'aws.elasticache/eu-west-1/guests/replicas': 1, ...albums },
        counted: {
          'aws.elasticache/eu-west-1/guests/replicas': 2,
          'aws.elasticache/eu-west-1/albums/replicas': 2,
          'aws.elasticache/eu-west-1/albums/shards': 4,
        },
      },
      expect.objectContaining({
        quota: 'L-AF354865',
        resource: 'albums',
        limit: 90,
        used: 12,
        perUnit: albums,
        highestGranted: 500,
      }),
    ]);
    expect(api.calls).toEqual(['groups eu-west-1 2', 'count eu-west-1']);
  });

  test('count whole units alone: a shard whose nodes are not all there is none', async () => {
    const api = new FakeElastiCache();
    api.addGroup('albums', [3, 3, 3, 1], { clusterEnabled: true });
    const targets = [cacheTarget('replicas', 'albums'), cacheTarget('shards', 'albums')];
    const [ofAll] = await quotas(api).quotas(targets, signal);
    expect(Object.values(ofAll?.counted ?? {})).toEqual([1, 3]);
  });

  test.each([
    [
      20,
      'aws service-quotas request-service-quota-increase --service-code elasticache --quota-code L-AF354865 --desired-value 92 --region eu-west-1',
    ],
    [200, 'It would have to be 812 and cannot be raised above 500'],
  ])('a cluster with %d more replicas of a shard is told what can be done', async (more, remedy) => {
    const api = new FakeElastiCache();
    api.addGroup('albums', [3, 3, 3, 3], { clusterEnabled: true });
    const replicas = cacheTarget('replicas', 'albums');
    const readings = await quotas(api).quotas([replicas], signal);
    const floors = [{ targetId: replicas.id, step: 0, floorUnits: 2 + more }] as never;
    const faults = quotaFaults(readings, floors, { [replicas.id]: { floorUnits: 2, servingUnits: 2 } });
    expect(faults.find(({ quota }) => quota?.code === 'L-AF354865')?.message).toContain(remedy);
  });

  test('of levers that take from none are not asked for', async () => {
    const api = new FakeElastiCache();
    expect(await quotas(api).quotas([cacheTarget('node-type', 'guests')], signal)).toEqual([]);
    expect(api.calls).toEqual([]);
  });

  test.each([
    ['that is gone', () => undefined, 'NotFound'],
    ['without a node yet', (api: FakeElastiCache) => api.addGroup('guests', [0]), 'Transient'],
  ])('of a group %s are no number', async (_what, prepare, kind) => {
    const api = new FakeElastiCache();
    prepare(api);
    const read = quotas(api).quotas([cacheTarget('replicas', 'guests')], signal);
    await expect(read).rejects.toMatchObject({ kind });
  });
});
