import type { Core } from '../../core.ts';
import type { Fault } from '../../faults.ts';
import { ACCOUNT_ID, AwsError, answersOf } from './errors.ts';
import { listOf, type QueryInput, type QueryService, queryError, queryMembers } from './query-operations.ts';

/** Codes of IAM. Source: IAM API reference, SimulatePrincipalPolicy and "Common Errors"; capacity assumed. */
const CODES = {
  throttle: 'Throttling',
  serverError: ['ServiceFailure', 500],
  denied: ['AccessDenied', 403],
  capacity: 'ServiceUnavailable',
  quota: 'LimitExceeded',
  invalid: 'InvalidInput',
} as const;

/** Results of a page. Source: IAM API reference, SimulatePrincipalPolicy, `MaxItems`: default 100, most 1,000. */
const PAGE_SIZE = 100;
const LARGEST_PAGE = 1_000;

const PRINCIPAL = /^arn:aws:iam::(\d{12}):(user|role|group)\/\S+$/;
const ACTION = /^([a-z0-9-]+):([A-Za-z0-9]+)$/;

const read = queryMembers('InvalidInput');

/** AWS Identity and Access Management, as far as asking what a principal may do. */
export const iam: QueryService = {
  signingName: 'iam',
  service: 'aws.iam',
  namespace: 'https://iam.amazonaws.com/doc/2010-05-08/',
  version: '2010-05-08',
  answers: answersOf(CODES, queryError),
  operations: {
    SimulatePrincipalPolicy: { write: false, bucket: 'aws.iam', run: simulatePrincipalPolicy },
  },
};

/** Whatever no rule denies is allowed. What a rule denies is refused in earnest too, by the pipeline. */
function simulatePrincipalPolicy(core: Core, input: QueryInput): object {
  const source = read.required(input, 'PolicySourceArn');
  const [, account] = PRINCIPAL.exec(source) ?? [];
  if (account === undefined) throw new AwsError('InvalidInput', `Specified ARN ${source} is not valid.`);
  if (account !== ACCOUNT_ID) throw new AwsError('NoSuchEntity', `The entity ${source} does not exist.`, 404);
  const actions = read.list(input, 'ActionNames') ?? [];
  if (actions.length === 0) throw new AwsError('InvalidInput', 'ActionNames is required.');
  const resources = read.list(input, 'ResourceArns') ?? ['*'];
  const from = Number(read.text(input, 'Marker') ?? 0);
  const size = Math.min(LARGEST_PAGE, read.count(input, 'MaxItems') ?? PAGE_SIZE);
  const end = from + size;
  return {
    EvaluationResults: listOf(actions.slice(from, end).map((action) => resultOf(core, action, resources))),
    IsTruncated: end < actions.length,
    ...(end < actions.length && { Marker: String(end) }),
  };
}

/**
 * One result per action, however many resources it is asked for. Source: IAM API reference, EvaluationResult.
 * A rule that holds in one region only is what a policy with `aws:RequestedRegion` would be: undecided without it.
 */
function resultOf(core: Core, action: string, resources: readonly string[]): object {
  const [, prefix, operation] = ACTION.exec(action) ?? [];
  if (!prefix || !operation) throw new AwsError('InvalidInput', `${action} is not a valid action.`);
  const rules = core.faults.list().filter((fault) => denies(fault, prefix, operation));
  const decision = rules.length > 0 ? 'implicitDeny' : 'allowed';
  const regional = rules.length > 0 && rules.every(({ match }) => match.region !== undefined);
  const missing = listOf(regional ? ['aws:RequestedRegion'] : []);
  const specific = resources.filter((resource) => resource !== '*');
  return {
    EvalActionName: action,
    EvalResourceName: '*',
    EvalDecision: decision,
    MatchedStatements: '',
    MissingContextValues: missing,
    ...(specific.length > 0 && {
      ResourceSpecificResults: listOf(
        specific.map((EvalResourceName) => ({
          EvalResourceName,
          EvalResourceDecision: decision,
          MatchedStatements: '',
          MissingContextValues: missing,
        })),
      ),
    }),
  };
}

/** Whether a rule refuses every call of an action; one about a single resource is none. */
function denies({ kind, match }: Fault, prefix: string, operation: string): boolean {
  if (kind !== 'denied' || match.resource !== undefined) return false;
  if ((match.vendor ?? 'aws') !== 'aws' || (match.operation ?? operation) !== operation) return false;
  // Application Auto Scaling acts for other services, under whose names its calls go.
  return (
    match.service === undefined || prefix === 'application-autoscaling' || match.service === `aws.${prefix}`
  );
}
