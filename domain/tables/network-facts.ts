import type { NetworkFacts } from '../allocation/network.ts';
import { egressUsdPerGb } from './egress.ts';
import { roundTripMs } from './latency.ts';

/** What the tables that come with the product know of networks. */
export const NETWORK_TABLES: NetworkFacts = { roundTripMs, egressUsdPerGb };
