import { SERVICES } from '../../../domain/services.ts';
import { startSandbox } from '../../support/sandbox.ts';
import type { Counterpart } from '../counterpart.ts';
import { PROMISES, promisedCells, rowsOf } from '../promises.ts';
import { enterPythonChecks, pythonEnvironment } from '../python-environment.ts';

/** Service milliseconds per wall millisecond; slow enough for what lasts six hours to be met by a slow client. */
const TIME_SCALE = 200;

/** AWS's own command line against the sandbox: every lever, its answers parsed as JSON. */
export const awsCli: Counterpart = {
  id: 'aws-cli',
  notOffered: [
    'the number of pages of a listing, all of which it follows by itself',
    'error classes, beside their codes',
  ],
  services: rowsOf('aws-cli', promisedCells(SERVICES, PROMISES)),
  async run(matrix, { cacheFolder }) {
    const environment = await pythonEnvironment(cacheFolder, 'aws-cli');
    const sandbox = await startSandbox({ timeScale: TIME_SCALE });
    try {
      const args = [sandbox.addresses.aws, sandbox.control, environment.command('aws')];
      await enterPythonChecks(matrix, 'aws-cli', environment, 'aws_sandbox.py', args);
    } finally {
      await sandbox.stop();
    }
  },
};
