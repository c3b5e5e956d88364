import { UNGUARDED } from '../../../../../activities/calls/call-guard.ts';
import {
  createEksDirectory,
  discoverNodegroups,
} from '../../../../../activities/scalers/aws/_eks-discovery.ts';
import { discoveredBy } from '../../../../support/discovered.ts';
import {
  type ScriptedAnswer,
  type ScriptedVendor,
  startScriptedVendor,
} from '../../../../support/scripted-vendor.ts';

let eks: ScriptedVendor;
beforeAll(async () => {
  eks = await startScriptedVendor();
});
afterAll(() => eks.stop());
beforeEach(() => eks.reset());

function found(options = {}) {
  const access = { connection: { mode: 'sandbox', endpoint: eks.endpoint }, guard: UNGUARDED } as const;
  return discoveredBy(discoverNodegroups(createEksDirectory(access)), options);
}

const gone: ScriptedAnswer = {
  status: 404,
  headers: { 'x-amzn-errortype': 'ResourceNotFoundException' },
  body: { message: 'No node group found for name: blue.' },
};

const nodegroup = (fields: object = {}): ScriptedAnswer => ({
  body: {
    nodegroup: { status: 'ACTIVE', scalingConfig: { minSize: 2, maxSize: 9, desiredSize: 4 }, ...fields },
  },
});

/** Answers by path and query; anything else is an empty object. */
function answerWith(answers: Readonly<Record<string, ScriptedAnswer>>): void {
  eks.answer = ({ url }) => answers[url] ?? {};
}

const CLUSTERS = '/clusters?maxResults=100';
const groupsOf = (cluster: string) => `/clusters/${cluster}/node-groups?maxResults=100`;

/** One cluster with one node group. */
function one(answer: ScriptedAnswer): void {
  answerWith({
    [CLUSTERS]: { body: { clusters: ['a'] } },
    [groupsOf('a')]: { body: { nodegroups: ['blue'] } },
    '/clusters/a/node-groups/blue': answer,
  });
}

describe('discovery of EKS', () => {
  test('goes through all pages of clusters and of their node groups', async () => {
    answerWith({
      [CLUSTERS]: { body: { clusters: ['a'], nextToken: 'x' } },
      [`${CLUSTERS}&nextToken=x`]: { body: { clusters: ['empty', 'b'], nextToken: null } },
      [groupsOf('a')]: { body: { nodegroups: ['blue'], nextToken: 'y' } },
      [`${groupsOf('a')}&nextToken=y`]: { body: { nodegroups: ['green'] } },
      [groupsOf('b')]: { body: { nodegroups: ['blue'] } },
      '/clusters/a/node-groups/blue': nodegroup(),
      '/clusters/a/node-groups/green': nodegroup(),
      '/clusters/b/node-groups/blue': nodegroup(),
    });
    expect((await found()).map(({ reference }) => reference)).toEqual([
      { cluster: 'a', nodegroup: 'blue' },
      { cluster: 'a', nodegroup: 'green' },
      { cluster: 'b', nodegroup: 'blue' },
    ]);
    expect(eks.received).toHaveLength(9);
  });

  test('leaves open whether an autoscaler is there, unless the tag of a Cluster Autoscaler is', async () => {
    one(nodegroup({ tags: { team: 'photos' } }));
    expect(await found()).toEqual([
      {
        service: 'aws.eks',
        region: 'eu-west-1',
        reference: { cluster: 'a', nodegroup: 'blue' },
        tags: { team: 'photos' },
        autoscaled: null,
        baselineUnits: 2,
        countUnits: 4,
        maximumUnits: 9,
      },
    ]);
    one(nodegroup({ tags: { 'k8s.io/cluster-autoscaler/enabled': 'true' } }));
    const [target] = await found();
    expect(target).toMatchObject({ autoscaled: true, baselineUnits: 2 });
    expect(target).not.toHaveProperty('countUnits');
  });

  test.each([
    ['is being deleted', nodegroup({ status: 'DELETING' })],
    ['was never made', nodegroup({ status: 'CREATE_FAILED' })],
    ['is gone since it was listed', gone],
  ])('leaves out what %s', async (_what, answer) => {
    one(answer);
    expect(await found()).toEqual([]);
  });

  test('leaves out a cluster that is gone since it was listed', async () => {
    answerWith({ [CLUSTERS]: { body: { clusters: ['a'] } }, [groupsOf('a')]: gone });
    expect(await found()).toEqual([]);
  });

  test('looks at one cluster and one node group where that is enough', async () => {
    answerWith({
      [CLUSTERS]: { body: { clusters: ['a', 'b'] } },
      [groupsOf('a')]: { body: { nodegroups: ['blue', 'green'] } },
      '/clusters/a/node-groups/blue': nodegroup(),
    });
    expect(await found({ atMost: 1 })).toHaveLength(1);
    expect(eks.received).toHaveLength(3);
  });

  test.each([
    ['no sizes', nodegroup({ scalingConfig: {} }), 'Transient'],
    [
      'a refusal',
      { status: 403, headers: { 'x-amzn-errortype': 'AccessDeniedException' }, body: {} },
      'PermissionDenied',
    ],
  ])('throws for %s, and never leaves it out in silence', async (_what, answer, kind) => {
    one(answer as ScriptedAnswer);
    await expect(found()).rejects.toMatchObject({ kind });
  });
});
