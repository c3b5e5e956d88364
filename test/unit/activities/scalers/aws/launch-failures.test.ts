import { launchFailureKind } from '../../../../../activities/scalers/aws/_launch-failures.ts';

describe('what EC2 says of a launch that failed', () => {
  test.each([
    [
      'We currently do not have sufficient m5.large capacity in the Availability Zone you requested (eu-west-1a). Launching EC2 instance failed.',
      'InsufficientCapacity',
    ],
    [
      'Could not launch Spot Instances. UnfulfillableCapacity - Unable to fulfill capacity due to your request configuration.',
      'InsufficientCapacity',
    ],
    [
      'Could not launch Spot Instances. InsufficientInstanceCapacity - There is no Spot capacity available that matches your request.',
      'InsufficientCapacity',
    ],
    [
      'Could not launch On-Demand Instances. VcpuLimitExceeded - You have requested more vCPU capacity than your current vCPU limit of 32 allows',
      'QuotaExceeded',
    ],
    ['MaxSpotInstanceCountExceeded - Max spot instance count exceeded', 'QuotaExceeded'],
    [
      "You've reached your quota for maximum Fleet Requests for this account. Launching EC2 instance failed.",
      'QuotaExceeded',
    ],
    ['Client.InternalError: Client error on launch', null],
    ['The image id [ami-1] does not exist. Launching EC2 instance failed.', null],
  ])('"%s" is %s', (message, kind) => {
    expect(launchFailureKind(message)).toBe(kind);
  });
});
