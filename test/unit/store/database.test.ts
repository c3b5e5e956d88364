import { checkDatabase } from '../../../store/database.ts';

test.each([
  [
    'nobody listens',
    'postgres://ada:secret@127.0.0.1:1/weddings',
    /127\.0\.0\.1:1\/weddings \(DATABASE_URL\) cannot be used: nothing listens there/,
  ],
  [
    'the host is none',
    'postgres://ada:secret@wedscale.invalid/weddings',
    /wedscale\.invalid\/weddings \(DATABASE_URL\) cannot be used: (there is no such host|the name)/,
  ],
])(
  'a database is named with its variable and the remedy when %s, and never its password',
  async (_what, url, words) => {
    const refused = checkDatabase(url);
    await expect(refused).rejects.toThrow(words);
    await expect(refused).rejects.toThrow(/put DATABASE_URL right/);
    await expect(refused).rejects.not.toThrow(/secret/);
  },
);
