import type { Core } from '../core.ts';
import type { Protocol } from '../http.ts';
import { createAwsProtocol } from './aws/dispatch.ts';
import { createAzureProtocol } from './azure/dispatch.ts';
import { createDatadogProtocol } from './datadog/dispatch.ts';
import { createGcpProtocol } from './gcp/dispatch.ts';
import { createKubernetesProtocol } from './kubernetes/dispatch.ts';

/** A vendor the sandbox stands in for. */
export interface ProtocolEntry {
  readonly vendor: 'aws' | 'azure' | 'datadog' | 'gcp' | 'kubernetes';
  /** Added to the control port; part of the contract, so it does not follow the order below. */
  readonly portOffset: number;
  readonly create: (core: Core) => Protocol;
}

/** Every vendor, sorted. */
export const protocolRegistry: readonly ProtocolEntry[] = [
  { vendor: 'aws', portOffset: 1, create: createAwsProtocol },
  { vendor: 'azure', portOffset: 3, create: createAzureProtocol },
  { vendor: 'datadog', portOffset: 5, create: createDatadogProtocol },
  { vendor: 'gcp', portOffset: 2, create: createGcpProtocol },
  { vendor: 'kubernetes', portOffset: 4, create: createKubernetesProtocol },
];
