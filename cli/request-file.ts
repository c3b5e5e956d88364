import { readFile } from 'node:fs/promises';
import type { Fleet } from '../domain/fleet.ts';
import { parseFleet } from '../domain/schemas/fleet.ts';
import { UsageError } from './config.ts';

/** A fleet file a person gave, checked as the API checks it. @throws UsageError that names every fault. */
export async function readFleetFile(path: string): Promise<Fleet> {
  const parsed = parseFleet(await readJsonFile(path));
  if (parsed.ok) return parsed.fleet;
  const faults = parsed.faults.map((fault) => `  ${fault.path || 'fleet'}: ${fault.message}`);
  throw new UsageError(`${path} is no fleet (docs/formats.md):\n${faults.join('\n')}`);
}

/** A JSON file a person gave. @throws UsageError that names the file and the place. */
export async function readJsonFile(path: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw new UsageError(`${path} cannot be read: ${(error as Error).message}`);
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UsageError(`${path} is not JSON: ${(error as Error).message}`);
  }
}
