import { UNGUARDED } from '../../../../../activities/calls/call-guard.ts';
import { createScalableTargetsList } from '../../../../../activities/scalers/aws/_app-auto-scaling.ts';
import {
  createLambdaApi,
  PROVISIONED_CONCURRENCY,
} from '../../../../../activities/scalers/aws/_lambda-api.ts';
import {
  createLambdaDirectory,
  discoverVersions,
} from '../../../../../activities/scalers/aws/_lambda-discovery.ts';
import { discoveredBy } from '../../../../support/discovered.ts';
import {
  type ReceivedRequest,
  type ScriptedAnswer,
  type ScriptedVendor,
  startScriptedVendor,
} from '../../../../support/scripted-vendor.ts';

let lambda: ScriptedVendor;
beforeAll(async () => {
  lambda = await startScriptedVendor();
});
afterAll(() => lambda.stop());
beforeEach(() => lambda.reset());

function found(options = {}) {
  const access = { connection: { mode: 'sandbox', endpoint: lambda.endpoint }, guard: UNGUARDED } as const;
  const scalables = createScalableTargetsList(access, PROVISIONED_CONCURRENCY);
  return discoveredBy(
    discoverVersions(createLambdaDirectory(access), createLambdaApi(access), scalables),
    options,
  );
}

const arnOf = (name: string) => `arn:aws:lambda:eu-west-1:123456789012:function:${name}`;
const listed = (...names: readonly string[]) =>
  names.map((FunctionName) => ({ FunctionName, FunctionArn: arnOf(FunctionName) }));
const TAGGED: ScriptedAnswer = { body: { Tags: { 'wedsync:fleet': 'summer' } } };

const FUNCTIONS = '/2015-03-31/functions?MaxItems=50';
const tagsOf = (name: string) => `/2017-03-31/tags/${encodeURIComponent(arnOf(name))}`;
const configsOf = (name: string) => `/2019-09-30/functions/${name}/provisioned-concurrency?List=ALL`;
const configured = (units: Readonly<Record<string, number>>): ScriptedAnswer => ({
  body: {
    ProvisionedConcurrencyConfigs: Object.entries(units).map(([name, count]) => ({
      FunctionArn: arnOf(name),
      RequestedProvisionedConcurrentExecutions: count,
    })),
  },
});

const scalable = (id: string, MinCapacity: number, MaxCapacity: number) => ({
  ResourceId: `function:${id}`,
  MinCapacity,
  MaxCapacity,
});

/** Answers by URL, and pages of scalable targets; anything else is an empty object. */
function answerWith(
  answers: Readonly<Record<string, ScriptedAnswer>>,
  scalables: readonly (readonly object[])[] = [],
): void {
  lambda.answer = ({ url, operation, body }) => {
    if (operation !== 'DescribeScalableTargets') return answers[url] ?? {};
    const page = Number((JSON.parse(body) as { NextToken?: string }).NextToken ?? 0);
    const next = page + 1 < scalables.length ? { NextToken: String(page + 1) } : {};
    return { body: { ScalableTargets: scalables[page] ?? [], ...next } };
  };
}

const gone: ScriptedAnswer = {
  status: 404,
  headers: { 'x-amzn-errortype': 'ResourceNotFoundException' },
  body: { Message: 'Function not found' },
};

const calledFor = ({ operation, url }: ReceivedRequest) => operation || url;

describe('discovery of Lambda', () => {
  test('gives versions and aliases with provisioned concurrency or an autoscaler, and no others', async () => {
    answerWith(
      {
        [FUNCTIONS]: { body: { Functions: listed('resize', 'plain') } },
        [tagsOf('resize')]: TAGGED,
        [tagsOf('plain')]: TAGGED,
        [configsOf('resize')]: configured({ 'resize:7': 5, 'resize:live': 20 }),
      },
      [
        [scalable('resize:live', 10, 40)],
        [scalable('resize:night', 0, 9), scalable('resize-other:live', 1, 2)],
      ],
    );
    const target = {
      service: 'aws.lambda',
      region: 'eu-west-1',
      tags: { 'wedsync:fleet': 'summer' },
    };
    expect(await found()).toEqual([
      {
        ...target,
        reference: { function: 'resize', qualifier: '7' },
        autoscaled: false,
        baselineUnits: 5,
        maximumUnits: null,
      },
      {
        ...target,
        reference: { function: 'resize', qualifier: 'live' },
        autoscaled: true,
        baselineUnits: 10,
        maximumUnits: 40,
      },
      {
        ...target,
        reference: { function: 'resize', qualifier: 'night' },
        autoscaled: true,
        baselineUnits: 0,
        maximumUnits: 9,
      },
    ]);
  });

  test('takes a call for each function, one more for each that bears the tag, and a list of scalable targets', async () => {
    answerWith({
      [FUNCTIONS]: { body: { Functions: listed('a'), NextMarker: 'more' } },
      '/2015-03-31/functions?Marker=more&MaxItems=50': {
        body: { Functions: listed('b', 'c'), NextMarker: '' },
      },
      [tagsOf('b')]: TAGGED,
      [tagsOf('c')]: TAGGED,
      [configsOf('c')]: configured({ 'c:live': 1 }),
    });
    expect((await found()).map(({ reference }) => reference.function)).toEqual(['c']);
    const calls = lambda.received.map(calledFor);
    expect(calls.slice(0, 2)).toEqual([FUNCTIONS, expect.stringContaining('Marker=more')]);
    expect(calls.slice(2, 5).toSorted()).toEqual(['a', 'b', 'c'].map(tagsOf));
    expect(calls.slice(5)).toEqual([configsOf('b'), 'DescribeScalableTargets', configsOf('c')]);
    const asked = lambda.received.find(({ operation }) => operation === 'DescribeScalableTargets');
    expect(JSON.parse(asked?.body ?? '')).toEqual({
      ServiceNamespace: 'lambda',
      ScalableDimension: 'lambda:function:ProvisionedConcurrency',
      MaxResults: 50,
    });
  });

  test.each([
    ['before its tags were read', { [tagsOf('a')]: gone }],
    ['before its concurrency was read', { [tagsOf('a')]: TAGGED, [configsOf('a')]: gone }],
  ])('leaves out a function that is gone %s', async (_when, answers) => {
    answerWith({ [FUNCTIONS]: { body: { Functions: listed('a') } }, ...answers });
    expect(await found()).toEqual([]);
  });

  test('asks for the tags of one function where that is enough', async () => {
    answerWith({ [FUNCTIONS]: { body: { Functions: listed('a', 'b') } } });
    expect(await found({ atMost: 1 })).toEqual([]);
    expect(lambda.received.map(calledFor)).toEqual([FUNCTIONS, tagsOf('a')]);
  });

  test.each<[string, ScriptedAnswer, string]>([
    [
      'tags that may not be read',
      { status: 403, headers: { 'x-amzn-errortype': 'AccessDeniedException' }, body: {} },
      'PermissionDenied',
    ],
    ['a call too many', { status: 429, body: {} }, 'Throttled'],
  ])('throws for %s, and never leaves it out in silence', async (_what, answer, kind) => {
    answerWith({ [FUNCTIONS]: { body: { Functions: listed('a') } }, [tagsOf('a')]: answer });
    await expect(found()).rejects.toMatchObject({ kind });
  });

  test('throws for a function without its name', async () => {
    answerWith({ [FUNCTIONS]: { body: { Functions: [{ FunctionArn: arnOf('a') }] } } });
    await expect(found()).rejects.toMatchObject({ kind: 'Transient' });
  });
});
