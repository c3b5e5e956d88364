/** Search attributes of our workflows, by which operators find runs in the Web UI; opaque ids and words only. */
export const SEARCH_ATTRIBUTES = [
  { name: 'HourlyCostDelta', type: 'Double' },
  { name: 'Kind', type: 'Keyword' },
  { name: 'NeedsHuman', type: 'Bool' },
  { name: 'Phase', type: 'Keyword' },
  { name: 'Providers', type: 'KeywordList' },
  { name: 'Regions', type: 'KeywordList' },
  { name: 'RequestedBy', type: 'Keyword' },
  { name: 'SeasonId', type: 'Keyword' },
  { name: 'Status', type: 'Keyword' },
  { name: 'WeddingDate', type: 'Datetime' },
  { name: 'WeddingId', type: 'Keyword' },
] as const;

/** Name of one of {@link SEARCH_ATTRIBUTES}. */
export type SearchAttributeName = (typeof SEARCH_ATTRIBUTES)[number]['name'];
