import { discovering } from './activity-proxies.ts';

/** Reads list prices from the vendors; what it came to is in the store. */
export async function priceRefresh(request: {
  readonly refreshId: string;
}): Promise<{ readonly prices: number }> {
  return discovering.refreshPrices(request);
}
