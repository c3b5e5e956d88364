import { sandboxConfig } from './config.ts';
import { startSandbox } from './server.ts';

const sandbox = await startSandbox(sandboxConfig(process.env));

const stop = () => {
  sandbox.stop().catch((error: unknown) => {
    process.stderr.write(`stopping: ${error}\n`);
    process.exitCode = 1;
  });
};
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop);
// A supervisor that started us is the other end of stdin; when it is gone, so are we.
if (process.argv.includes('--stop-with-parent')) {
  process.stdin.once('end', stop).resume();
  process.stdin.unref?.();
}

process.stdout.write(
  `${JSON.stringify({ event: 'sandbox-ready', restored: sandbox.restored, ...sandbox.addresses })}\n`,
);
