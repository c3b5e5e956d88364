import { gunzipSync, inflateSync, zstdDecompressSync } from 'node:zlib';
import type { Json } from './account.ts';

/** Largest payload after decompression, in bytes. Source: Datadog, "Submit metrics": 5 MB. */
const PAYLOAD_LIMIT_BYTES = 5 * 1024 * 1024;

const DECODERS: Readonly<Record<string, (body: Buffer, limit: { maxOutputLength: number }) => Buffer>> = {
  deflate: inflateSync,
  gzip: gunzipSync,
  zstd1: zstdDecompressSync,
};

/** What a body came to: an object, nothing at all, or why it cannot be read. */
export type Payload =
  | { readonly status: 'read'; readonly sent: Json }
  | { readonly status: 'empty' }
  | { readonly status: 'refused'; readonly code: 400 | 413; readonly message: string };

/** Reads a JSON object, compressed as `Content-Encoding` says. */
export function payloadOf(body: Buffer, encoding: string | undefined): Payload {
  if (body.length === 0) return { status: 'empty' };
  const decoder = encoding === undefined ? undefined : DECODERS[encoding];
  if (encoding !== undefined && encoding !== 'identity' && !decoder) {
    return { status: 'refused', code: 400, message: `Content-Encoding ${encoding} is not supported` };
  }
  try {
    const plain = decoder?.(body, { maxOutputLength: PAYLOAD_LIMIT_BYTES }) ?? body;
    const value: unknown = JSON.parse(plain.toString());
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      return { status: 'read', sent: value as Json };
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') {
      return { status: 'refused', code: 413, message: 'Payload too large' };
    }
  }
  return { status: 'refused', code: 400, message: 'The payload is not a JSON object' };
}
