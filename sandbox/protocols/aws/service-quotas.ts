import type { Core } from '../../core.ts';
import type { CallContext } from '../../world.ts';
import { ACCOUNT_ID, AwsError, answersOf, jsonError } from './errors.ts';
import { type Input, type JsonService, members } from './json-operations.ts';
import { quotasOf } from './quota-table.ts';

const BUCKET = 'aws.service-quotas';

const read = members('IllegalArgumentException', 'InvalidPaginationTokenException');

/** Codes of Service Quotas. Source: its API reference, GetServiceQuota; those of writes are never used. */
const CODES = {
  throttle: 'TooManyRequestsException',
  serverError: ['ServiceException', 500],
  denied: ['AccessDeniedException', 400],
  capacity: 'ServiceException',
  quota: 'QuotaExceededException',
  invalid: 'IllegalArgumentException',
} as const;

/** Service Quotas: values of the account that a world has set, and defaults. */
export const serviceQuotas: JsonService = {
  target: 'ServiceQuotasV20190624',
  service: () => 'aws.service-quotas',
  answers: answersOf(CODES, jsonError),
  operations: {
    GetAWSDefaultServiceQuota: { write: false, bucket: BUCKET, run: getDefault },
    GetServiceQuota: { write: false, bucket: BUCKET, run: getApplied },
  },
};

function getApplied(core: Core, input: Input, { region }: CallContext): unknown {
  const { service, code } = namesOf(input);
  const value = quotasOf(core).applied(region, service, code);
  if (value === undefined) throw none();
  return { Quota: shapeOf(core, region, service, code, value) };
}

function getDefault(core: Core, input: Input, { region }: CallContext): unknown {
  const { service, code } = namesOf(input);
  const known = quotasOf(core).known(service, code);
  if (!known) throw none();
  return { Quota: shapeOf(core, region, service, code, known.limit) };
}

function shapeOf(core: Core, region: string, service: string, code: string, value: number): object {
  return {
    ServiceCode: service,
    ServiceName: service,
    QuotaArn: `arn:aws:servicequotas:${region}:${ACCOUNT_ID}:${service}/${code}`,
    QuotaCode: code,
    QuotaName: quotasOf(core).known(service, code)?.name ?? code,
    Value: value,
    Unit: 'None',
    Adjustable: true,
    GlobalQuota: false,
  };
}

function namesOf(input: Input): { readonly service: string; readonly code: string } {
  const [service, code] = [read.text(input, 'ServiceCode'), read.text(input, 'QuotaCode')];
  if (service !== undefined && code !== undefined) return { service, code };
  throw new AwsError('IllegalArgumentException', 'ServiceCode and QuotaCode are required.');
}

function none(): AwsError {
  return new AwsError('NoSuchResourceException', 'The specified resource does not exist.');
}
