import { createInterface } from 'node:readline';
import { type Readable, Transform } from 'node:stream';
import { parse as csvParser } from 'csv-parse';
import { Problem } from './problem.ts';
import { splitJsonArray } from './split-json-array.ts';
import { unstorableTexts } from './storable-text.ts';

/** One record of an upload. `line` counts from 1: lines of the file, or entries of a JSON array. */
export type UploadedRecord =
  | { readonly line: number; readonly value: unknown }
  | { readonly line: number; readonly fault: string };

/** Content types of uploads. */
export const RECORD_TYPES = ['application/json', 'application/x-ndjson', 'text/csv'] as const;

/** One of {@link RECORD_TYPES}. */
export type RecordType = (typeof RECORD_TYPES)[number];

/** Longest single record, in characters; a file without line breaks must not fill the memory. */
const LONGEST_RECORD = 64 * 1024;

/** White space and the bytes of a byte order mark: a file of nothing else is empty, whatever its type. */
const BLANK = new Set(Buffer.from(' \t\r\n\uFEFF'));

/** An upload without a byte is a file that went wrong on its way; one without a record says so itself. */
export function emptyUpload(): Problem {
  return new Problem(
    'unreadable-body',
    'The upload is empty; nothing was imported. An upload of no records is a header line as CSV, [] as JSON.',
  );
}

/**
 * Reads an upload record by record without holding it in memory. CSV has its column names in the first line
 * and yields objects of text; JSON is one array. @throws Problem `body-too-large` past `maximumBytes`, or
 * `unreadable-body` where the rest cannot be told apart any more.
 */
export function readRecords(
  body: Readable,
  type: RecordType,
  maximumBytes: number,
): AsyncIterable<UploadedRecord> {
  return recordsIn(limit(body, maximumBytes), type);
}

async function* recordsIn(body: Readable, type: RecordType): AsyncGenerator<UploadedRecord> {
  // It may have ended badly before anybody read: nothing would be told of that any more.
  if (body.errored) throw body.errored;
  if (type === 'application/x-ndjson') yield* ndjson(body);
  else if (type === 'text/csv') yield* csv(body);
  else yield* jsonArray(body);
}

async function* ndjson(body: Readable): AsyncGenerator<UploadedRecord> {
  const lines = createInterface({ input: body, crlfDelay: Number.POSITIVE_INFINITY });
  const failed = new Promise<never>((_resolve, reject) => body.once('error', reject));
  failed.catch(() => lines.close());
  let line = 0;
  for await (const text of lines) {
    line += 1;
    if (text.trim() !== '') yield parsed(line, text);
  }
  if (body.errored) throw body.errored;
}

async function* jsonArray(body: Readable): AsyncGenerator<UploadedRecord> {
  let line = 0;
  for await (const text of splitJsonArray(body, LONGEST_RECORD)) {
    line += 1;
    yield parsed(line, text);
  }
}

async function* csv(body: Readable): AsyncGenerator<UploadedRecord> {
  const parser = csvParser({
    columns: true,
    bom: true,
    trim: true,
    skip_empty_lines: true,
    info: true,
    max_record_size: LONGEST_RECORD,
  });
  body.once('error', (error) => parser.destroy(error));
  body.pipe(parser);
  try {
    for await (const { record, info } of parser as AsyncIterable<{
      record: object;
      info: { lines: number };
    }>) {
      yield checked(info.lines, record);
    }
  } catch (error) {
    if (error instanceof Problem) throw error;
    throw new Problem('unreadable-body', `The CSV cannot be read: ${(error as Error).message}.`);
  }
}

function parsed(line: number, text: string): UploadedRecord {
  if (text.length > LONGEST_RECORD) return { line, fault: `is longer than ${LONGEST_RECORD} characters` };
  try {
    return checked(line, JSON.parse(text));
  } catch (error) {
    return { line, fault: `is not JSON: ${(error as Error).message}` };
  }
}

/** A record whose texts can be stored, or why they cannot. */
function checked(line: number, value: unknown): UploadedRecord {
  const faults = unstorableTexts(value);
  if (faults.length === 0) return { line, value };
  return { line, fault: faults.map(({ path, message }) => `${path || 'record'}: ${message}`).join('; ') };
}

/** Passes on what comes until it is too much; refuses at its end what was nothing. */
function limit(body: Readable, maximumBytes: number): Readable {
  let bytes = 0;
  let empty = true;
  const counter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      empty &&= chunk.every((byte) => BLANK.has(byte));
      if (bytes <= maximumBytes) return done(null, chunk);
      const detail = `The upload is larger than ${maximumBytes} bytes; send it in parts, each of which is all or nothing.`;
      done(new Problem('body-too-large', detail));
    },
    flush: (done) => done(empty ? emptyUpload() : null),
  });
  // Whoever reads is told by the stream itself; while nobody does yet, an error must not end the process.
  counter.on('error', () => undefined);
  body.once('error', (error) => counter.destroy(error));
  body.once('aborted', () => counter.destroy(new Error('the client broke the upload off')));
  return body.pipe(counter);
}
