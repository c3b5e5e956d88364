import type { LaunchTemplateOverrides, MixedInstancesPolicy } from '@aws-sdk/client-auto-scaling';
import { asgQuotas } from '../../../../../activities/scalers/aws/_asg-quotas.ts';
import type {
  LaunchTemplateMachine,
  LaunchTemplateVersion,
} from '../../../../../activities/scalers/aws/_ec2-api.ts';
import { eksQuotas } from '../../../../../activities/scalers/aws/_eks-quotas.ts';
import type { MachineUse } from '../../../../../activities/scalers/aws/_vcpu-quotas.ts';
import { target } from '../../../../support/planning.ts';

const signal = new AbortController().signal;
const REGION = 'eu-west-1';

/** Launch templates by id, and every use that was asked for; the reading itself is another's matter. */
function machines(templates: Readonly<Record<string, Partial<LaunchTemplateMachine>>> = {}) {
  const asked: string[] = [];
  const uses: MachineUse[] = [];
  return {
    asked,
    uses,
    ec2: {
      launchTemplate: async (region: string, { id = '', version }: LaunchTemplateVersion) => {
        asked.push(`${region} ${id} ${version}`);
        return { instanceType: 'm5.large', purchase: 'on-demand', ...templates[id] } as LaunchTemplateMachine;
      },
    },
    vcpus: async (some: readonly MachineUse[]) => {
      uses.push(...some);
      return [];
    },
  };
}

describe('quotas of Auto Scaling groups', () => {
  const TEMPLATE = { LaunchTemplateId: 'lt-1', LaunchTemplateName: 'web', Version: '7' };
  const policyOf = (
    overrides: readonly LaunchTemplateOverrides[],
    distribution: MixedInstancesPolicy['InstancesDistribution'] = {},
  ): MixedInstancesPolicy => ({
    LaunchTemplate: { LaunchTemplateSpecification: TEMPLATE, Overrides: [...overrides] },
    InstancesDistribution: distribution,
  });

  async function usesOf(
    fields: {
      readonly policy?: MixedInstancesPolicy | null;
      readonly launchTemplate?: typeof TEMPLATE | null;
      readonly desiredUnits?: number;
    },
    spotPercent?: number,
    templates: Parameters<typeof machines>[0] = {},
  ) {
    const web = target({
      id: 'web',
      service: 'aws.asg',
      region: REGION,
      reference: { group: 'web' },
      ...(spotPercent !== undefined && { spotPercent }),
    });
    const group = { group: 'web', desiredUnits: 10, policy: null, launchTemplate: null, ...fields };
    const { asked, uses, ec2, vcpus } = machines(templates);
    const reader = asgQuotas({ groups: async () => [{ target: web, group }], ec2, vcpus });
    await reader.quotas([web], signal);
    return {
      asked,
      groups: uses.flatMap((use) => use.groups),
      uses: uses.map(({ target: _target, groups: _groups, ...use }) => use),
    };
  }

  test.each([
    ['on demand', 'on-demand', [{ machines: [{ instanceType: 'm5.large', units: 1 }], spotPercent: 0 }]],
    ['interruptible', 'spot', [{ machines: [{ instanceType: 'm5.large', units: 1 }], spotPercent: 100 }]],
    ['of a Capacity Block, which count against none', 'capacity-block', []],
  ] as const)('of a launch template are %s', async (_what, purchase, expected) => {
    const { asked, uses } = await usesOf({ launchTemplate: TEMPLATE }, undefined, { 'lt-1': { purchase } });
    expect(uses).toEqual(expected);
    expect(asked).toEqual(['eu-west-1 lt-1 7']);
  });

  test.each([
    ['a policy', { policy: policyOf([{ InstanceType: 'm5.large' }]) }],
    ['a launch template', { launchTemplate: TEMPLATE }],
  ])('of %s are looked for in the group', async (_what, fields) => {
    expect((await usesOf(fields)).groups).toEqual(['web']);
  });

  test('of a policy are of the types it lists, by their weights, and of no template', async () => {
    const policy = policyOf([
      { InstanceType: 'm5.xlarge', WeightedCapacity: '2' },
      { InstanceType: 'c5.4xlarge', WeightedCapacity: '8' },
    ]);
    const { asked, uses } = await usesOf({ policy });
    expect(uses).toEqual([
      {
        machines: [
          { instanceType: 'm5.xlarge', units: 2 },
          { instanceType: 'c5.4xlarge', units: 8 },
        ],
        spotPercent: 0,
      },
    ]);
    expect(asked).toEqual([]);
  });

  test.each([
    ['its own template where it lists none', [], ['eu-west-1 lt-1 7']],
    [
      "an entry's own template where that names no type",
      [{ LaunchTemplateSpecification: { LaunchTemplateId: 'lt-2' } }],
      ['eu-west-1 lt-2 $Default'],
    ],
  ])('of a policy are of %s', async (_what, overrides, templates) => {
    const { asked, uses } = await usesOf({ policy: policyOf(overrides) });
    expect(uses[0]?.machines).toEqual([{ instanceType: 'm5.large', units: 1 }]);
    expect(asked).toEqual(templates);
  });

  test.each([
    ['as the policy says', 30, undefined, { spotPercent: 70 }],
    ['as the target declares, where that is the same', 30, 70, { spotPercent: 70 }],
    [
      'as the target declares; a larger share has others replaced above the base',
      100,
      25,
      { spotPercent: 25, replaced: { by: 'spot', units: 2 } },
    ],
    [
      'as the target declares; so has a smaller one',
      0,
      50,
      { spotPercent: 50, replaced: { by: 'on-demand', units: 4 } },
    ],
  ] as const)('of a policy are interruptible %s', async (_what, percent, spotPercent, expected) => {
    const policy = policyOf([{ InstanceType: 'm5.large' }], {
      OnDemandBaseCapacity: 2,
      OnDemandPercentageAboveBaseCapacity: percent,
    });
    const { uses } = await usesOf({ policy }, spotPercent);
    expect(uses).toEqual([{ machines: [{ instanceType: 'm5.large', units: 1 }], ...expected }]);
  });

  test.each([
    [
      'attributes in place of a type',
      { policy: policyOf([{ InstanceRequirements: { VCpuCount: { Min: 2 }, MemoryMiB: { Min: 1 } } }]) },
    ],
    ['a template without a type', { launchTemplate: TEMPLATE }],
    ['a launch configuration', {}],
    [
      'distribution segments',
      { policy: policyOf([{ InstanceType: 'm5.large' }], { DistributionSegments: [{}] as never }) },
    ],
  ])('of a group with %s are no guess, and the target is named', async (_what, fields) => {
    const templates = { 'lt-1': { instanceType: null } };
    await expect(usesOf(fields, undefined, templates)).rejects.toMatchObject({
      kind: 'InvalidTarget',
      resource: 'web',
    });
  });
});

describe('quotas of managed node groups', () => {
  const NODES = {
    autoScalingGroups: ['eks-nodes-1'],
    capacityType: 'ON_DEMAND',
    desiredUnits: 4,
    instanceTypes: [],
    launchTemplate: null,
  };
  const read = async (fields: object, templates: Parameters<typeof machines>[0] = {}) => {
    const { asked, uses, ec2, vcpus } = machines(templates);
    const limits: string[] = [];
    const reader = eksQuotas({
      nodegroups: async (targets) =>
        targets.map((each) => ({ target: each, nodegroup: { ...NODES, ...fields } })),
      ec2,
      limits: async (region, { quotaService, code }) => {
        limits.push(`${region} ${quotaService} ${code}`);
        return 450;
      },
      vcpus,
    });
    const nodegroup = (id: string) =>
      target({ id, service: 'aws.eks', region: REGION, reference: { cluster: 'weddings', nodegroup: id } });
    const readings = await reader.quotas([nodegroup('web'), nodegroup('batch')], signal);
    return { asked, limits, readings, use: uses[0] };
  };
  const LAUNCHED = { launchTemplate: { id: 'lt-9', version: '3' } };

  test.each<[string, object, string | null, readonly string[]]>([
    ['the types of the group', { instanceTypes: ['m5.large', 'm6i.large'] }, null, ['m5.large', 'm6i.large']],
    ["its launch template's type", LAUNCHED, 'c5.xlarge', ['c5.xlarge']],
    ["EKS's own choice where nobody names one", LAUNCHED, null, ['t3.medium']],
    ["EKS's own choice without a template", {}, null, ['t3.medium']],
  ])('are of %s', async (_what, fields, instanceType, expected) => {
    const { use } = await read(fields, { 'lt-9': { instanceType } });
    expect(use?.machines).toEqual(expected.map((type) => ({ instanceType: type, units: 1 })));
  });

  test.each([
    ['ON_DEMAND', 0],
    ['SPOT', 100],
    ['CAPACITY_BLOCK', undefined],
  ])('of capacity type %s are interruptible by %p percent', async (capacityType, spotPercent) => {
    const { use } = await read({ instanceTypes: ['m5.large'], capacityType });
    expect(use?.spotPercent).toBe(spotPercent);
  });

  test('are looked for in the groups behind it', async () => {
    const { use } = await read({ instanceTypes: ['m5.large'] });
    expect(use?.groups).toEqual(['eks-nodes-1']);
  });

  test('bound every group on its own, by the limit of the account', async () => {
    const { limits, readings } = await read({ instanceTypes: ['m5.large'] });
    expect(readings).toEqual([
      {
        provider: 'aws',
        quota: 'L-BD136A63',
        title: 'Nodes per managed node group',
        quotaService: 'eks',
        region: REGION,
        resource: 'weddings/web',
        unit: 'nodes',
        limit: 450,
        used: 4,
        perUnit: { web: 1 },
        counted: { web: 4 },
      },
      expect.objectContaining({
        resource: 'weddings/batch',
        perUnit: { batch: 1 },
        counted: { batch: 4 },
      }),
    ]);
    expect(limits).toEqual(['eu-west-1 eks L-BD136A63']);
  });
});
