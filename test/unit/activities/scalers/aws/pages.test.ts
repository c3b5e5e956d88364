import { everyPage, type Page } from '../../../../../activities/scalers/aws/_pages.ts';

/** A list by the tokens its pages are asked with; '' is the first. What was asked for is kept in `asked`. */
function listOf(pages: Readonly<Record<string, Page<string>>>) {
  const asked: (string | undefined)[] = [];
  const ask = async (token: string | undefined): Promise<Page<string>> => {
    asked.push(token);
    const page = pages[token ?? ''];
    if (!page) throw new Error(`nobody gave the token ${token}`);
    return page;
  };
  return { asked, all: () => everyPage('ListThings', ask) };
}

describe('a list that comes in pages', () => {
  test.each([
    ['an absent token', undefined],
    ['an empty token', ''],
  ])('ends at %s', async (_what, end) => {
    const list = listOf({ '': { items: ['a'], next: 'x' }, x: { items: ['b', 'c'], next: end } });
    expect(await list.all()).toEqual(['a', 'b', 'c']);
    expect(list.asked).toEqual([undefined, 'x']);
  });

  test('goes on after a page that holds nothing', async () => {
    const list = listOf({
      '': { items: undefined, next: 'x' },
      x: { items: [], next: 'y' },
      y: { items: ['a'], next: undefined },
    });
    expect(await list.all()).toEqual(['a']);
  });

  test.each([
    ['the page before', { '': { items: ['a'], next: 'x' }, x: { items: ['b'], next: 'x' } }],
    [
      'some page before',
      {
        '': { items: ['a'], next: 'x' },
        x: { items: ['b'], next: 'y' },
        y: { items: ['c'], next: 'x' },
      },
    ],
  ])('is refused by its name where a token leads back to %s', async (_what, pages) => {
    await expect(listOf(pages).all()).rejects.toMatchObject({
      name: 'ProviderError',
      kind: 'Transient',
      message: expect.stringContaining('ListThings'),
    });
  });
});
