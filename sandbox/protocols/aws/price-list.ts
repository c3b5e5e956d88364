import type { Core } from '../../core.ts';
import { LIST_PRICES } from '../../price-table.ts';
import { AwsError, answersOf, jsonError } from './errors.ts';
import { type Input, type JsonService, members } from './json-operations.ts';

const read = members('InvalidParameterException', 'InvalidNextTokenException');

/** Codes of the Price List API. Source: its API reference, GetProducts. */
const CODES = {
  throttle: 'ThrottlingException',
  serverError: ['InternalErrorException', 500],
  denied: ['AccessDeniedException', 400],
  capacity: 'InternalErrorException',
  quota: 'ThrottlingException',
  invalid: 'InvalidParameterException',
} as const;

/** Which attribute of a product names its engine, by service code. */
const ENGINE_FIELDS: Readonly<Record<string, string | undefined>> = {
  AmazonEC2: undefined,
  AmazonElastiCache: 'cacheEngine',
  AmazonRDS: 'databaseEngine',
};

/** The Price List API as far as `GetProducts` with `TERM_MATCH` filters. */
export const priceList: JsonService = {
  target: 'AWSPriceListService',
  service: () => 'aws.price-list',
  answers: answersOf(CODES, jsonError),
  operations: { GetProducts: { write: false, bucket: 'aws.price-list', run: getProducts } },
};

function getProducts(_core: Core, input: Input): unknown {
  const serviceCode = read.text(input, 'ServiceCode');
  if (serviceCode === undefined || !Object.hasOwn(ENGINE_FIELDS, serviceCode)) {
    throw new AwsError(
      'NotFoundException',
      `There is no service ${serviceCode ?? ''} in the price list.`,
      400,
    );
  }
  const filters = filtersOf(input);
  const engineField = ENGINE_FIELDS[serviceCode];
  const engine = engineField === undefined ? undefined : filters.get(engineField);
  const found = LIST_PRICES.aws.filter(
    (price) =>
      price.type === filters.get('instanceType') &&
      price.region === filters.get('regionCode') &&
      price.engine === engine,
  );
  // A second term at 0 stands beside each, as reserved capacity does in the real list.
  const products = found.flatMap(({ usdPerHour }) => [product('SKU1', usdPerHour), product('SKU2', 0)]);
  return { FormatVersion: 'aws_v1', PriceList: products };
}

function filtersOf(input: Input): ReadonlyMap<string, string> {
  const list = Array.isArray(input.Filters)
    ? (input.Filters as readonly Readonly<Record<string, unknown>>[])
    : [];
  return new Map(
    list.map(({ Type, Field, Value }) => {
      if (Type === 'TERM_MATCH' && typeof Field === 'string' && typeof Value === 'string')
        return [Field, Value];
      throw new AwsError('InvalidParameterException', 'Filters must each have Type, Field and Value.');
    }),
  );
}

function product(sku: string, usdPerHour: number): string {
  const dimension = {
    unit: 'Hrs',
    pricePerUnit: { USD: usdPerHour.toFixed(10) },
    beginRange: '0',
    endRange: 'Inf',
  };
  const terms = {
    OnDemand: { [`${sku}.JRTCKXETXF`]: { priceDimensions: { [`${sku}.JRTCKXETXF.6YS6EN2CT7`]: dimension } } },
  };
  return JSON.stringify({ product: { sku }, serviceCode: 'sandbox', terms });
}
