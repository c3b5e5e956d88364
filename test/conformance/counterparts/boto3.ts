import { SERVICES } from '../../../domain/services.ts';
import { startSandbox } from '../../support/sandbox.ts';
import type { Counterpart } from '../counterpart.ts';
import { PROMISES, promisedCells, rowsOf } from '../promises.ts';
import { enterPythonChecks, pythonEnvironment } from '../python-environment.ts';

/** Service milliseconds per wall millisecond: tasks of two minutes are there in a second. */
const TIME_SCALE = 200;

/** AWS's own Python client against the sandbox: every lever, and ECS and Route 53 in depth. */
export const boto3: Counterpart = {
  id: 'boto3',
  services: [...rowsOf('boto3', promisedCells(SERVICES, PROMISES)), 'aws.route53'],
  async run(matrix, { cacheFolder }) {
    const environment = await pythonEnvironment(cacheFolder);
    const sandbox = await startSandbox({ timeScale: TIME_SCALE });
    try {
      const args = [sandbox.addresses.aws, sandbox.control];
      await enterPythonChecks(matrix, 'boto3', environment, 'aws_sandbox.py', args);
      await enterPythonChecks(matrix, 'boto3', environment, 'boto3_sandbox.py', args);
    } finally {
      await sandbox.stop();
    }
  },
};
