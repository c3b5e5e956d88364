import { UNGUARDED } from '../../../../../activities/calls/call-guard.ts';
import { createAsgDirectory, discoverGroups } from '../../../../../activities/scalers/aws/_asg-discovery.ts';
import { discoveredBy } from '../../../../support/discovered.ts';
import { type QueryServer, refused, result, startQueryServer } from '../../../../support/query-server.ts';

let server: QueryServer;
beforeAll(async () => {
  server = await startQueryServer();
});
afterAll(() => server.stop());
beforeEach(() => server.reset());

/** Groups with an enabled policy, by name. */
function found(moved: readonly string[] = []) {
  const access = { connection: { mode: 'sandbox', endpoint: server.endpoint }, guard: UNGUARDED } as const;
  const asked: (readonly string[])[] = [];
  const api = {
    autoscaledGroups: async (_region: string, groups: readonly string[]) => {
      asked.push(groups);
      return new Set(moved);
    },
  };
  return { asked, targets: discoveredBy(discoverGroups(createAsgDirectory(access), api)) };
}

const tag = (key: string, value: string) =>
  `<member><Key>${key}</Key><Value>${value}</Value><PropagateAtLaunch>false</PropagateAtLaunch></member>`;

const groupXml = (name: string, { tags = '', extra = '' } = {}) =>
  `<member><AutoScalingGroupName>${name}</AutoScalingGroupName><MinSize>2</MinSize>` +
  `<DesiredCapacity>4</DesiredCapacity><MaxSize>9</MaxSize>${extra}` +
  `<Tags>${tag('wedsync:fleet', 'summer')}${tags}</Tags></member>`;

const groups = (...members: readonly string[]) =>
  `<AutoScalingGroups>${members.join('')}</AutoScalingGroups>`;

function answerWith(...members: readonly string[]): void {
  server.answer = (form) => result(form, groups(...members));
}

const share = (percent: string) =>
  `<MixedInstancesPolicy><InstancesDistribution>${percent}</InstancesDistribution></MixedInstancesPolicy>`;

describe('discovery of EC2 Auto Scaling', () => {
  test('asks for what bears the tag and follows the pages, also past an empty one', async () => {
    const pages = [groups(groupXml('a')), groups(), groups(groupXml('b'))];
    server.answer = (form) => {
      const page = Number(form.NextToken ?? 0);
      const next = page < 2 ? `<NextToken>${page + 1}</NextToken>` : '';
      return result(form, `${pages[page]}${next}`);
    };
    const { asked, targets } = found();
    expect((await targets).map(({ reference }) => reference.group)).toEqual(['a', 'b']);
    const asking = {
      'Filters.member.1.Name': 'tag-key',
      'Filters.member.1.Values.member.1': 'wedsync:fleet',
    };
    expect(server.received).toMatchObject([
      { ...asking, MaxRecords: '100' },
      { ...asking, NextToken: '1' },
      { ...asking, NextToken: '2' },
    ]);
    expect(asked).toEqual([['a', 'b']]);
  });

  test.each([
    ['a policy', ['web'], '', { autoscaled: true, baselineUnits: 2 }],
    ['nothing', [], '', { autoscaled: false, baselineUnits: 4 }],
    [
      'a Cluster Autoscaler, by its tag',
      [],
      tag('k8s.io/cluster-autoscaler/enabled', ''),
      { autoscaled: true, baselineUnits: 2 },
    ],
    [
      'perhaps a Cluster Autoscaler, as its instances are nodes',
      [],
      tag('kubernetes.io/cluster/weddings', 'owned'),
      { autoscaled: null, baselineUnits: 2, countUnits: 4 },
    ],
  ])('tells that the count is moved by %s', async (_whom, moved, tags, fields) => {
    answerWith(groupXml('web', { tags }));
    const [target] = await found(moved).targets;
    expect(target).toMatchObject({
      service: 'aws.asg',
      region: 'eu-west-1',
      reference: { group: 'web' },
      maximumUnits: 9,
      ...fields,
    });
    expect(target).not.toHaveProperty('spotPercent');
    if (fields.autoscaled !== null) expect(target).not.toHaveProperty('countUnits');
  });

  test.each([
    [
      'the rest of on-demand',
      share('<OnDemandPercentageAboveBaseCapacity>30</OnDemandPercentageAboveBaseCapacity>'),
      70,
    ],
    ['none where the policy says none', share(''), 0],
    ['not known without a policy', '', undefined],
  ])('gives the share of spot instances: %s', async (_what, extra, spotPercent) => {
    answerWith(groupXml('web', { extra }));
    expect((await found().targets)[0]?.spotPercent).toBe(spotPercent);
  });

  test('leaves out what may not be changed, and asks for no policies where nothing is left', async () => {
    answerWith(
      groupXml('nodes', { tags: tag('eks:nodegroup-name', 'blue') }),
      groupXml('operated', { extra: '<Operator><Principal>eks.amazonaws.com</Principal></Operator>' }),
      groupXml('gone', { extra: '<Status>Delete in progress</Status>' }),
    );
    const { asked, targets } = found();
    expect([await targets, asked]).toEqual([[], []]);
  });

  test('throws where groups may not be read, and for one that AWS gave no sizes of', async () => {
    server.answer = () => refused(403, 'AccessDenied', 'not authorized');
    await expect(found().targets).rejects.toMatchObject({ kind: 'PermissionDenied' });
    answerWith('<member><AutoScalingGroupName>a</AutoScalingGroupName></member>');
    await expect(found().targets).rejects.toMatchObject({ kind: 'Transient' });
  });
});
