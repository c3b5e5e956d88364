import { writeFile } from 'node:fs/promises';
import { UsageError } from './config.ts';

/** Writes a file that is not there yet. @throws UsageError rather than write over what somebody may have changed. */
export async function writeNewFile(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text, { flag: 'wx' });
  } catch (error) {
    const exists = (error as NodeJS.ErrnoException).code === 'EEXIST';
    const why = exists ? 'exists already; name another file, or remove it' : (error as Error).message;
    throw new UsageError(`${file} was not written: ${why}`);
  }
}
