import { UNGUARDED } from '../../../../../activities/calls/call-guard.ts';
import { createLambdaApi } from '../../../../../activities/scalers/aws/_lambda-api.ts';
import type { ProviderError } from '../../../../../domain/errors.ts';
import { type ScriptedVendor, startScriptedVendor } from '../../../../support/scripted-vendor.ts';

const signal = new AbortController().signal;
const name = { region: 'eu-west-1', function: 'thumbnails', qualifier: 'live' };
const PATH = '/2019-09-30/functions/thumbnails/provisioned-concurrency';

let lambda: ScriptedVendor;
beforeAll(async () => {
  lambda = await startScriptedVendor();
});
afterAll(() => lambda.stop());
beforeEach(() => lambda.reset());

const api = () =>
  createLambdaApi({ connection: { mode: 'sandbox', endpoint: lambda.endpoint }, guard: UNGUARDED });

/** A refusal as Lambda writes it: the code in a header, type and words in the body. */
const refusal = (status: number, code: string, message: string) => ({
  status,
  headers: { 'x-amzn-errortype': code },
  body: { Type: 'User', message },
});

describe('the calls of Lambda', () => {
  test('read, set and take away provisioned concurrency of one qualifier, and nothing else', async () => {
    lambda.answer = ({ method }) =>
      method === 'DELETE'
        ? { status: 204 }
        : {
            status: method === 'PUT' ? 202 : 200,
            body: {
              RequestedProvisionedConcurrentExecutions: 40,
              AllocatedProvisionedConcurrentExecutions: 25,
              AvailableProvisionedConcurrentExecutions: 10,
              Status: 'IN_PROGRESS',
              LastModified: '2026-01-01T00:00:00+0000',
            },
          };
    expect(await api().provisioned(name, signal)).toEqual({
      requestedUnits: 40,
      availableUnits: 10,
      status: 'IN_PROGRESS',
      statusReason: '',
    });
    expect(await api().setProvisioned(name, 40, signal)).toBe('req-7');
    expect(await api().removeProvisioned(name, signal)).toBe('req-7');
    expect(lambda.received.map(({ method, url, body }) => ({ method, url, body }))).toEqual([
      { method: 'GET', url: `${PATH}?Qualifier=live`, body: '' },
      { method: 'PUT', url: `${PATH}?Qualifier=live`, body: '{"ProvisionedConcurrentExecutions":40}' },
      { method: 'DELETE', url: `${PATH}?Qualifier=live`, body: '' },
    ]);
    expect(lambda.received[0]?.headers.authorization).toMatch(
      /Credential=SANDBOX\/\d{8}\/eu-west-1\/lambda\//,
    );
  });

  test('tell a qualifier without provisioned concurrency from one that does not exist', async () => {
    const none = 'No Provisioned Concurrency Config found for this function';
    lambda.answer = () => refusal(404, 'ProvisionedConcurrencyConfigNotFoundException', none);
    expect(await api().provisioned(name, signal)).toBeNull();
    lambda.answer = () =>
      refusal(404, 'ResourceNotFoundException', 'Cannot find alias arn: arn:aws:lambda:…');
    await expect(api().provisioned(name, signal)).rejects.toMatchObject({ kind: 'NotFound' });
  });

  test('tell no reserved concurrency from one of 0, which blocks every invocation', async () => {
    expect(await api().reservedUnits('eu-west-1', 'thumbnails', signal)).toBeNull();
    lambda.answer = () => ({ body: { ReservedConcurrentExecutions: 0 } });
    expect(await api().reservedUnits('eu-west-1', 'thumbnails', signal)).toBe(0);
  });

  test('follow the pages of what a function has provisioned to the end', async () => {
    const config = (qualifier: string, units: number) => ({
      FunctionArn: `arn:aws:lambda:eu-west-1:123456789012:function:thumbnails:${qualifier}`,
      RequestedProvisionedConcurrentExecutions: units,
    });
    lambda.answer = ({ url }) =>
      url.includes('Marker=more')
        ? { body: { ProvisionedConcurrencyConfigs: [config('7', 5)] } }
        : { body: { ProvisionedConcurrencyConfigs: [config('live', 40)], NextMarker: 'more' } };
    const requested = await api().requestedOf('eu-west-1', 'thumbnails', signal);
    expect([...requested]).toEqual([
      ['live', 40],
      ['7', 5],
    ]);
    expect(lambda.received).toHaveLength(2);
  });

  test.each([
    ['no number', { Status: 'READY', RequestedProvisionedConcurrentExecutions: 4 }],
    [
      'no status',
      { RequestedProvisionedConcurrentExecutions: 4, AvailableProvisionedConcurrentExecutions: 4 },
    ],
    ['nothing at all', {}],
  ])('never make up what an answer lacks: %s', async (_what, body) => {
    lambda.answer = () => ({ body });
    await expect(api().provisioned(name, signal)).rejects.toMatchObject({ kind: 'Transient' });
  });

  test.each([
    [429, 'TooManyRequestsException', 'Rate exceeded', 'Throttled'],
    [409, 'ResourceConflictException', 'The operation cannot be performed at this time.', 'UpdateInProgress'],
    [
      409,
      'ResourceConflictException',
      "Alias can't be used for Provisioned Concurrency configuration on an already Provisioned version",
      'InvalidTarget',
    ],
    [
      409,
      'ResourceConflictException',
      'Version is pointed by a Provisioned Concurrency alias',
      'InvalidTarget',
    ],
    [
      400,
      'InvalidParameterValueException',
      "Specified ConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [100].",
      'QuotaExceeded',
    ],
    [
      400,
      'InvalidParameterValueException',
      "Specified ConcurrentExecutions for function is greater than account's unreserved concurrency [1000].",
      'QuotaExceeded',
    ],
    [
      400,
      'InvalidParameterValueException',
      'Requested Provisioned Concurrency should not be greater than the reservedConcurrentExecution for function',
      'QuotaExceeded',
    ],
    [
      400,
      'InvalidParameterValueException',
      'The function resource provided must be an alias or a published version.',
      'InvalidTarget',
    ],
    [404, 'ResourceNotFoundException', 'Function not found: arn:aws:lambda:…', 'NotFound'],
    [403, 'AccessDeniedException', 'User is not authorized to perform: lambda:Put…', 'PermissionDenied'],
    [500, 'ServiceException', 'An error occurred and the request failed.', 'Transient'],
  ])('say of %i %s "%s" that it is %s, after one request', async (status, code, message, kind) => {
    lambda.answer = () => refusal(status, code, message);
    const error: unknown = await api()
      .setProvisioned(name, 40, signal)
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ kind, vendorCode: code });
    expect((error as ProviderError).message).toContain('thumbnails:live');
    expect(lambda.received).toHaveLength(1);
  });

  test('say how long a throttle asks to wait, in milliseconds', async () => {
    const throttled = refusal(429, 'TooManyRequestsException', 'Rate exceeded');
    lambda.answer = () => ({ ...throttled, headers: { ...throttled.headers, 'retry-after': '3' } });
    await expect(api().provisioned(name, signal)).rejects.toMatchObject({ retryAfterMs: 3_000 });
  });

  test('take a lost connection for Transient, without another attempt', async () => {
    lambda.answer = () => 'reset';
    await expect(api().setProvisioned(name, 4, signal)).rejects.toMatchObject({ kind: 'Transient' });
    expect(lambda.received).toHaveLength(1);
  });
});
