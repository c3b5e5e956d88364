import { applicationAutoScaling } from './application-auto-scaling.ts';
import { autoScaling } from './auto-scaling.ts';
import { ec2 } from './ec2.ts';
import { ecs } from './ecs.ts';
import { eks } from './eks.ts';
import { elasticache } from './elasticache.ts';
import { iam } from './iam.ts';
import type { JsonService } from './json-operations.ts';
import { lambda } from './lambda.ts';
import { priceList } from './price-list.ts';
import type { QueryService } from './query-operations.ts';
import { rds } from './rds.ts';
import type { RestService } from './rest-operations.ts';
import { serviceQuotas } from './service-quotas.ts';
import { sts } from './sts.ts';

/** Services that speak AWS JSON 1.1, sorted. */
export const JSON_SERVICES: readonly JsonService[] = [applicationAutoScaling, ecs, priceList, serviceQuotas];

/** Services that speak AWS Query, sorted. */
export const QUERY_SERVICES: readonly QueryService[] = [autoScaling, ec2, elasticache, iam, rds, sts];

/** Services that speak REST-JSON, sorted. */
export const REST_SERVICES: readonly RestService[] = [eks, lambda];
