import { ACCOUNT_ID, answersOf } from './errors.ts';
import { type QueryService, queryError } from './query-operations.ts';

/** Codes common to every service of AWS. Source: "Common Errors" of the STS API reference. */
const CODES = {
  throttle: 'Throttling',
  serverError: ['InternalFailure', 500],
  denied: ['AccessDenied', 403],
  capacity: 'ServiceUnavailable',
  quota: 'LimitExceeded',
  invalid: 'ValidationError',
} as const;

/** AWS Security Token Service: who calls. */
export const sts: QueryService = {
  signingName: 'sts',
  service: 'aws.sts',
  namespace: 'https://sts.amazonaws.com/doc/2011-06-15/',
  version: '2011-06-15',
  answers: answersOf(CODES, queryError),
  operations: {
    GetCallerIdentity: {
      write: false,
      bucket: 'aws.sts',
      run: (_core, _input, { caller }) => ({
        Arn: `arn:aws:iam::${ACCOUNT_ID}:user/${caller}`,
        UserId: caller,
        Account: ACCOUNT_ID,
      }),
    },
  },
};
