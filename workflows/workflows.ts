/** Every workflow the worker registers; the exported name is the workflow type. */
export { capacityHold } from './capacity-hold.ts';
export { cellRelease } from './cell-release.ts';
export { cellScaling } from './cell-scaling.ts';
export { fleetDiscovery } from './fleet-discovery.ts';
export { priceRefresh } from './price-refresh.ts';
export { integrationChecks, providerCheck } from './provider-check.ts';
export { scheduledStart } from './scheduled-start.ts';
export { seasonScaling, weddingDayScaling } from './season-scaling.ts';
