import { execFileSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { type PartOptions, startPart } from '../../../worker/child-process.ts';

const folder = mkdtempSync(join(tmpdir(), 'wedscale-part-'));

/** A part that says it is there, then does as its line says. */
function part(line: string, options: Partial<PartOptions> = {}) {
  const file = join(folder, 'part.mjs');
  writeFileSync(file, `console.log(JSON.stringify({ event: 'up', pid: process.pid }));\n${line}\n`);
  const log = pino({ level: 'silent' });
  return startPart({ name: 'part', file, env: { PATH: process.env.PATH }, log, ...options });
}

describe('a part of the service', () => {
  test("is in a process group of its own, which a terminal's Ctrl-C does not reach", async () => {
    const started = part('process.stdin.resume();');
    await started.first('up');
    const group = execFileSync('ps', ['-o', 'pgid=', '-p', String(started.pid())], { encoding: 'utf8' });
    expect(Number(group)).toBe(started.pid());
    await started.stop();
  });

  test('that ends while everything stops is neither started again nor reported', async () => {
    let stopping = false;
    let starts = 0;
    const ended: unknown[] = [];
    const started = part("process.stdin.on('end', () => process.exit(1)).resume();", {
      isStopping: () => stopping,
      onEvent: () => (starts += 1),
      onExit: (code) => ended.push(code),
    });
    await started.first('up');
    process.kill(started.pid() ?? 0, 'SIGKILL');
    await started.first('up').catch(() => started.first('up'));
    expect([starts, ended]).toEqual([2, [null]]);
    stopping = true;
    process.kill(started.pid() ?? 0, 'SIGKILL');
    await sleep(600);
    expect([starts, ended]).toEqual([2, [null]]);
    await started.stop();
  });
});
