import { createApprovalActivities } from './approvals.ts';
import type { ActivityDependencies, VendorAccess } from './dependencies.ts';
import { createDiscoveryActivities } from './discovery.ts';
import { createHindsightActivities } from './hindsight.ts';
import { createHoldingActivities } from './holding.ts';
import { createIntegrationActivities } from './integrations.ts';
import { createMonitoringActivities } from './monitoring.ts';
import { createPlanningActivities } from './planning.ts';
import { createPriceActivities } from './price-refresh.ts';
import { createReleaseScopeActivities } from './release-scope.ts';
import { createReleasingActivities } from './releasing.ts';
import { createRunActivities } from './runs.ts';
import { createScalingActivities } from './scaling.ts';
import { createScheduleActivities } from './schedules.ts';
import { createSettlingActivities } from './settling.ts';
import { createStandInActivities } from './stand-ins.ts';
import { createTrafficActivities } from './traffic.ts';
import { createWatchingActivities } from './watching.ts';

/** Everything a workflow may ask of the outside world; each is retryable and idempotent. */
export function createActivities(deps: ActivityDependencies, access: VendorAccess) {
  return {
    ...createApprovalActivities(deps),
    ...createDiscoveryActivities(deps),
    ...createHindsightActivities(deps),
    ...createHoldingActivities(deps),
    ...createIntegrationActivities(deps, access),
    ...createMonitoringActivities(deps),
    ...createPlanningActivities(deps),
    ...createPriceActivities(deps, access),
    ...createReleaseScopeActivities(deps),
    ...createReleasingActivities(deps),
    ...createRunActivities(deps),
    ...createScalingActivities(deps),
    ...createScheduleActivities(deps),
    ...createSettlingActivities(deps),
    ...createStandInActivities(deps),
    ...createTrafficActivities(deps),
    ...createWatchingActivities(deps),
  };
}

/** The activities as workflows see them. */
export type Activities = ReturnType<typeof createActivities>;
