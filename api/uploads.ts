import type { Readable } from 'node:stream';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Problem } from './problem.ts';
import { emptyUpload, RECORD_TYPES, type RecordType, readRecords, type UploadedRecord } from './records.ts';

/** Largest upload, in bytes: a million bookings fit. */
export const UPLOAD_LIMIT_BYTES = 1024 * 1024 * 1024;

/** Hands bodies of these routes to the handler as streams, whatever their size. */
export function takeUploads(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  const pass = (_request: FastifyRequest, payload: unknown, done: (error: null, body: unknown) => void) =>
    done(null, payload);
  app.addContentTypeParser([...RECORD_TYPES], { bodyLimit: UPLOAD_LIMIT_BYTES }, pass as never);
}

/** The records of an upload as they arrive. */
export function recordsOf(request: FastifyRequest): AsyncIterable<UploadedRecord> {
  const type = recordType(request);
  if (!type) throw new Problem('unreadable-body', `Send records as one of ${RECORD_TYPES.join(', ')}.`);
  if (!request.body) throw emptyUpload();
  return readRecords(request.body as Readable, type, UPLOAD_LIMIT_BYTES);
}

/** Where a record stands, as a person counts: `entry 3` of a JSON array, `line 3` of any other file. */
export function recordPlace(request: FastifyRequest, line: number): string {
  return recordType(request) === 'application/json' ? `entry ${line}` : `line ${line}`;
}

function recordType(request: FastifyRequest): RecordType | undefined {
  const type = (request.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase();
  return RECORD_TYPES.find((candidate) => candidate === type);
}
