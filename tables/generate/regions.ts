/** Regions of the AWS partition for the government of the United States, which no wedding is served from. */
export const GOV_CLOUD = /^us-gov-/;
