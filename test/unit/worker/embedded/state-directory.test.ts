import { chmodSync, mkdirSync, mkdtempSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStateDirectory } from '../../../../worker/embedded/state-directory.ts';

const folder = mkdtempSync(join(tmpdir(), 'wedscale-state-'));
const modeOf = (path: string) => statSync(path).mode & 0o7777;

describe('a state directory', () => {
  test('that is missing is made, with those above it, so that others may pass', () => {
    const path = join(folder, 'a', 'b');
    openStateDirectory(path).release();
    expect(modeOf(path)).toBe(0o711);
  });

  test.each([0o1777, 0o755, 0o700])('that is there keeps its mode, here %o', (mode) => {
    const path = join(folder, `mode-${mode}`);
    mkdirSync(path);
    // The umask has no say in it.
    chmodSync(path, mode);
    openStateDirectory(path).release();
    expect(modeOf(path)).toBe(mode);
  });

  test.each([
    [
      'below /proc, where nothing can be made',
      '/proc/nope/state',
      /\/proc\/nope\/state cannot be made \(ENOENT/,
    ],
    ['in /proc itself', '/proc', /\/proc cannot be written to \(E/],
    ['that is a file', join(folder, 'file'), /file is no folder/],
    ['below a file', join(folder, 'file', 'state'), /state cannot be made \(ENOTDIR/],
  ])('%s is refused at once, with the path, the reason and the remedy', (_what, path, words) => {
    writeFileSync(join(folder, 'file'), '');
    expect(() => openStateDirectory(path)).toThrow(words);
    expect(() => openStateDirectory(path)).toThrow(/--state-dir or WEDSCALE_STATE_DIR\.$/);
  });
});
