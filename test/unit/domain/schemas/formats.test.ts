import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { bookingSchema } from '../../../../domain/schemas/booking.ts';
import { fleetSchema } from '../../../../domain/schemas/fleet.ts';
import { seasonRequestSchema } from '../../../../domain/schemas/season-request.ts';
import { weddingDayRequestSchema } from '../../../../domain/schemas/wedding-day-request.ts';
import { SERVICES } from '../../../../domain/services.ts';

const text = readFileSync(new URL('../../../../docs/formats.md', import.meta.url), 'utf8');
/** Every word in backticks, the parts of dotted ones too. */
const named = new Set(
  [...text.matchAll(/`([\w.]+)(?:\[\])?`/g)].flatMap(([, word = '']) => [word, ...word.split('.')]),
);

function fieldsOf(schema: unknown): readonly string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  const own = 'properties' in schema ? Object.keys(schema.properties as object) : [];
  return [...own, ...Object.values(schema).flatMap(fieldsOf)];
}

test.each([
  ['fleet', fleetSchema],
  ['booking', bookingSchema],
  ['season', seasonRequestSchema],
  ['wedding day', weddingDayRequestSchema],
] as const)('docs/formats.md names every field of a %s', (_, schema) => {
  const fields = fieldsOf(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }));
  expect(fields.length).toBeGreaterThan(5);
  // `kind` and `query` stand in the example of a load source.
  const missing = fields.filter((field) => !named.has(field) && !text.includes(`"${field}":`));
  expect(missing).toEqual([]);
});

test('docs/formats.md names every service with the keys of its reference', () => {
  for (const { id, levers } of SERVICES) {
    for (const [index, { id: lever, referenceFields }] of levers.entries()) {
      const start = index === 0 ? `| \`${id}\`` : `| \`${id}\`, \`${lever}\``;
      const row = text.split('\n').find((line) => line.startsWith(start)) ?? '';
      expect(referenceFields.filter((field) => !row.includes(`\`${field}\``))).toEqual([]);
    }
  }
});
