import { awsError } from '../../../../../activities/scalers/aws/_errors.ts';

const named = (name: string, message = 'no') => Object.assign(new Error(message), { name });

describe('errors of AWS', () => {
  test.each([
    ['CredentialsProviderError', 'Could not load credentials from any providers', 'Transient'],
    ['TokenProviderError', 'the token endpoint is away', 'Transient'],
    ['ExpiredTokenException', 'The security token is expired', 'PermissionDenied'],
    ['AccessDeniedException', 'not authorized to perform ecs:UpdateService', 'PermissionDenied'],
  ])('%s (%s) is %s: only what AWS refused is terminal', (name, message, kind) => {
    expect(awsError(named(name, message), 'a target').kind).toBe(kind);
  });
});
