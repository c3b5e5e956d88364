import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { environmentWith } from './config.ts';
import type { Finished } from './processes.ts';

/** kubectl bound to one context. */
export interface Kubectl {
  /** Runs it to its end. @param input what it reads from its standard input. */
  run(args: readonly string[], input?: string): Promise<Finished>;
  /** Its output. @throws Error with its complaint when it does not succeed. */
  output(...args: readonly string[]): Promise<string>;
  /** `get ... -o json`, parsed. */
  // biome-ignore lint/suspicious/noExplicitAny: objects of the API are asserted on
  object(...args: readonly string[]): Promise<any>;
  apply(...objects: readonly object[]): Promise<void>;
}

/** @param folder where it may keep its caches; nothing is read from or written to the home folder. */
export function createKubectl(command: string, kubeconfig: string, context: string, folder: string): Kubectl {
  const env = environmentWith({ KUBECONFIG: kubeconfig, HOME: folder });
  const shared = ['--context', context, '--cache-dir', join(folder, 'kubectl'), '--request-timeout', '30s'];
  const kubectl: Kubectl = {
    async run(args, input = '') {
      const child = spawn(command, [...shared, ...args], { env, stdio: ['pipe', 'pipe', 'pipe'] });
      let [stdout, stderr] = ['', ''];
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        stdout += text;
      });
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        stderr += text;
      });
      child.stdin.on('error', () => undefined).end(input);
      const [code] = (await once(child, 'close')) as [number | null];
      return { code: code ?? 1, stdout, stderr };
    },
    async output(...args) {
      const { code, stdout, stderr } = await kubectl.run(args);
      if (code !== 0) throw new Error(`kubectl ${args.join(' ')} ended with ${code}: ${stderr.trim()}`);
      return stdout;
    },
    async object(...args) {
      return JSON.parse(await kubectl.output(...args, '-o', 'json'));
    },
    async apply(...objects) {
      const items = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects });
      const { code, stderr } = await kubectl.run(['apply', '-f', '-'], items);
      if (code !== 0) throw new Error(`kubectl apply ended with ${code}: ${stderr.trim()}`);
    },
  };
  return kubectl;
}
