import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { Problem } from '../../../api/problem.ts';
import { type RecordType, readRecords, type UploadedRecord } from '../../../api/records.ts';

async function read(text: string, type: RecordType, maximumBytes = 10_000): Promise<UploadedRecord[]> {
  const found: UploadedRecord[] = [];
  const body = Readable.from([Buffer.from(text)]);
  for await (const record of readRecords(body, type, maximumBytes)) found.push(record);
  return found;
}

describe('readRecords', () => {
  test('reads NDJSON by line, skips empty lines and names a bad one', async () => {
    await expect(read('{"id":"a"}\r\n\n{oops}\n{"id":"b"}', 'application/x-ndjson')).resolves.toEqual([
      { line: 1, value: { id: 'a' } },
      { line: 3, fault: expect.stringContaining('is not JSON') },
      { line: 4, value: { id: 'b' } },
    ]);
  });

  test('reads a JSON array by element and names a bad one', async () => {
    await expect(read('[{"id":"a"}, {"n": NaN}]', 'application/json')).resolves.toEqual([
      { line: 1, value: { id: 'a' } },
      { line: 2, fault: expect.stringContaining('is not JSON') },
    ]);
  });

  test('reads CSV into objects of text by its first line', async () => {
    await expect(read('\uFEFFid,place\na,"Bath, Somerset"\n', 'text/csv')).resolves.toEqual([
      { line: 2, value: { id: 'a', place: 'Bath, Somerset' } },
    ]);
  });

  test('refuses CSV whose rows do not fit its first line', async () => {
    await expect(read('id,place\na\n', 'text/csv')).rejects.toThrow(/The CSV cannot be read/);
  });

  test.each<[RecordType, string]>([
    ['application/json', ''],
    ['application/json', '\uFEFF'],
    ['application/x-ndjson', '\n\n'],
    ['text/csv', ''],
    ['text/csv', ' \r\n'],
  ])('refuses %s that is empty, %j, and says so', async (type, text) => {
    const refused = read(text, type);
    await expect(refused).rejects.toMatchObject({ code: 'unreadable-body', status: 400 });
    await expect(refused).rejects.toThrow(/^The upload is empty/);
  });

  test.each<RecordType>(['application/json', 'application/x-ndjson', 'text/csv'])(
    'tells of %s that ended badly before anybody read',
    async (type) => {
      const records = readRecords(Readable.from([Buffer.from('x'.repeat(20))]), type, 10);
      await sleep(20);
      await expect(records[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: 'body-too-large' });
    },
  );

  test.each<[RecordType, string]>([
    ['application/json', '[]'],
    ['text/csv', 'id,place\n'],
  ])('takes %s of no records, %j', async (type, text) => {
    await expect(read(text, type)).resolves.toEqual([]);
  });

  test.each<[RecordType, string, string]>([
    ['application/json', '[{"id":"a\\u0000"}]', 'id: contains the character NUL'],
    ['application/x-ndjson', '{"place":"\\ud800"}', 'place: contains half of a surrogate pair'],
    ['text/csv', 'id,place\na\0,Bath\n', 'id: contains the character NUL'],
  ])('names a text in %s that cannot be stored', async (type, text, words) => {
    await expect(read(text, type)).resolves.toEqual([
      { line: expect.any(Number), fault: expect.stringContaining(words) },
    ]);
  });

  test.each<RecordType>(['application/json', 'application/x-ndjson', 'text/csv'])(
    'refuses %s past the limit with body-too-large',
    async (type) => {
      const line = `{"id":"${'x'.repeat(100)}"}`;
      const text = type === 'application/json' ? `[${line},${line}]` : `${line}\n${line}\n`;
      const refused = read(text, type, 50);
      await expect(refused).rejects.toBeInstanceOf(Problem);
      await expect(refused).rejects.toMatchObject({ code: 'body-too-large', status: 413 });
    },
  );
});
