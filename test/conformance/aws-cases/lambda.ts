import {
  CreateAliasCommand,
  CreateFunctionCommand,
  GetProvisionedConcurrencyConfigCommand,
  LambdaClient,
  ProvisionedConcurrencyConfigNotFoundException,
  PutProvisionedConcurrencyConfigCommand,
} from '@aws-sdk/client-lambda';
import { UNGUARDED } from '../../../activities/calls/call-guard.ts';
import { createLambdaApi } from '../../../activities/scalers/aws/_lambda-api.ts';
import { lambdaScaler } from '../../../activities/scalers/aws/lambda.ts';
import type { Scaler } from '../../../domain/scaler.ts';
import { targetOf } from '../cloud-targets.ts';
import type { LeverCase } from '../contract-moves.ts';
import { observer, REGION } from './observer.ts';
import { registered } from './scalable-targets.ts';

const SERVICE = 'aws.lambda';
const FLOOR = 12;

/** An archive without a file in it: nothing of the functions is run. */
const EMPTY_ZIP = Buffer.from([0x50, 0x4b, 0x05, 0x06, ...Array<number>(18).fill(0)]);

/**
 * Two functions with provisioned concurrency on an alias, and a third with none yet.
 * @param scalingEndpoint where Application Auto Scaling is: it stores the minimum of the second and does not act on it.
 */
export async function lambdaCases(endpoint: string, scalingEndpoint: string): Promise<readonly LeverCase[]> {
  const lambda = new LambdaClient(observer(endpoint));
  for (const name of ['uploads', 'gallery', 'streams']) await createFunction(lambda, name);
  for (const name of ['uploads', 'gallery']) await provision(lambda, name, 3);
  const range = { kind: 'range', minimumUnits: 3, maximumUnits: 8 } as const;
  const name = { namespace: 'lambda', dimension: 'lambda:function:ProvisionedConcurrency' } as const;
  const scalable = await registered(scalingEndpoint, { ...name, resourceId: 'function:gallery:live' }, range);
  const scaler = scalerAt(endpoint, scalingEndpoint);
  const caseOf = (functionName: string, units: number): LeverCase => ({
    row: SERVICE,
    scaler,
    target: targetOf(SERVICE, REGION, { function: functionName, qualifier: 'live' }, false),
    before: { kind: 'count', units },
    want: { kind: 'count', units: FLOOR },
    live: async () => ({ owned: { kind: 'count', units: await requested(lambda, functionName) } }),
    missing: [
      { function: 'nobody', qualifier: 'live' },
      { function: functionName, qualifier: 'nobody' },
    ],
  });
  return [
    caseOf('uploads', 3),
    { ...caseOf('streams', 0), variant: 'without any yet' },
    {
      ...caseOf('gallery', 3),
      variant: 'autoscaled',
      before: range,
      want: { kind: 'range', minimumUnits: FLOOR, maximumUnits: FLOOR },
      live: async () => ({ owned: await scalable(), others: await requested(lambda, 'gallery') }),
      serve: () => provision(lambda, 'gallery', FLOOR),
    },
  ];
}

function scalerAt(endpoint: string, scalingEndpoint: string): Scaler {
  const apiAt = (at: string) =>
    createLambdaApi({ connection: { mode: 'sandbox', endpoint: at }, guard: UNGUARDED });
  return lambdaScaler({ ...apiAt(endpoint), scalableTargets: apiAt(scalingEndpoint).scalableTargets });
}

async function createFunction(lambda: LambdaClient, FunctionName: string): Promise<void> {
  const { Version: FunctionVersion } = await lambda.send(
    new CreateFunctionCommand({
      FunctionName,
      Runtime: 'nodejs24.x',
      Handler: 'index.handler',
      Role: 'arn:aws:iam::123456789012:role/weddings',
      Code: { ZipFile: EMPTY_ZIP },
      Publish: true,
    }),
  );
  await lambda.send(new CreateAliasCommand({ FunctionName, Name: 'live', FunctionVersion }));
}

function provision(lambda: LambdaClient, FunctionName: string, units: number): Promise<unknown> {
  const input = { FunctionName, Qualifier: 'live', ProvisionedConcurrentExecutions: units };
  return lambda.send(new PutProvisionedConcurrencyConfigCommand(input));
}

/** 0 where Lambda says that there is none. */
async function requested(lambda: LambdaClient, FunctionName: string): Promise<number> {
  try {
    const command = new GetProvisionedConcurrencyConfigCommand({ FunctionName, Qualifier: 'live' });
    return (await lambda.send(command)).RequestedProvisionedConcurrentExecutions ?? -1;
  } catch (error) {
    if (error instanceof ProvisionedConcurrencyConfigNotFoundException) return 0;
    throw error;
  }
}
