import { UNGUARDED } from '../../../../../activities/calls/call-guard.ts';
import { createEc2Api } from '../../../../../activities/scalers/aws/_ec2-api.ts';
import { type ScriptedVendor, startScriptedVendor } from '../../../../support/scripted-vendor.ts';

const signal = new AbortController().signal;

let vendor: ScriptedVendor;
beforeAll(async () => {
  vendor = await startScriptedVendor();
});
afterAll(() => vendor.stop());
beforeEach(() => vendor.reset());

const ec2 = () =>
  createEc2Api({ connection: { mode: 'sandbox', endpoint: vendor.endpoint }, guard: UNGUARDED });
const xml = (body: string) => ({ headers: { 'content-type': 'text/xml' }, body });
const asked = () => vendor.received.map(({ body }) => Object.fromEntries(new URLSearchParams(body)));

describe('a launch template', () => {
  const version = (data: string) =>
    xml(
      `<DescribeLaunchTemplateVersionsResponse><launchTemplateVersionSet><item>${data}</item></launchTemplateVersionSet></DescribeLaunchTemplateVersionsResponse>`,
    );

  test.each([
    ['<instanceType>m5.large</instanceType>', { instanceType: 'm5.large', purchase: 'on-demand' }],
    [
      '<instanceType>m5.large</instanceType><instanceMarketOptions><marketType>spot</marketType></instanceMarketOptions>',
      { instanceType: 'm5.large', purchase: 'spot' },
    ],
    [
      '<instanceType>p5.48xlarge</instanceType><instanceMarketOptions><marketType>capacity-block</marketType></instanceMarketOptions>',
      { instanceType: 'p5.48xlarge', purchase: 'capacity-block' },
    ],
    ['<imageId>ami-1</imageId>', { instanceType: null, purchase: 'on-demand' }],
  ])('says %s', async (data, expected) => {
    vendor.answer = () => version(`<launchTemplateData>${data}</launchTemplateData>`);
    const template = { id: 'lt-1', name: 'web', version: '$Latest' };
    expect(await ec2().launchTemplate('eu-west-1', template, signal)).toEqual(expected);
    // AWS gives both names of a template and takes one.
    expect(asked()).toMatchObject([{ LaunchTemplateId: 'lt-1', 'LaunchTemplateVersion.1': '$Latest' }]);
    expect(asked()[0]).not.toHaveProperty('LaunchTemplateName');
  });

  test('is asked for by its name where it has no id', async () => {
    vendor.answer = () => version('<launchTemplateData/>');
    await ec2()
      .launchTemplate('eu-west-1', { name: 'web', version: '3' }, signal)
      .catch(() => undefined);
    expect(asked()).toMatchObject([{ LaunchTemplateName: 'web', 'LaunchTemplateVersion.1': '3' }]);
  });

  test('without the version asked for is no answer', async () => {
    vendor.answer = () =>
      xml(
        '<DescribeLaunchTemplateVersionsResponse><launchTemplateVersionSet/></DescribeLaunchTemplateVersionsResponse>',
      );
    const read = ec2().launchTemplate('eu-west-1', { id: 'lt-1', version: '3' }, signal);
    await expect(read).rejects.toMatchObject({ kind: 'Transient' });
  });
});

test('machines that run are those about to run as well, page by page, without those of Capacity Blocks', async () => {
  const machine = (fields: string) => `<item><instanceType>m5.large</instanceType>${fields}</item>`;
  const page = (machines: string, token: string) =>
    xml(
      `<DescribeInstancesResponse><reservationSet><item><instancesSet>${machines}</instancesSet></item></reservationSet>${token}</DescribeInstancesResponse>`,
    );
  vendor.answer = ({ body }) =>
    new URLSearchParams(body).has('NextToken')
      ? page(machine('<instanceLifecycle>spot</instanceLifecycle>'), '')
      : page(
          machine('') + machine('<instanceLifecycle>capacity-block</instanceLifecycle>'),
          '<nextToken>more</nextToken>',
        );
  expect(await ec2().running('eu-west-1', signal)).toEqual([
    { instanceType: 'm5.large', spot: false },
    { instanceType: 'm5.large', spot: true },
  ]);
  expect(asked()[0]).toMatchObject({ 'Filter.1.Value.1': 'pending', 'Filter.1.Value.2': 'running' });
});
