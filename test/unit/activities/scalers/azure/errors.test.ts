import { azureError } from '../../../../../activities/scalers/azure/_errors.ts';

const named = (name: string, rest: object = {}) => Object.assign(new Error('no'), { name, ...rest });

describe('errors of Azure', () => {
  test.each([
    [named('CredentialUnavailableError'), 'Transient'],
    [named('AggregateAuthenticationError'), 'Transient'],
    [named('AuthenticationError', { statusCode: 503 }), 'Transient'],
    [named('AuthenticationError', { statusCode: 429 }), 'Transient'],
    [named('AuthenticationError', { statusCode: 401 }), 'PermissionDenied'],
    [named('AuthenticationError', { statusCode: 400 }), 'PermissionDenied'],
  ])('%p is %s: only what Entra refused is terminal', (error, kind) => {
    expect(azureError(error, 'a pool').kind).toBe(kind);
  });
});
