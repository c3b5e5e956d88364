import { z } from 'zod';

/** How each type reads in a sentence; zod's own name where one is missing. */
const TYPES: Readonly<Record<string, string>> = {
  array: 'a list',
  boolean: 'true or false',
  int: 'a whole number',
  nan: 'NaN',
  number: 'a number',
  object: 'an object',
  record: 'an object',
  string: 'a text',
};

/** Formats that a schema asks for by name rather than by words of its own. */
const FORMATS: Readonly<Record<string, string>> = {
  date: 'must be a date, YYYY-MM-DD',
  datetime: 'must be an instant in ISO 8601 with its offset, e.g. 2027-06-05T14:00:00Z',
  url: 'must be an address such as https://example.com',
};

const COUNTED: Readonly<Record<string, string>> = { string: 'characters', array: 'entries', set: 'entries' };

/** What a person is told of a fault for which its schema has no words of its own; follows a field's name. */
export function inPlainWords(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return ofType(issue);
    case 'invalid_value':
      return oneOf(issue.values, issue.input);
    case 'too_small':
      return tooSmall(issue);
    case 'too_big':
      return tooBig(issue);
    case 'invalid_format':
      return FORMATS[issue.format] ?? 'does not have the form asked for';
    case 'not_multiple_of':
      return `must be a multiple of ${issue.divisor}`;
    case 'unrecognized_keys':
      return `has fields that are not known here: ${issue.keys.join(', ')}; remove them`;
    case 'invalid_union':
      return Array.isArray(issue.options)
        ? `must be one of ${issue.options.join(', ')}`
        : 'has none of the forms that are allowed';
    default:
      return 'is not valid';
  }
}

function ofType({ expected, input, inst }: z.core.$ZodRawIssue<z.core.$ZodIssueInvalidType>): string {
  const wanted = TYPES[expected] ?? expected;
  if (input === undefined) return `is missing; give ${wanted}`;
  // A text that was to become a number is NaN by now, which nobody has written.
  const coerced = (inst?._zod.def as { readonly coerce?: boolean } | undefined)?.coerce === true;
  if (coerced || (expected === 'int' && Number.isFinite(input))) return `must be ${wanted}`;
  if (input === Number.POSITIVE_INFINITY || input === Number.NEGATIVE_INFINITY) return 'must be finite';
  const given = z.core.util.parsedType(input);
  return `must be ${wanted}, is ${TYPES[given] ?? given}`;
}

function oneOf(values: readonly unknown[], input: unknown): string {
  const allowed = values.length === 1 ? `${values[0]}` : `one of ${values.join(', ')}`;
  return input === undefined ? `is missing; give ${allowed}` : `must be ${allowed}`;
}

function tooSmall(issue: z.core.$ZodRawIssue<z.core.$ZodIssueTooSmall>): string {
  const { origin, minimum, inclusive } = issue;
  const unit = COUNTED[origin];
  if (!unit) return `must be ${inclusive === false ? 'more than' : 'at least'} ${minimum}`;
  if (Number(minimum) > 1) return `must have at least ${minimum} ${unit}`;
  return origin === 'string' ? 'must not be empty' : 'must have at least one entry';
}

function tooBig(issue: z.core.$ZodRawIssue<z.core.$ZodIssueTooBig>): string {
  const { origin, maximum, inclusive } = issue;
  const unit = COUNTED[origin];
  if (unit) return `may have at most ${maximum} ${unit}`;
  return `must be ${inclusive === false ? 'less than' : 'at most'} ${maximum}`;
}

// For every schema of the process, so that no route, variable or file speaks in zod's own terms.
z.config({ customError: inPlainWords });
