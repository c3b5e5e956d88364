import { checking, store } from './activity-proxies.ts';

/** Tests one provider's connection; what was found is in the store. */
export async function providerCheck(request: {
  readonly integrationId: string;
}): Promise<{ readonly succeeded: boolean }> {
  return checking.checkProvider(request);
}

/** Tests all of them, side by side; one that cannot be tested keeps no other from its test. */
export async function integrationChecks(): Promise<{ readonly tested: number }> {
  const ids = await store.integrationsToCheck();
  const outcomes = await Promise.allSettled(
    ids.map((integrationId) => checking.checkProvider({ integrationId })),
  );
  return { tested: outcomes.filter(({ status }) => status === 'fulfilled').length };
}
