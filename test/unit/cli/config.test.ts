import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { colourAllowed, readConfig } from '../../../cli/config.ts';

describe('readConfig', () => {
  const env = { WEDSCALE_API_URL: 'http://scale.internal:9000/', WEDSCALE_API_KEY: 'from-env' };

  test('takes the environment, without a slash at the end', () => {
    expect(readConfig({}, env)).toEqual({ url: 'http://scale.internal:9000', key: 'from-env' });
  });

  test('lets the command line stand above the environment', () => {
    const keyFile = join(mkdtempSync(join(tmpdir(), 'wedscale-')), 'key');
    writeFileSync(keyFile, 'from-file\n');
    expect(readConfig({ url: 'http://127.0.0.1:1', keyFile }, env)).toEqual({
      url: 'http://127.0.0.1:1',
      key: 'from-file',
    });
  });

  test('names everything wrong at once', () => {
    const faults = () =>
      readConfig({ url: 'localhost:8080', keyFile: '/nowhere/key' }, { WEDSCALE_API_URL: 'x' });
    expect(faults).toThrow(
      /WEDSCALE_API_URL must be[\s\S]*--url localhost:8080[\s\S]*\/nowhere\/key cannot be read/,
    );
    expect(() => readConfig({}, {})).toThrow('no API key');
  });

  test('takes an empty variable as not set', () => {
    const empty = { WEDSCALE_API_URL: '', WEDSCALE_API_KEY: '' };
    expect(() => readConfig({}, empty)).toThrow(/^no API key: set WEDSCALE_API_KEY or give --key-file FILE$/);
    expect(readConfig({}, { ...env, WEDSCALE_API_URL: '' }).url).toBe('http://127.0.0.1:8080');
  });
});

describe('colourAllowed', () => {
  test.each([
    [true, {}, true],
    [true, { NO_COLOR: '1' }, false],
    [true, { NO_COLOR: '' }, true],
    [false, {}, false],
  ])('terminal %s with %j gives %s', (isTTY, env, allowed) => {
    expect(colourAllowed({ isTTY }, env)).toBe(allowed);
  });
});
