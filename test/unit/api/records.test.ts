import { Readable } from 'node:stream';
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
