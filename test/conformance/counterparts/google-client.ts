import { startSandbox } from '../../support/sandbox.ts';
import type { Counterpart } from '../counterpart.ts';
import { enterPythonChecks, pythonEnvironment } from '../python-environment.ts';

/** Service milliseconds per wall millisecond: instances of two minutes are there in a second. */
const TIME_SCALE = 200;

/** Google's own Python client against the sandbox. */
export const googleClient: Counterpart = {
  id: 'google-api-python-client',
  services: ['gcp.mig'],
  async run(matrix, { cacheFolder }) {
    const environment = await pythonEnvironment(cacheFolder);
    const sandbox = await startSandbox({ timeScale: TIME_SCALE });
    try {
      const args = [sandbox.addresses.gcp, sandbox.control];
      await enterPythonChecks(matrix, 'google-api-python-client', environment, 'google_sandbox.py', args);
    } finally {
      await sandbox.stop();
    }
  },
};
