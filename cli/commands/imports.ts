import { createReadStream } from 'node:fs';
import { access } from 'node:fs/promises';
import { extname } from 'node:path';
import { UsageError } from '../config.ts';
import { readJsonFile } from '../request-file.ts';
import { EXIT, printResult, type Session } from '../session.ts';

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.json': 'application/json',
  '.ndjson': 'application/x-ndjson',
  '.jsonl': 'application/x-ndjson',
  '.csv': 'text/csv',
};

/** Declares the fleet in a JSON file as the one in force. */
export async function importFleet(session: Session, file: string): Promise<number> {
  const answer = await session.api.request<{ targets: number; recordSets: number; hash: string }>(
    '/api/fleet',
    { method: 'PUT', body: await readJsonFile(file) },
  );
  printResult(session, answer, (out) =>
    out.write(`Fleet in force: ${answer.targets} targets, ${answer.recordSets} record sets.\n`),
  );
  return EXIT.ok;
}

/** Imports bookings from JSON, NDJSON or CSV, streamed; all of the file or none of it. */
export async function importBookings(
  session: Session,
  file: string,
  options: { readonly replace?: boolean },
): Promise<number> {
  const path = `/api/bookings${options.replace ? '?replace=true' : ''}`;
  const answer = await sendFile<{ imported: number; unchanged: number }>(session, path, file, 'bookings');
  printResult(session, answer, (out) =>
    out.write(`${answer.imported} bookings imported, ${answer.unchanged} were there already.\n`),
  );
  return EXIT.ok;
}

/** Imports readings of load and demand from JSON, NDJSON or CSV, streamed; all of the file or none of it. */
export async function importObservations(session: Session, file: string): Promise<number> {
  const answer = await sendFile<{ accepted: number }>(session, '/api/observations', file, 'observations');
  printResult(session, answer, (out) => out.write(`${answer.accepted} observations imported.\n`));
  return EXIT.ok;
}

async function sendFile<T>(session: Session, path: string, file: string, what: string): Promise<T> {
  const contentType = CONTENT_TYPES[extname(file).toLowerCase()];
  if (!contentType) {
    const known = Object.keys(CONTENT_TYPES).join(', ');
    throw new UsageError(`${file}: ${what} come from a file that ends in one of ${known}`);
  }
  await access(file).catch((error: Error) => {
    throw new UsageError(`${file} cannot be read: ${error.message}`);
  });
  return session.api.request<T>(path, {
    method: 'POST',
    stream: { contentType, content: createReadStream(file) },
  });
}
