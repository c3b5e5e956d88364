import type { ServiceDescriptor } from '../service-descriptor.ts';
import { ASG } from './aws-asg.ts';
import { ECS } from './aws-ecs.ts';
import { EKS } from './aws-eks.ts';
import { ELASTICACHE } from './aws-elasticache.ts';
import { LAMBDA } from './aws-lambda.ts';
import { RDS } from './aws-rds.ts';

/** Services of AWS, sorted by id. */
export const AWS_SERVICES: readonly ServiceDescriptor[] = [ASG, ECS, EKS, ELASTICACHE, LAMBDA, RDS];
