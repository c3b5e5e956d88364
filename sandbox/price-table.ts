/** List prices of the stand-in vendors, USD per hour. Invented, and plainly not those of any real vendor. */
interface ListPrice {
  readonly region: string;
  readonly type: string;
  /** Of a managed class, as the vendor's price list names it. */
  readonly engine?: string;
  readonly usdPerHour: number;
  /** Where the list has one. */
  readonly spotUsdPerHour?: number;
}

/** By vendor. */
export const LIST_PRICES: Readonly<Record<'aws' | 'azure', readonly ListPrice[]>> = {
  aws: [
    { region: 'eu-west-1', type: 'm6i.large', usdPerHour: 0.111 },
    { region: 'eu-west-1', type: 'm6i.xlarge', usdPerHour: 0.222 },
    { region: 'eu-west-1', type: 'm9.large', usdPerHour: 0.333 },
    { region: 'eu-west-1', type: 'db.r6g.large', engine: 'Aurora PostgreSQL', usdPerHour: 0.444 },
    { region: 'eu-west-1', type: 'cache.r6g.large', engine: 'Redis', usdPerHour: 0.555 },
  ],
  azure: [
    { region: 'westeurope', type: 'Standard_D2s_v5', usdPerHour: 0.123, spotUsdPerHour: 0.023 },
    { region: 'westeurope', type: 'Standard_B2s', usdPerHour: 0.055 },
  ],
};
