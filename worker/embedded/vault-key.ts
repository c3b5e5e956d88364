import { randomBytes } from 'node:crypto';
import { existsSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The key file of an installation that was given no key: made at its first start, 32 random bytes in base64,
 * readable by its owner only. Whoever holds the state directory's lock is the only one to call this.
 * @returns its path.
 */
export function vaultKeyFile(stateDirectory: string): string {
  const file = join(stateDirectory, 'vault-key');
  if (existsSync(file)) return file;
  // Half a key would lock every secret out, so it appears whole or not at all.
  const work = `${file}.${process.pid}`;
  writeFileSync(work, `${randomBytes(32).toString('base64')}\n`, { mode: 0o600, flush: true });
  renameSync(work, file);
  return file;
}
