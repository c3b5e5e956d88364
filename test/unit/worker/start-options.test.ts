import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readStartOptions } from '../../../worker/start-options.ts';
import { smallFleet } from '../../support/small-fleet.ts';

const folder = mkdtempSync(join(tmpdir(), 'wedscale-start-'));

function file(name: string, content: unknown): string {
  const path = join(folder, name);
  writeFileSync(path, JSON.stringify(content));
  return path;
}

describe('the options of a start', () => {
  test('have defaults, and the command line stands above the environment', async () => {
    const environment = { HOME: '/home/ada', WEDSCALE_STATE_DIR: '/srv/env' };
    expect(await readStartOptions([], environment)).toMatchObject({
      stateDirectory: '/srv/env',
      workers: 1,
      fleet: null,
      webUiPort: undefined,
      events: false,
    });
    const args = [
      '--state-dir',
      '/srv/flag',
      '--fleet',
      file('fleet.json', smallFleet()),
      '--web-ui-port',
      '8233',
    ];
    expect(await readStartOptions(args, environment)).toMatchObject({
      stateDirectory: '/srv/flag',
      fleet: { name: 'small' },
      webUiPort: 8233,
    });
  });

  test.each(['--help', '-h'])('are explained with %s, whatever else is wrong', async (flag) => {
    expect(await readStartOptions([flag], { WEDSCALE_LEASE_MS: '-1' })).toBeNull();
  });

  test('are refused with everything wrong at once: variables of all parts, flags and the fleet', async () => {
    const environment = {
      WEDSCALE_API_PORT: 'abc',
      WEDSCALE_LEASE_MS: '-1',
      WEDSCALE_METRICS_OPEN: 'perhaps',
      WEDSCALE_SANDBOX_PORT: '70000',
    };
    const fleet = file('none.json', { name: '' });
    const args = ['--workers', '65', '--web-ui-port', 'abc', '--fleet', fleet];
    const { message } = await readStartOptions(args, environment).then(
      () => ({ message: 'taken' }),
      (error: Error) => error,
    );
    for (const words of [
      'WEDSCALE_API_PORT: must be a number',
      'WEDSCALE_LEASE_MS: must be at least 1',
      'WEDSCALE_METRICS_OPEN: must be one of true, false',
      'WEDSCALE_SANDBOX_PORT: must be at most 65530',
      '--workers must be a whole number from 0 to 64, is 65',
      '--web-ui-port must be a whole number from 1 to 65535, is abc',
      `--fleet ${fleet} is no fleet`,
      '  name: must not be empty',
    ]) {
      expect(message).toContain(words);
    }
  });

  test.each([
    [['--colour', 'white'], /Unknown option '--colour'[\s\S]*npm start -- \[options\]/],
    [['--fleet', '/nowhere.json'], /--fleet \/nowhere\.json cannot be used: ENOENT/],
  ])('are refused in words: %j', async (args, words) => {
    await expect(readStartOptions(args, {})).rejects.toThrow(words);
  });
});
