import type { ServiceDescriptor } from '../service-descriptor.ts';
import { SCALABLE_TARGET } from './aws-owned-settings.ts';
import { APP_AUTO_SCALING, read, write } from './aws-permissions.ts';

/** Provisioned concurrency of AWS Lambda; reserved concurrency is read and never written. */
export const LAMBDA: ServiceDescriptor = {
  id: 'aws.lambda',
  provider: 'aws',
  title: 'AWS Lambda provisioned concurrency',
  protection: 'read-back',
  permissions: [
    ...APP_AUTO_SCALING,
    ...read(
      'lambda:GetAccountSettings',
      'lambda:GetFunctionConcurrency',
      'lambda:GetProvisionedConcurrencyConfig',
      'lambda:ListProvisionedConcurrencyConfigs',
    ),
    ...write('lambda:DeleteProvisionedConcurrencyConfig', 'lambda:PutProvisionedConcurrencyConfig'),
  ],
  discoveryPermissions: ['lambda:ListFunctions', 'lambda:ListTags'],
  levers: [
    {
      id: 'provisioned-concurrency',
      unitName: 'execution environment',
      referenceFields: ['function', 'qualifier'],
      kinds: ['range', 'count'],
      autoscaled: 'either',
      reversibility: 'reversible',
      interrupts: false,
      spot: false,
      vendorMaximumUnits: {
        units: 100_000,
        source: 'our own guard: Lambda has no maximum per function beside the quota of the account',
      },
      provisioningMinutes: {
        typical: 2,
        p95: 5,
        source:
          'Lambda developer guide: begins after a minute or two, then 6,000 environments a minute; the 95th percentile is assumed',
      },
      ownedSettings: {
        terraform: [
          SCALABLE_TARGET,
          {
            resource: 'aws_lambda_provisioned_concurrency_config',
            ignoreChanges: ['provisioned_concurrent_executions'],
            when: 'always',
          },
        ],
        argoCd: [],
      },
    },
  ],
  quotas: [
    {
      code: 'L-B99A9384',
      title: 'Concurrent executions',
      quotaService: 'lambda',
      levers: ['provisioned-concurrency'],
      defaultLimit: 1_000,
      source: 'Lambda developer guide, quotas; new accounts have less',
    },
  ],
};
