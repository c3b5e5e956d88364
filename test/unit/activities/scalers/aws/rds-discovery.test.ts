import { UNGUARDED } from '../../../../../activities/calls/call-guard.ts';
import type { ScalableTarget } from '../../../../../activities/scalers/aws/_app-auto-scaling.ts';
import {
  createRdsDirectory,
  discoverDatabases,
} from '../../../../../activities/scalers/aws/_rds-discovery.ts';
import { leftOutOf } from '../../../../../domain/discovery.ts';
import { discoveredBy } from '../../../../support/discovered.ts';
import { type QueryServer, refused, result, startQueryServer } from '../../../../support/query-server.ts';

let server: QueryServer;
beforeAll(async () => {
  server = await startQueryServer();
});
afterAll(() => server.stop());
beforeEach(() => server.reset());

const TAGGED = '<TagList><Tag><Key>wedsync:fleet</Key><Value>summer</Value></Tag></TagList>';

interface ClusterXml {
  readonly engine?: string;
  readonly mode?: string;
  readonly status?: string;
  readonly extra?: string;
  readonly tags?: string;
}

const clusterXml = (name: string, fields: ClusterXml = {}) => {
  const {
    engine = 'aurora-mysql',
    mode = 'provisioned',
    status = 'available',
    extra = '',
    tags = TAGGED,
  } = fields;
  return (
    `<DBCluster><DBClusterIdentifier>${name}</DBClusterIdentifier><Status>${status}</Status>` +
    `<Engine>${engine}</Engine><EngineMode>${mode}</EngineMode>${extra}${tags}<DBClusterMembers>` +
    `<DBClusterMember><DBInstanceIdentifier>${name}-1</DBInstanceIdentifier>` +
    '<IsClusterWriter>true</IsClusterWriter></DBClusterMember></DBClusterMembers></DBCluster>'
  );
};

interface InstanceXml {
  readonly cluster?: string;
  readonly engine?: string;
  readonly className?: string;
  readonly status?: string;
  readonly tags?: string;
  readonly extra?: string;
}

const instanceXml = (name: string, fields: InstanceXml = {}) => {
  const { cluster, engine = 'postgres', className = 'db.r6g.large', status = 'available' } = fields;
  const { tags = '', extra = '' } = fields;
  const member = cluster === undefined ? '' : `<DBClusterIdentifier>${cluster}</DBClusterIdentifier>`;
  return (
    `<DBInstance><DBInstanceIdentifier>${name}</DBInstanceIdentifier><Engine>${engine}</Engine>` +
    `<DBInstanceClass>${className}</DBInstanceClass><DBInstanceStatus>${status}</DBInstanceStatus>` +
    `<AllocatedStorage>200</AllocatedStorage>${member}${tags}${extra}</DBInstance>`
  );
};

function answerWith(clusters: readonly string[], instances: readonly string[]): void {
  server.answer = (form) =>
    form.Action === 'DescribeDBClusters'
      ? result(form, `<DBClusters>${clusters.join('')}</DBClusters>`)
      : result(form, `<DBInstances>${instances.join('')}</DBInstances>`);
}

function found(scalables: Readonly<Record<string, ScalableTarget>> = {}) {
  const access = { connection: { mode: 'sandbox', endpoint: server.endpoint }, guard: UNGUARDED } as const;
  const asked: (readonly string[])[] = [];
  const scalableTargets = {
    describe: async (_region: string, ids: readonly string[]) => {
      asked.push(ids);
      return new Map(Object.entries(scalables));
    },
  };
  return { asked, targets: discoveredBy(discoverDatabases(createRdsDirectory(access), scalableTargets)) };
}

const range = (low: number, high: number) =>
  `<ServerlessV2ScalingConfiguration><MinCapacity>${low}</MinCapacity><MaxCapacity>${high}</MaxCapacity></ServerlessV2ScalingConfiguration>`;

describe('discovery of RDS', () => {
  test('follows the pages of clusters and of instances, a hundred each', async () => {
    server.answer = (form) => {
      const clusters = form.Action === 'DescribeDBClusters';
      const n = form.Marker === undefined ? 1 : 2;
      const next = n === 1 ? '<Marker>more</Marker>' : '';
      return clusters
        ? result(form, `<DBClusters>${clusterXml(`c${n}`)}</DBClusters>${next}`)
        : result(form, `<DBInstances>${instanceXml(`i${n}`, { tags: TAGGED })}</DBInstances>${next}`);
    };
    const { asked, targets } = found();
    expect((await targets).map(({ reference, lever }) => [...Object.values(reference), lever])).toEqual([
      ['c1', undefined],
      ['c2', undefined],
      ['i1', 'instance-class'],
      ['i1', 'storage'],
      ['i2', 'instance-class'],
      ['i2', 'storage'],
    ]);
    expect(server.received.map(({ Action, MaxRecords, Marker }) => [Action, MaxRecords, Marker])).toEqual([
      ['DescribeDBClusters', '100', undefined],
      ['DescribeDBClusters', '100', 'more'],
      ['DescribeDBInstances', '100', undefined],
      ['DescribeDBInstances', '100', 'more'],
    ]);
    expect(asked).toEqual([['cluster:c1', 'cluster:c2']]);
  });

  test('counts readers that stay, or takes the range of their autoscaler', async () => {
    const members = [
      instanceXml('gallery-1', { cluster: 'gallery' }),
      instanceXml('gallery-2', { cluster: 'gallery' }),
      instanceXml('gallery-3', { cluster: 'gallery', status: 'deleting' }),
      instanceXml('other-1', { cluster: 'other' }),
    ];
    answerWith([clusterXml('gallery')], members);
    expect(await found().targets).toEqual([
      {
        service: 'aws.rds',
        region: 'eu-west-1',
        reference: { cluster: 'gallery' },
        tags: { 'wedsync:fleet': 'summer' },
        autoscaled: false,
        baselineUnits: 1,
        maximumUnits: null,
      },
    ]);
    const scalable = { resourceId: 'cluster:gallery', minimumUnits: 2, maximumUnits: 8 };
    expect(await found({ 'cluster:gallery': scalable }).targets).toMatchObject([
      { autoscaled: true, baselineUnits: 2, maximumUnits: 8 },
    ]);
  });

  test.each([
    ['whole units', range(2, 16), 'db.serverless', [{ baselineUnits: 2, maximumUnits: 16 }]],
    ['halves, rounded down', range(0.5, 8.5), 'db.serverless', [{ baselineUnits: 0, maximumUnits: 8 }]],
    ['nothing without an instance that follows it', range(2, 16), 'db.r6g.large', []],
    ['nothing without a range', '', 'db.serverless', []],
  ])('gives serverless capacity: %s', async (_what, extra, className, capacities) => {
    answerWith(
      [clusterXml('gallery', { extra })],
      [instanceXml('gallery-1', { cluster: 'gallery', className })],
    );
    const capacity = (await found().targets).filter(({ lever }) => lever === 'serverless-capacity');
    expect(capacity).toMatchObject(capacities);
    for (const one of capacity) expect(one.autoscaled).toBe(true);
  });

  test.each<[string, ClusterXml]>([
    ['a Multi-AZ DB cluster', { engine: 'postgres' }],
    ['Neptune', { engine: 'neptune' }],
    ['the first Aurora Serverless', { mode: 'serverless' }],
    ['a cluster on its way out', { status: 'deleting' }],
    ['a cluster without tags', { tags: '' }],
    ['a cluster with other tags', { tags: '<TagList><Tag><Key>team</Key></Tag></TagList>' }],
  ])('leaves out %s, and asks nothing about it', async (_what, fields) => {
    answerWith([clusterXml('gallery', fields)], []);
    const { asked, targets } = found();
    expect([await targets, asked]).toEqual([[], []]);
  });

  test('gives class and storage of an instance as they were asked for, and proposes neither', async () => {
    const pending =
      '<PendingModifiedValues><DBInstanceClass>db.r6g.xlarge</DBInstanceClass><AllocatedStorage>300</AllocatedStorage></PendingModifiedValues>';
    answerWith([], [instanceXml('orders', { tags: TAGGED, extra: pending })]);
    const targets = await found().targets;
    expect(targets).toMatchObject([
      {
        reference: { instance: 'orders' },
        lever: 'instance-class',
        baselineUnits: null,
        className: 'db.r6g.xlarge',
      },
      { reference: { instance: 'orders' }, lever: 'storage', baselineUnits: 300 },
    ]);
    expect(leftOutOf(targets, null)).toHaveLength(2);
  });

  test.each<[string, InstanceXml, readonly string[]]>([
    ['a member of Aurora', { cluster: 'gallery', engine: 'aurora-mysql' }, ['instance-class']],
    ['a serverless member', { cluster: 'gallery', engine: 'aurora-mysql', className: 'db.serverless' }, []],
    ['a member of a Multi-AZ DB cluster', { cluster: 'orders', engine: 'postgres' }, []],
    ['an instance on its way out', { status: 'deleting' }, []],
  ])('gives of %s what can be set of it', async (_what, fields, levers) => {
    answerWith([], [instanceXml('one', { tags: TAGGED, ...fields })]);
    expect((await found().targets).map(({ lever }) => lever)).toEqual(levers);
  });

  test('throws where instances may not be read, since readers are counted by them', async () => {
    server.answer = (form) =>
      form.Action === 'DescribeDBClusters'
        ? result(form, `<DBClusters>${clusterXml('gallery')}</DBClusters>`)
        : refused(403, 'AccessDenied', 'not authorized to perform: rds:DescribeDBInstances');
    await expect(found().targets).rejects.toMatchObject({ kind: 'PermissionDenied' });
  });
});
