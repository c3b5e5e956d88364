import {
  GetAccountSettingsCommand,
  GetFunctionCommand,
  LambdaClient,
  ListFunctionsCommand,
  ListProvisionedConcurrencyConfigsCommand,
  ListTagsCommand,
} from '@aws-sdk/client-lambda';
import { UNGUARDED } from '../../../activities/calls/call-guard.ts';
import { createLambdaScaler } from '../../../activities/scalers/aws/lambda.ts';
import type { ScalingTarget } from '../../../domain/fleet.ts';
import { type OwnedFields, sameOwned } from '../../../domain/owned-fields.ts';
import type { Progress, Scaler } from '../../../domain/scaler.ts';
import { type SandboxProcess, startSandbox } from '../../support/sandbox.ts';

const TIME_SCALE = 300;
const REGION = 'eu-west-1';
const signal = new AbortController().signal;

function target(name: string, qualifier = 'live'): ScalingTarget {
  return {
    id: `aws.lambda/${name}/${qualifier}`,
    service: 'aws.lambda',
    region: REGION,
    reference: { function: name, qualifier },
    workload: 'uploads',
    markets: ['gb'],
    capacityPerUnit: 10,
    maximumUnits: 50_000,
    hourlyUsdPerUnit: 0.015,
    critical: false,
    requiresStabilization: false,
    leadTimeMinutes: 10,
    loadSource: { kind: 'observations' },
    autoscaled: false,
    baselineUnits: 0,
  };
}

const resource = (name: string, units: number, fields: object = {}) => ({
  service: 'aws.lambda',
  region: REGION,
  reference: { function: name, qualifier: 'live' },
  autoscaled: false,
  units,
  ...fields,
});

const WORLD = {
  resources: [
    resource('thumbnails', 5),
    resource('emails', 0),
    resource('gallery', 4, { autoscaled: true, minimumUnits: 4, maximumUnits: 20 }),
    resource('reserved', 5, { attributes: { reservedUnits: 50, tags: { purpose: 'weddings' } } }),
    resource('reserved', 10, { reference: { function: 'reserved', qualifier: '7' } }),
    resource('broken', 2, { attributes: { allocationFailure: 'FUNCTION_ERROR_INIT_FAILURE' } }),
  ],
};

const count = (units: number): OwnedFields => ({ kind: 'count', units });
const range = (minimumUnits: number, maximumUnits: number): OwnedFields => ({
  kind: 'range',
  minimumUnits,
  maximumUnits,
});

let sandbox: SandboxProcess;
let scaler: Scaler;
let observer: LambdaClient;

beforeAll(async () => {
  sandbox = await startSandbox({ timeScale: TIME_SCALE });
  const endpoint = sandbox.addresses.aws;
  scaler = createLambdaScaler({ mode: 'sandbox', endpoint }, { guard: UNGUARDED });
  const credentials = { accessKeyId: 'observer', secretAccessKey: 'observer' };
  observer = new LambdaClient({ endpoint, region: REGION, credentials, maxAttempts: 1 });
});
afterAll(() => sandbox.stop());
beforeEach(() => sandbox.loadWorld(WORLD));

async function stateOf(wanted: ScalingTarget) {
  const state = (await scaler.read([wanted], signal)).get(wanted.id);
  if (!state) throw new Error('not read');
  return state;
}

async function apply(wanted: ScalingTarget, want: OwnedFields) {
  return scaler.apply(wanted, await stateOf(wanted), want, 'key', signal);
}

async function progressOf(wanted: ScalingTarget, want: OwnedFields): Promise<Progress> {
  return (await scaler.progress([wanted], new Map([[wanted.id, want]]), signal)).get(wanted.id) as Progress;
}

/** Looks again until it is not moving any more; fails by the test's time limit. */
async function ended(wanted: ScalingTarget, want: OwnedFields): Promise<readonly Progress[]> {
  const seen: Progress[] = [];
  for (;;) {
    const progress = await progressOf(wanted, want);
    seen.push(progress);
    if (progress.status !== 'moving') return seen;
    await new Promise((resolve) => setTimeout(resolve, 40));
  }
}

describe('the Lambda scaler against the sandbox', () => {
  test('reads what is provisioned, a range where an autoscaler is registered, and 0 where there is none', async () => {
    const targets = ['thumbnails', 'emails', 'gallery'].map((name) => target(name));
    const states = await scaler.read(targets, signal);
    expect([...states.values()]).toEqual([
      { owned: count(5), servingUnits: 5, fence: null },
      { owned: count(0), servingUnits: 0, fence: null },
      { owned: range(4, 20), servingUnits: 4, fence: null },
    ]);
  });

  test('settles when an allocation is complete: until then no new environment takes a request', async () => {
    await apply(target('thumbnails'), count(2_000));
    const seen = await ended(target('thumbnails'), count(2_000));
    expect(seen.at(-1)).toEqual({ status: 'settled', servingUnits: 2_000 });
    expect(seen.slice(0, -1).map((progress) => progress.servingUnits)).toEqual(
      Array(seen.length - 1).fill(5),
    );
    expect(seen.length).toBeGreaterThan(1);
  });

  test('an allocation takes its preparation and then as long as 6,000 environments a minute need', async () => {
    const until = async (name: string, units: number): Promise<number> => {
      await apply(target(name), count(units));
      const [before] = await sandbox.ledger();
      const { resources } = await sandbox.world();
      const { busyUntilMs } = resources.find((one: { key: string }) => one.key.includes(name));
      await sandbox.loadWorld(WORLD);
      return busyUntilMs - Date.parse(before?.serviceAt ?? '');
    };
    const [few, many] = [await until('emails', 1), await until('emails', 12_000)];
    expect(few).toBeGreaterThanOrEqual(90_000);
    expect(many).toBeGreaterThanOrEqual(90_000 + 120_000);
  });

  test('a raised minimum is followed by the autoscaler and is reached when the environments are there', async () => {
    const want = scaler.plan(range(4, 20), { floorUnits: 30, maximumUnits: 100 });
    await apply(target('gallery'), want);
    expect((await ended(target('gallery'), want)).at(-1)).toEqual({ status: 'settled', servingUnits: 30 });
    expect(await sandbox.ledger()).toMatchObject([
      {
        operation: 'RegisterScalableTarget',
        caller: 'SANDBOX',
        after: { minimumUnits: 30, maximumUnits: 30 },
      },
      { operation: 'autoscale', after: { desiredUnits: 30 } },
    ]);
  });

  test('"none" is given back as none, not as a 0 and not by reserved concurrency', async () => {
    const before = await stateOf(target('emails'));
    await apply(target('emails'), count(10));
    await ended(target('emails'), count(10));
    await apply(target('emails'), before.owned);
    expect(await stateOf(target('emails'))).toEqual(before);
    expect((await sandbox.ledger()).map(({ operation }) => operation)).toEqual([
      'PutProvisionedConcurrencyConfig',
      'DeleteProvisionedConcurrencyConfig',
    ]);
    const { Concurrency } = await observer.send(new GetFunctionCommand({ FunctionName: 'emails' }));
    expect(Concurrency).toBeUndefined();
  });

  test('a floor above the reserved concurrency is refused with what other versions leave of it', async () => {
    const refused = { kind: 'QuotaExceeded', highestAcceptableUnits: 40 };
    await expect(apply(target('reserved'), count(41))).rejects.toMatchObject(refused);
    expect(await sandbox.ledger()).toEqual([]);
    await expect(apply(target('reserved'), count(40))).resolves.toBeDefined();
  });

  test("what the account has no room for is QuotaExceeded in Lambda's own words", async () => {
    const seen = await stateOf(target('emails'));
    await expect(scaler.apply(target('emails'), seen, count(49_999), 'key', signal)).rejects.toMatchObject({
      kind: 'QuotaExceeded',
      message: expect.stringContaining("decreases account's UnreservedConcurrentExecution below its minimum"),
    });
    expect(await sandbox.ledger()).toEqual([]);
  });

  test("an allocation that fails is failed, with Lambda's reason", async () => {
    await apply(target('broken'), count(10));
    expect((await ended(target('broken'), count(10))).at(-1)).toMatchObject({
      status: 'failed',
      servingUnits: 2,
      reason: expect.stringContaining('FUNCTION_ERROR_INIT_FAILURE'),
    });
  });

  test('a throttle is Throttled with its wait, and nothing has changed', async () => {
    const match = { operation: 'PutProvisionedConcurrencyConfig' };
    await sandbox.faults({ match, kind: 'throttle', times: 1, retryAfterSeconds: 4 });
    const throttled = { kind: 'Throttled', retryAfterMs: 4_000, vendorCode: 'TooManyRequestsException' };
    await expect(apply(target('emails'), count(3))).rejects.toMatchObject(throttled);
    expect(await sandbox.ledger()).toEqual([]);
  });

  test('a lost answer is Transient although the change is there; a repeat changes nothing more', async () => {
    const match = { operation: 'PutProvisionedConcurrencyConfig' };
    await sandbox.faults({ match, kind: 'lostAnswer', times: 1 });
    await expect(apply(target('emails'), count(3))).rejects.toMatchObject({ kind: 'Transient' });
    expect(sameOwned((await stateOf(target('emails'))).owned, count(3))).toBe(true);
    await apply(target('emails'), count(3));
    expect((await sandbox.ledger()).map((entry) => entry.effective)).toEqual([true, false]);
  });

  test('a function, and an alias, that is not there is NotFound', async () => {
    for (const gone of [target('nobody'), target('emails', 'beta'), target('emails', '99')]) {
      await expect(stateOf(gone)).rejects.toMatchObject({ kind: 'NotFound' });
    }
  });
});

describe('what the sandbox tells of functions', () => {
  test('lists them page by page, with tags and with what is provisioned on each', async () => {
    const first = await observer.send(new ListFunctionsCommand({ MaxItems: 3 }));
    const second = await observer.send(new ListFunctionsCommand({ MaxItems: 3, Marker: first.NextMarker }));
    const names = [...(first.Functions ?? []), ...(second.Functions ?? [])].map((one) => one.FunctionName);
    expect(names).toEqual(['broken', 'emails', 'gallery', 'reserved', 'thumbnails']);
    const Resource = `arn:aws:lambda:${REGION}:123456789012:function:reserved`;
    expect((await observer.send(new ListTagsCommand({ Resource }))).Tags).toEqual({ purpose: 'weddings' });
    const command = new ListProvisionedConcurrencyConfigsCommand({ FunctionName: 'reserved' });
    const configs = (await observer.send(command)).ProvisionedConcurrencyConfigs ?? [];
    expect(configs).toMatchObject([
      { FunctionArn: `${Resource}:live`, RequestedProvisionedConcurrentExecutions: 5, Status: 'READY' },
      { FunctionArn: `${Resource}:7`, RequestedProvisionedConcurrentExecutions: 10, Status: 'READY' },
    ]);
  });

  test('counts reserved and provisioned concurrency against what the account has left', async () => {
    const left = async () => (await observer.send(new GetAccountSettingsCommand({}))).AccountLimit;
    const before = await left();
    // 5 + 4 + 2 are provisioned; the 15 of the function with reserved concurrency are part of its 50.
    expect(before?.UnreservedConcurrentExecutions).toBe((before?.ConcurrentExecutions ?? 0) - 61);
    await apply(target('emails'), count(100));
    expect((await left())?.UnreservedConcurrentExecutions).toBe(
      (before?.UnreservedConcurrentExecutions ?? 0) - 100,
    );
  });
});
