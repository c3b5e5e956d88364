import { z } from 'zod';
import '../../../../domain/schemas/plain-words.ts';

const kinds = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('a') }),
  z.strictObject({ kind: z.literal('b') }),
]);

test.each<[what: string, schema: z.ZodType, value: unknown, words: string]>([
  ['an object that is missing', z.object({}), undefined, 'is missing; give an object'],
  ['a text that is missing', z.string(), undefined, 'is missing; give a text'],
  ['a choice that is missing', z.enum(['a', 'b']), undefined, 'is missing; give one of a, b'],
  ['null for an object', z.object({}), null, 'must be an object, is null'],
  ['a list for an object', z.record(z.string(), z.string()), [], 'must be an object, is a list'],
  ['a text for a number', z.number(), '5', 'must be a number, is a text'],
  ['NaN', z.number(), Number.NaN, 'must be a number, is NaN'],
  ['an infinite number', z.number(), Number.POSITIVE_INFINITY, 'must be finite'],
  ['a broken number', z.int(), 1.5, 'must be a whole number'],
  ['a variable that is no number', z.coerce.number(), 'abc', 'must be a number'],
  ['a variable that is a broken number', z.coerce.number().int(), '1.5', 'must be a whole number'],
  ['a number too small', z.number().min(1), 0, 'must be at least 1'],
  ['a number not above', z.number().positive(), 0, 'must be more than 0'],
  ['a number too big', z.number().max(100), 101, 'must be at most 100'],
  ['no text', z.string().min(1), '', 'must not be empty'],
  ['a short text', z.string().min(3), 'ab', 'must have at least 3 characters'],
  ['a long text', z.string().max(2), 'abc', 'may have at most 2 characters'],
  ['an empty list', z.array(z.string()).min(1), [], 'must have at least one entry'],
  ['a long list', z.array(z.string()).max(2), ['a', 'b', 'c'], 'may have at most 2 entries'],
  ['another choice', z.enum(['a', 'b']), 'c', 'must be one of a, b'],
  ['another than the only choice', z.literal('aws.route53'), 'x', 'must be aws.route53'],
  ['another kind', kinds, { kind: 'c' }, 'must be one of a, b'],
  ['no kind', kinds, {}, 'must be one of a, b'],
  ['a day that is none', z.iso.date(), '5 June', 'must be a date, YYYY-MM-DD'],
  [
    'an instant without its offset',
    z.iso.datetime({ offset: true }),
    '2027-06-05T14:00',
    'must be an instant',
  ],
  ['an unknown field', z.strictObject({}), { x: 1 }, 'has fields that are not known here: x; remove them'],
  [
    'a schema with words of its own',
    z.string().min(9, 'is too short to be a key'),
    'x',
    'is too short to be a key',
  ],
])('%s is named in plain words', (_what, schema, value, words) => {
  const { error } = schema.safeParse(value);
  expect(error?.issues.map(({ message }) => message)).toEqual([expect.stringContaining(words)]);
});
