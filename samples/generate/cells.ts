import type { ProviderId } from '../../domain/providers.ts';
import type { Area } from './markets.ts';
import type { Tier } from './workloads.ts';

/** A provider's region, whose markets it serves and with what. */
export interface CellSample {
  readonly provider: ProviderId;
  readonly region: string;
  readonly area: Area;
  readonly markets: readonly string[];
  /** Not every cell has databases of its own; one without asks those of its area. */
  readonly tiers: readonly Tier[];
  /** Of an own cluster, its name. */
  readonly cluster?: string;
}

const WEB: readonly Tier[] = ['web'];
const BOTH: readonly Tier[] = ['data', 'web'];

/** The cells of the sample. */
export const CELLS: readonly CellSample[] = [
  { provider: 'aws', region: 'eu-west-1', area: 'eu', tiers: BOTH, markets: ['gb', 'ie'] },
  { provider: 'aws', region: 'us-east-1', area: 'us', tiers: BOTH, markets: ['us'] },
  { provider: 'aws', region: 'ap-south-1', area: 'in', tiers: BOTH, markets: ['in'] },
  { provider: 'aws', region: 'ap-northeast-1', area: 'jp', tiers: BOTH, markets: ['jp'] },
  { provider: 'azure', region: 'westeurope', area: 'eu', tiers: BOTH, markets: ['fr', 'gb'] },
  { provider: 'azure', region: 'eastus', area: 'us', tiers: WEB, markets: ['us'] },
  { provider: 'azure', region: 'centralindia', area: 'in', tiers: WEB, markets: ['in'] },
  { provider: 'azure', region: 'japaneast', area: 'jp', tiers: WEB, markets: ['jp'] },
  { provider: 'gcp', region: 'europe-west1', area: 'eu', tiers: WEB, markets: ['fr', 'gb'] },
  { provider: 'gcp', region: 'us-central1', area: 'us', tiers: BOTH, markets: ['us'] },
  { provider: 'gcp', region: 'asia-south1', area: 'in', tiers: BOTH, markets: ['in'] },
  { provider: 'gcp', region: 'asia-northeast1', area: 'jp', tiers: BOTH, markets: ['jp'] },
  {
    provider: 'kubernetes',
    region: 'eu-central',
    area: 'eu',
    tiers: BOTH,
    markets: ['fr', 'ie'],
    cluster: 'weddings-eu',
  },
  {
    provider: 'kubernetes',
    region: 'us-east',
    area: 'us',
    tiers: WEB,
    markets: ['us'],
    cluster: 'weddings-us',
  },
];
