import { UNGUARDED } from '../../../../../activities/calls/call-guard.ts';
import { createRdsApi, type RdsApi } from '../../../../../activities/scalers/aws/_rds-api.ts';
import { ProviderError } from '../../../../../domain/errors.ts';
import { type QueryServer, refused, result, startQueryServer } from '../../../../support/query-server.ts';

let server: QueryServer;

const signal = new AbortController().signal;
const api = () =>
  createRdsApi({ connection: { mode: 'sandbox', endpoint: server.endpoint }, guard: UNGUARDED });

beforeAll(async () => {
  server = await startQueryServer();
});

afterAll(() => server.stop());

beforeEach(() => server.reset());

const INSTANCE =
  '<DBInstanceIdentifier>orders</DBInstanceIdentifier><DBInstanceClass>db.r6g.large</DBInstanceClass>' +
  '<Engine>postgres</Engine><DBInstanceStatus>modifying</DBInstanceStatus>' +
  '<AllocatedStorage>100</AllocatedStorage><StorageType>io1</StorageType><Iops>3000</Iops>';

async function failureOf(send: (client: RdsApi) => Promise<unknown>): Promise<ProviderError> {
  const error: unknown = await send(api()).then(
    () => new Error('it did not fail'),
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(ProviderError);
  return error as ProviderError;
}

describe('RDS client', () => {
  test.each<[string, (client: RdsApi) => Promise<unknown>, Readonly<Record<string, string>>]>([
    [
      'a reader',
      (client) =>
        client.createReader(
          'eu-west-1',
          {
            instance: 'gallery-wedsync-1',
            cluster: 'gallery',
            className: 'db.r6g.large',
            engine: 'aurora-mysql',
            promotionTier: 15,
            parameterGroup: 'weddings',
            publiclyAccessible: false,
            upgradesMinorVersions: null,
          },
          signal,
        ),
      {
        Action: 'CreateDBInstance',
        DBInstanceIdentifier: 'gallery-wedsync-1',
        DBClusterIdentifier: 'gallery',
        DBInstanceClass: 'db.r6g.large',
        Engine: 'aurora-mysql',
        PromotionTier: '15',
        DBParameterGroupName: 'weddings',
        PubliclyAccessible: 'false',
      },
    ],
    [
      'the end of a reader',
      (client) => client.deleteReader('eu-west-1', 'gallery-wedsync-1', signal),
      { Action: 'DeleteDBInstance', DBInstanceIdentifier: 'gallery-wedsync-1', SkipFinalSnapshot: 'true' },
    ],
    [
      'a class, at once',
      (client) => client.modifyInstance('eu-west-1', 'orders', { className: 'db.r6g.xlarge' }, signal),
      {
        Action: 'ModifyDBInstance',
        DBInstanceIdentifier: 'orders',
        DBInstanceClass: 'db.r6g.xlarge',
        ApplyImmediately: 'true',
      },
    ],
    [
      'storage with its IOPS',
      (client) => client.modifyInstance('eu-west-1', 'orders', { allocatedGib: 200, iops: 3_000 }, signal),
      {
        Action: 'ModifyDBInstance',
        DBInstanceIdentifier: 'orders',
        AllocatedStorage: '200',
        Iops: '3000',
        ApplyImmediately: 'true',
      },
    ],
    [
      'capacity by halves',
      (client) =>
        client.setServerlessRange('eu-west-1', 'gallery', { minimumUnits: 2.5, maximumUnits: 16 }, signal),
      {
        Action: 'ModifyDBCluster',
        DBClusterIdentifier: 'gallery',
        'ServerlessV2ScalingConfiguration.MinCapacity': '2.5',
        'ServerlessV2ScalingConfiguration.MaxCapacity': '16',
        ApplyImmediately: 'true',
      },
    ],
  ])('asks for %s and nothing else', async (_what, send, form) => {
    await expect(send(api())).resolves.toBe('req-7');
    expect(server.received).toEqual([{ ...form, Version: '2014-10-31' }]);
  });

  test('filters by identifier, a hundred a call, and follows the pages to the end', async () => {
    server.answer = (form) => {
      const next = form.Marker === undefined ? '<Marker>more</Marker>' : '';
      return result(form, `${next}<DBInstances><DBInstance>${INSTANCE}</DBInstance></DBInstances>`);
    };
    const names = Array.from({ length: 130 }, (_, n) => `i${n}`);
    // The same on every page, as one may be when the list grows meanwhile: it is one instance all the same.
    expect(await api().describeInstances('eu-west-1', names, signal)).toHaveLength(1);
    expect(
      server.received.map((form) => [form['Filters.Filter.1.Name'], form.Marker, form.MaxRecords]),
    ).toEqual([
      ['db-instance-id', undefined, '100'],
      ['db-instance-id', 'more', '100'],
      ['db-instance-id', undefined, '100'],
      ['db-instance-id', 'more', '100'],
    ]);
    expect(server.received[0]?.['Filters.Filter.1.Values.Value.100']).toBe('i99');
    expect(server.received[2]?.['Filters.Filter.1.Values.Value.1']).toBe('i100');
    await api().describeMembers('eu-west-1', ['gallery'], signal);
    expect(server.received[4]?.['Filters.Filter.1.Name']).toBe('db-cluster-id');
  });

  test('reads what is pending, and tells what belongs to storage from what belongs to others', async () => {
    const pending =
      '<PendingModifiedValues><DBInstanceClass>db.r6g.xlarge</DBInstanceClass><Iops>4000</Iops>' +
      '<EngineVersion>17.2</EngineVersion><ProcessorFeatures/></PendingModifiedValues>';
    server.answer = (form) =>
      result(form, `<DBInstances><DBInstance>${INSTANCE}${pending}</DBInstance></DBInstances>`);
    const [found] = await api().describeInstances('eu-west-1', ['orders'], signal);
    expect(found).toMatchObject({
      className: 'db.r6g.large',
      status: 'modifying',
      iops: 3_000,
      cluster: null,
      pending: { className: 'db.r6g.xlarge', allocatedGib: null, others: ['EngineVersion'] },
    });
  });

  test('reads who writes in a cluster and what its capacity is', async () => {
    const member = (name: string, writes: boolean) =>
      `<DBClusterMember><DBInstanceIdentifier>${name}</DBInstanceIdentifier><IsClusterWriter>${writes}</IsClusterWriter></DBClusterMember>`;
    const cluster =
      '<DBClusterIdentifier>gallery</DBClusterIdentifier><Status>available</Status><Engine>aurora-mysql</Engine>' +
      `<DBClusterMembers>${member('a', false)}${member('b', true)}</DBClusterMembers>` +
      '<ServerlessV2ScalingConfiguration><MinCapacity>0.5</MinCapacity><MaxCapacity>8.0</MaxCapacity></ServerlessV2ScalingConfiguration>';
    server.answer = (form) => result(form, `<DBClusters><DBCluster>${cluster}</DBCluster></DBClusters>`);
    expect(await api().describeClusters('eu-west-1', ['gallery'], signal)).toEqual([
      {
        cluster: 'gallery',
        status: 'available',
        engine: 'aurora-mysql',
        engineMode: 'provisioned',
        writers: ['b'],
        serverless: { minimumUnits: 0.5, maximumUnits: 8 },
      },
    ]);
  });

  test.each([
    ['describeClusters', '<DBClusters><DBCluster><Status>available</Status></DBCluster></DBClusters>'],
    ['describeInstances', '<DBInstances><DBInstance><Engine>postgres</Engine></DBInstance></DBInstances>'],
  ] as const)('never makes up what an answer of %s lacks', async (operation, xml) => {
    server.answer = (form) => result(form, xml);
    const error = await failureOf((client) => client[operation]('eu-west-1', ['x'], signal));
    expect(error.kind).toBe('Transient');
  });

  test.each([
    [400, 'DBInstanceAlreadyExists', 'DB Instance already exists', 'InvalidTarget'],
    [400, 'InvalidDBInstanceState', 'not in available state', 'UpdateInProgress'],
    [400, 'InvalidDBClusterStateFault', 'in modifying state', 'UpdateInProgress'],
    [400, 'InsufficientDBInstanceCapacity', 'not available in the zone', 'InsufficientCapacity'],
    [400, 'InstanceQuotaExceeded', 'The quota is exceeded', 'QuotaExceeded'],
    [400, 'StorageQuotaExceeded', 'The quota is exceeded', 'QuotaExceeded'],
    [404, 'DBInstanceNotFound', 'DBInstance x not found', 'NotFound'],
    [404, 'DBClusterNotFoundFault', 'DBCluster x not found', 'NotFound'],
    [400, 'InvalidParameterValue', 'Invalid DB Instance class', 'InvalidTarget'],
    [400, 'InvalidParameterCombination', 'Max storage size must be greater', 'InvalidTarget'],
    [
      400,
      'InvalidParameterCombination',
      "You can't currently modify the storage of this DB instance because the previous storage change is being optimized.",
      'UpdateInProgress',
    ],
    [403, 'AccessDenied', 'User is not authorized', 'PermissionDenied'],
    [400, 'Throttling', 'Rate exceeded', 'Throttled'],
    [503, 'ServiceUnavailable', 'Slow', 'Transient'],
  ])('says of %i %s "%s", by its code on the wire, that it is %s', async (status, code, message, kind) => {
    server.answer = () => refused(status, code, message);
    const error = await failureOf((client) => client.deleteReader('eu-west-1', 'x', signal));
    expect({ kind: error.kind, code: error.vendorCode }).toEqual({ kind, code });
    expect(server.received).toHaveLength(1);
  });
});
