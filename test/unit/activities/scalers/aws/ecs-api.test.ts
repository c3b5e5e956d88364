import { UNGUARDED } from '../../../../../activities/calls/call-guard.ts';
import { createEcsApi } from '../../../../../activities/scalers/aws/_ecs-api.ts';
import { type ScriptedVendor, startScriptedVendor } from '../../../../support/scripted-vendor.ts';

const signal = new AbortController().signal;

let ecs: ScriptedVendor;
beforeAll(async () => {
  ecs = await startScriptedVendor();
});
afterAll(() => ecs.stop());
beforeEach(() => ecs.reset());

const api = () => createEcsApi({ connection: { mode: 'sandbox', endpoint: ecs.endpoint }, guard: UNGUARDED });

const NO_ROOM =
  '(service one) was unable to place a task because no container instance met all of its requirements.';
const STARTED = '(service one) has started 2 tasks.';
const STEADY = '(service one) has reached a steady state.';

async function described(fields: object) {
  const service = { serviceName: 'one', status: 'ACTIVE', desiredCount: 9, runningCount: 4, ...fields };
  ecs.answer = () => ({ body: { services: [service] } });
  return (await api().describeServices('eu-west-1', 'c', ['one'], signal))[0];
}

describe('what ECS says of a service', () => {
  test.each([
    ['under a newer event', [STARTED, NO_ROOM], NO_ROOM],
    ['by itself', [NO_ROOM], NO_ROOM],
    ['before it was steady again', [STARTED, STEADY, NO_ROOM], ''],
    ['never', [STARTED, STEADY], ''],
    ['nothing at all', [], ''],
  ])('finds what blocks its tasks where it was said %s', async (_where, messages, blockedBy) => {
    const events = messages.map((message, index) => ({ id: String(index), message }));
    expect(await described({ events })).toMatchObject({ blockedBy, lastEvent: messages[0] ?? '' });
  });

  test('reads a strategy or a launch type', async () => {
    const strategy = [{ capacityProvider: 'machines', weight: 2, base: 1 }, { capacityProvider: 'FARGATE' }];
    expect(await described({ capacityProviderStrategy: strategy })).toMatchObject({
      strategy: [
        { provider: 'machines', weight: 2, base: 1 },
        { provider: 'FARGATE', weight: 0, base: 0 },
      ],
    });
    expect(await described({ launchType: 'EC2' })).toMatchObject({ launchType: 'EC2', strategy: [] });
  });

  test('reads capacity providers with and without a group, and leaves a missing one out', async () => {
    const autoScalingGroupArn =
      'arn:aws:autoscaling:eu-west-1:123456789012:autoScalingGroup:7b3c:autoScalingGroupName/weddings-ecs';
    const managedScaling = { status: 'ENABLED', targetCapacity: 80 };
    ecs.answer = () => ({
      body: {
        capacityProviders: [
          { name: 'machines', autoScalingGroupProvider: { autoScalingGroupArn, managedScaling } },
          { name: 'FARGATE' },
        ],
        failures: [{ arn: 'gone', reason: 'MISSING' }],
      },
    });
    const names = ['machines', 'FARGATE', 'gone'];
    expect(await api().describeCapacityProviders('eu-west-1', names, signal)).toEqual([
      { name: 'machines', group: 'weddings-ecs', managedScaling: 'ENABLED', targetPercent: 80 },
      { name: 'FARGATE', group: '', managedScaling: '', targetPercent: null },
    ]);
    expect(JSON.parse(ecs.received[0]?.body ?? '')).toEqual({ capacityProviders: names });
  });
});
