import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/**
 * Makes a folder and those above it where they are missing. `mkdir` with `recursive` would try for ever where
 * the kernel calls every new folder "not found", as below /proc.
 * @param what it is for, at the head of a sentence; `advice` what to do when it cannot be made.
 * @returns whether it was missing. @throws Error with the path, the reason and the advice.
 */
export function makeFolder(path: string, what: string, advice: string): boolean {
  const missing: string[] = [];
  for (let folder = resolve(path); !existsSync(folder); folder = dirname(folder)) missing.unshift(folder);
  try {
    for (const folder of missing) makeOne(folder);
  } catch (error) {
    throw new Error(`${what} ${path} cannot be made (${(error as Error).message}); ${advice}.`, {
      cause: error,
    });
  }
  if (!statSync(path).isDirectory()) throw new Error(`${what} ${path} is no folder; ${advice}.`);
  return missing.length > 0;
}

function makeOne(folder: string): void {
  try {
    mkdirSync(folder);
  } catch (error) {
    // Another process may have made it meanwhile.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || !existsSync(folder)) throw error;
  }
}
