import { defineSearchAttributeKey, type SearchAttributePair } from '@temporalio/common';
import type { RunStart } from './temporal.ts';

const kindKey = defineSearchAttributeKey('Kind', 'KEYWORD');
const statusKey = defineSearchAttributeKey('Status', 'KEYWORD');
const requestedByKey = defineSearchAttributeKey('RequestedBy', 'KEYWORD');
const seasonKey = defineSearchAttributeKey('SeasonId', 'KEYWORD');
const weddingKey = defineSearchAttributeKey('WeddingId', 'KEYWORD');
const needsHumanKey = defineSearchAttributeKey('NeedsHuman', 'BOOL');
const weddingDateKey = defineSearchAttributeKey('WeddingDate', 'DATETIME');

/** What a run can be found by from its first moment; the workflow keeps Phase and Status up to date. */
export function runSearchAttributes(run: RunStart): SearchAttributePair[] {
  const pairs: SearchAttributePair[] = [
    { key: kindKey, value: run.kind },
    { key: statusKey, value: 'accepted' },
    { key: requestedByKey, value: run.principal },
    { key: needsHumanKey, value: false },
    { key: run.kind === 'season' ? seasonKey : weddingKey, value: run.subject },
  ];
  if (run.kind === 'weddingDay' && /^\d{4}-\d{2}-\d{2}$/.test(run.name)) {
    pairs.push({ key: weddingDateKey, value: new Date(`${run.name}T00:00:00Z`) });
  }
  return pairs;
}
