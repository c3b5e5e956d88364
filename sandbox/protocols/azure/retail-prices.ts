import type { IncomingMessage } from 'node:http';
import type { Core, SandboxResponse } from '../../core.ts';
import type { VendorAnswers } from '../../pipeline.ts';
import { LIST_PRICES } from '../../price-table.ts';
import { armError, armResponse } from './errors.ts';

/** Path of the Retail Prices API. */
export const RETAIL_PRICES = '/api/retail/prices';

const CONDITION = /^(\w+) eq '((?:[^']|'')*)'$/;

/** The Retail Prices API as far as filters of equal fields; it asks for no credentials. */
export function retailPrices(
  core: Core,
  incoming: IncomingMessage,
  answers: VendorAnswers,
): Promise<SandboxResponse> {
  const { searchParams } = new URL(incoming.url ?? '/', 'http://sandbox');
  const call = {
    vendor: 'azure',
    service: 'azure.retail-prices',
    operation: 'list',
    region: 'global',
    caller: 'anonymous',
    key: null,
  };
  const bucket = { name: 'azure.retail-prices', scope: 'global' };
  return core.pipeline.handle({ call, write: false, bucket, answers }, () => {
    const filter = filterOf(searchParams.get('$filter') ?? '');
    return filter ? page(filter) : armError(400, 'BadRequest', 'The $filter is not understood.');
  });
}

function filterOf(text: string): ReadonlyMap<string, string> | null {
  const conditions = text.split(' and ').map((part) => CONDITION.exec(part.trim()));
  const known = conditions.filter((condition) => condition !== null);
  if (known.length < conditions.length) return null;
  return new Map(known.map(([, field = '', value = '']) => [field, value.replaceAll("''", "'")]));
}

/** Meters of Linux, of spot where there is one, and of Windows, which a reader has to tell apart. */
function page(filter: ReadonlyMap<string, string>): SandboxResponse {
  const found = LIST_PRICES.azure.filter(
    ({ region, type }) => region === filter.get('armRegionName') && type === filter.get('armSkuName'),
  );
  const items = found.flatMap(({ region, type, usdPerHour, spotUsdPerHour }) => {
    const meter = (productName: string, skuName: string, retailPrice: number) => ({
      currencyCode: 'USD',
      tierMinimumUnits: 0,
      retailPrice,
      unitPrice: retailPrice,
      armRegionName: region,
      armSkuName: type,
      productName,
      skuName,
      serviceName: 'Virtual Machines',
      type: 'Consumption',
      unitOfMeasure: '1 Hour',
    });
    const product = 'Virtual Machines of the sandbox';
    return [
      meter(product, type, usdPerHour),
      meter(`${product} Windows`, type, usdPerHour * 2),
      meter(product, `${type} Low Priority`, usdPerHour / 10),
      ...(spotUsdPerHour === undefined ? [] : [meter(product, `${type} Spot`, spotUsdPerHour)]),
    ];
  });
  return armResponse(200, { BillingCurrency: 'USD', Items: items, NextPageLink: null, Count: items.length });
}
