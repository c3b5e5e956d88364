import { randomUUID } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** One directory for all state of the embedded servers, held by one process at a time. */
export interface StateDirectory {
  readonly path: string;
  /** Shared by PostgreSQL and Temporal's file, so that a mix of two installations is noticed. */
  readonly id: string;
  release(): void;
}

/** Takes the directory, creating it where needed. @throws Error naming the holder when it is in use. */
export function openStateDirectory(path: string): StateDirectory {
  mkdirSync(path, { recursive: true });
  // Servers that may not run as root run as another user, who has to pass through.
  chmodSync(path, 0o711);
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
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
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
