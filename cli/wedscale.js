#!/usr/bin/env node
// Plain JavaScript on purpose: it has to start under any Node a machine may have. The command line itself is
// TypeScript for Node 24, which comes with the package `node`.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const REQUIRED_MAJOR = 24;
const main = join(dirname(fileURLToPath(import.meta.url)), 'main.ts');

if (Number(process.versions.node.split('.')[0]) >= REQUIRED_MAJOR) {
  const { main: run } = await import(main);
  process.exitCode = await run(process.argv.slice(2));
} else {
  startUnderOwnNode();
}

function startUnderOwnNode() {
  const node = ownNode();
  if (!node) {
    console.error(
      `wedscale needs Node ${REQUIRED_MAJOR}, this is ${process.version}, and the package "node" that brings ` +
        'it is not installed. Run "npm ci" where wedscale is installed, then try again.',
    );
    process.exitCode = 3;
    return;
  }
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: 'inherit' });
  // A terminal sends Ctrl-C to both: the child decides when to end. Other signals reach only this process.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  child.on('error', (error) => {
    console.error(`wedscale could not start ${node}: ${error.message}`);
    process.exitCode = 3;
  });
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? (signal === 'SIGINT' ? 130 : 143);
  });
}

function ownNode() {
  try {
    const manifest = createRequire(import.meta.url).resolve('node/package.json');
    const binary = join(dirname(manifest), 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
    return existsSync(binary) ? binary : null;
  } catch {
    return null;
  }
}
