import { parseEventStream, type StreamEvent } from '../../../cli/event-stream.ts';

async function parse(text: string, pieceLength: number): Promise<StreamEvent[]> {
  const bytes = new TextEncoder().encode(text);
  async function* pieces() {
    for (let at = 0; at < bytes.length; at += pieceLength) yield bytes.slice(at, at + pieceLength);
  }
  const found: StreamEvent[] = [];
  for await (const event of parseEventStream(pieces())) found.push(event);
  return found;
}

describe('parseEventStream', () => {
  const text =
    'retry: 2000\n\nid: 1\ndata: {"a":"é"}\n\n: still here\n\nid: 2\r\ndata: x\r\ndata: y\r\n\r\nevent: end\ndata: {}\n\n';

  test.each([1, 2, 5, 1000])('reads events over any pieces, here %i bytes', async (length) => {
    await expect(parse(text, length)).resolves.toEqual([
      { event: 'message', id: '1', data: '{"a":"é"}' },
      { event: 'message', id: '2', data: 'x\ny' },
      { event: 'end', id: '2', data: '{}' },
    ]);
  });

  test('drops an event that the stream broke off in', async () => {
    await expect(parse('id: 1\ndata: whole\n\nid: 2\ndata: half', 4)).resolves.toHaveLength(1);
  });
});
