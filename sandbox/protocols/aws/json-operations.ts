import type { Core } from '../../core.ts';
import type { VendorAnswers } from '../../pipeline.ts';
import type { CallContext } from '../../world.ts';
import { AwsError } from './errors.ts';

/** Members of a request, as sent. */
export type Input = Readonly<Record<string, unknown>>;

/** One operation of a service that speaks AWS JSON 1.1. */
export interface JsonOperation {
  readonly write: boolean;
  /** Bucket of limits-table.ts. */
  readonly bucket: string;
  /** Key of the one resource a call is about, for fault rules; undefined for several or none. */
  resourceKey?(input: Input, region: string): string | undefined;
  /** @throws AwsError; WorldError passes through to the pipeline. */
  run(core: Core, input: Input, call: CallContext): unknown;
}

/** A service: the first part of `X-Amz-Target`, what it answers, and its operations by name. */
export interface JsonService {
  readonly target: string;
  /** Service of the world a call is about, e.g. `aws.ecs`; fault rules name it. */
  service(input: Input): string;
  readonly answers: VendorAnswers;
  readonly operations: Readonly<Record<string, JsonOperation>>;
}

/** Reads members of one service's requests. */
export interface Members {
  text(input: Input, name: string): string | undefined;
  count(input: Input, name: string): number | undefined;
  list(input: Input, name: string, limit: number): readonly string[] | undefined;
  /** A page of `items` under `token`, which is the sandbox's own, and the token of the next. */
  page<T>(
    items: readonly T[],
    token: string | undefined,
    size: number,
  ): { items: readonly T[]; next?: string };
}

/** @param invalidCode how the service calls a bad member. @param tokenCode how it calls a bad page token. */
export function members(invalidCode: string, tokenCode: string): Members {
  const refuse = (name: string, what: string) => new AwsError(invalidCode, `${name} must be ${what}.`);
  return {
    text(input, name) {
      const value = input[name];
      if (value === undefined || value === null) return undefined;
      if (typeof value !== 'string' || value === '') throw refuse(name, 'text');
      return value;
    },
    count(input, name) {
      const value = input[name];
      if (value === undefined || value === null) return undefined;
      if (!Number.isInteger(value) || (value as number) < 0) throw refuse(name, 'a whole number from 0');
      return value as number;
    },
    list(input, name, limit) {
      const value = input[name];
      if (value === undefined || value === null) return undefined;
      if (!Array.isArray(value) || !value.every((item) => typeof item === 'string')) {
        throw refuse(name, 'a list of text');
      }
      if (value.length > limit) throw refuse(name, `at most ${limit} long`);
      return value as string[];
    },
    page(items, token, size) {
      const start = token === undefined ? 0 : Number(Buffer.from(token, 'base64url').toString());
      if (!Number.isInteger(start) || start < 0)
        throw new AwsError(tokenCode, 'The page token is not valid.');
      const end = start + size;
      const page = items.slice(start, end);
      return end < items.length
        ? { items: page, next: Buffer.from(String(end)).toString('base64url') }
        : { items: page };
    },
  };
}
