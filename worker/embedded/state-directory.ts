import { randomUUID } from 'node:crypto';
import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { makeFolder } from './make-folder.ts';

/** One directory for all state of the embedded servers, held by one process at a time. */
export interface StateDirectory {
  readonly path: string;
  /** Shared by PostgreSQL and Temporal's file, so that a mix of two installations is noticed. */
  readonly id: string;
  release(): void;
}

const ADVICE = 'give another one with --state-dir or WEDSCALE_STATE_DIR';

/**
 * Takes the directory, making it where needed; one that is there keeps its mode.
 * @throws Error naming the holder when it is in use, or why it cannot be made or written to.
 */
export function openStateDirectory(given: string): StateDirectory {
  const path = resolve(given);
  // Servers that may not run as root run as another user, who has to pass through.
  if (makeFolder(path, 'The state directory', ADVICE)) chmodSync(path, 0o711);
  const lock = join(path, 'lock');
  take(lock, path);
  const idFile = join(path, 'id');
  if (!existsSync(idFile)) writeFileSync(idFile, randomUUID());
  return {
    path,
    id: readFileSync(idFile, 'utf8').trim(),
    release: () => rmSync(lock, { force: true }),
  };
}

function take(lock: string, path: string): void {
  for (let attempt = 0; attempt < 2; attempt += 1) {
    try {
      writeFileSync(lock, String(process.pid), { flag: 'wx' });
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') {
        const reason = (error as Error).message;
        throw new Error(`The state directory ${path} cannot be written to (${reason}); ${ADVICE}.`, {
          cause: error,
        });
      }
      const holder = Number(readFileSync(lock, 'utf8'));
      if (isAlive(holder)) {
        throw new Error(
          `The state directory ${path} is in use by process ${holder}. Stop that one, or give another ` +
            'directory with --state-dir.',
        );
      }
      rmSync(lock, { force: true });
    }
  }
  throw new Error(`The state directory ${path} was taken by another process at the same moment; try again.`);
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
