import { randomBytes } from 'node:crypto';
import type { Core } from '../../core.ts';
import { ACCOUNT_ID, AwsError, answersOf } from './errors.ts';
import { type QueryInput, type QueryService, queryError, queryMembers } from './query-operations.ts';

/** Codes common to every service of AWS. Source: "Common Errors" of the STS API reference. */
const CODES = {
  throttle: 'Throttling',
  serverError: ['InternalFailure', 500],
  denied: ['AccessDenied', 403],
  capacity: 'ServiceUnavailable',
  quota: 'LimitExceeded',
  invalid: 'ValidationError',
} as const;

/** Seconds a session lasts unless told. Source: STS API reference, AssumeRole, `DurationSeconds`. */
const SESSION_SECONDS = 3_600;

const ROLE = /^arn:aws:iam::(\d{12}):role\/(?:.*\/)?([\w+=,.@-]+)$/;

const read = queryMembers('ValidationError');

/** Sessions of assumed roles by access key id: the ARN each calls as. */
const sessions = new WeakMap<Core, Map<string, string>>();

/** AWS Security Token Service: who calls, and calling as somebody else. */
export const sts: QueryService = {
  signingName: 'sts',
  service: 'aws.sts',
  namespace: 'https://sts.amazonaws.com/doc/2011-06-15/',
  version: '2011-06-15',
  answers: answersOf(CODES, queryError),
  operations: {
    AssumeRole: { write: false, bucket: 'aws.sts', run: (core, input) => assumeRole(core, input) },
    GetCallerIdentity: {
      write: false,
      bucket: 'aws.sts',
      run: (core, _input, { caller }) => ({
        Arn: sessions.get(core)?.get(caller) ?? `arn:aws:iam::${ACCOUNT_ID}:user/${caller}`,
        UserId: caller,
        Account: ACCOUNT_ID,
      }),
    },
  },
};

/** Everybody may assume every role of the account; what may not be is a rule of the control endpoint. */
function assumeRole(core: Core, input: QueryInput): object {
  const roleArn = read.required(input, 'RoleArn');
  const session = read.required(input, 'RoleSessionName');
  const [, account, role] = ROLE.exec(roleArn) ?? [];
  if (account === undefined) throw new AwsError('ValidationError', `${roleArn} is invalid.`);
  if (account !== ACCOUNT_ID) {
    throw new AwsError('AccessDenied', `The caller is not authorized to assume ${roleArn}.`, 403);
  }
  const accessKeyId = `ASIA${randomBytes(8).toString('hex').toUpperCase()}`;
  const arn = `arn:aws:sts::${ACCOUNT_ID}:assumed-role/${role}/${session}`;
  const known = sessions.get(core) ?? new Map<string, string>();
  sessions.set(core, known.set(accessKeyId, arn));
  // A token's lifetime is real time: the client that holds it knows no other.
  const expiresMs = Date.now() + (read.count(input, 'DurationSeconds') ?? SESSION_SECONDS) * 1_000;
  return {
    Credentials: {
      AccessKeyId: accessKeyId,
      SecretAccessKey: randomBytes(20).toString('hex'),
      SessionToken: randomBytes(32).toString('base64'),
      Expiration: new Date(expiresMs).toISOString(),
    },
    AssumedRoleUser: { AssumedRoleId: `AROA:${session}`, Arn: arn },
  };
}
