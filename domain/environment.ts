import { z } from 'zod';
import { PROVIDERS } from './providers.ts';
import './schemas/plain-words.ts';

/** A set of environment variables, as a process has it. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** `true` or `false`, as text. */
export const flag = z.enum(['true', 'false']).transform((value) => value === 'true');

/** Vendors that can be made real, by name. */
const VENDORS = [...PROVIDERS, 'datadog'] as const;

/** Variables that say where Temporal is; the same for the API and for workers. */
export const temporalVariables = z.object({
  TEMPORAL_ADDRESS: z
    .string()
    .regex(/^\S+:\d+$/, 'must be host:port')
    .optional(),
  TEMPORAL_NAMESPACE: z.string().min(1).default('default'),
  TEMPORAL_API_KEY: z.string().min(1).optional(),
  TEMPORAL_TLS: flag.optional(),
  TEMPORAL_TLS_CLIENT_CERT_PATH: z.string().min(1).optional(),
  TEMPORAL_TLS_CLIENT_KEY_PATH: z.string().min(1).optional(),
  TEMPORAL_TLS_SERVER_CA_CERT_PATH: z.string().min(1).optional(),
});

/** Variables that say which vendors are real; credentials lying around never decide. */
export const vendorVariables = z.object({
  WEDSCALE_REAL_VENDORS: z
    .string()
    .default('')
    .transform((text) =>
      text
        .split(',')
        .map((name) => name.trim())
        .filter((name) => name !== ''),
    )
    .pipe(z.array(z.enum(VENDORS, { error: `must be a list of ${VENDORS.join(', ')}` }))),
  WEDSCALE_TIME_SCALE: z.coerce.number().min(1).default(1),
});

/** Where a person finds logs and how much of them. */
export const logVariables = z.object({
  WEDSCALE_LOG_LEVEL: z.enum(['silent', 'error', 'warn', 'info', 'debug']).default('info'),
});

/** Variables that say where the key of stored credentials is; the same for the API and for workers. */
export const vaultVariables = z.object({
  WEDSCALE_VAULT_KEY: z.string().min(1).optional(),
  WEDSCALE_VAULT_KEY_FILE: z.string().min(1).optional(),
});

/** How Temporal is reached. */
export interface TemporalSettings {
  readonly namespace: string;
  /** As every client and worker of the SDK takes it. */
  readonly connection: {
    /** `host:port`; default 127.0.0.1:7233. */
    readonly address: string;
    readonly apiKey?: string;
    /** Absent: plain text. Contents of PEM files. */
    readonly tls?: {
      readonly serverRootCACertificate?: Uint8Array;
      readonly clientCertPair?: { readonly crt: Uint8Array; readonly key: Uint8Array };
    };
  };
}

/**
 * @param values as {@link temporalVariables} parsed them.
 * @param read reads a PEM file; what it throws is passed on.
 */
export function temporalSettings(
  values: z.infer<typeof temporalVariables>,
  read: (path: string) => Uint8Array,
): TemporalSettings {
  const { TEMPORAL_API_KEY: apiKey, TEMPORAL_TLS_SERVER_CA_CERT_PATH: caPath } = values;
  const { TEMPORAL_TLS_CLIENT_CERT_PATH: crtPath, TEMPORAL_TLS_CLIENT_KEY_PATH: keyPath } = values;
  const tls = values.TEMPORAL_TLS ?? Boolean(apiKey || crtPath || caPath);
  return {
    namespace: values.TEMPORAL_NAMESPACE,
    connection: {
      address: values.TEMPORAL_ADDRESS ?? '127.0.0.1:7233',
      ...(apiKey && { apiKey }),
      ...(tls && {
        tls: {
          ...(caPath && { serverRootCACertificate: read(caPath) }),
          ...(crtPath && keyPath && { clientCertPair: { crt: read(crtPath), key: read(keyPath) } }),
        },
      }),
    },
  };
}

/** The variables that count as set: an empty one does not. */
export function variablesSet(environment: Environment): Environment {
  return Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
}

/** 32 bytes in base64. */
const VAULT_KEY = /^[A-Za-z0-9+/]{43}=$/;

/**
 * The key stored credentials are sealed with, 32 bytes; null where none is configured.
 * @param values as {@link vaultVariables} parsed them.
 * @param read reads the key file; what it throws is passed on.
 * @throws Error that names the variable and never what it holds.
 */
export function vaultKey(
  values: z.infer<typeof vaultVariables>,
  read: (path: string) => Uint8Array,
): Uint8Array | null {
  const { WEDSCALE_VAULT_KEY: given, WEDSCALE_VAULT_KEY_FILE: file } = values;
  if (given !== undefined && file !== undefined) {
    throw new Error('Set WEDSCALE_VAULT_KEY or WEDSCALE_VAULT_KEY_FILE, not both.');
  }
  if (given === undefined && file === undefined) return null;
  const text = (given ?? new TextDecoder().decode(read(file ?? ''))).trim();
  if (VAULT_KEY.test(text)) return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  const where = file === undefined ? 'WEDSCALE_VAULT_KEY' : `WEDSCALE_VAULT_KEY_FILE ${file}`;
  throw new Error(`${where} must hold 32 bytes in base64, as \`openssl rand -base64 32\` makes them.`);
}

/**
 * Parses an environment with one schema. An empty variable counts as not set.
 * @throws Error that names every bad variable at once.
 */
export function parseEnvironment<T extends z.ZodType>(
  schema: T,
  environment: Environment,
  check: (values: z.output<T>) => readonly string[] = () => [],
): z.output<T> {
  const parsed = schema.safeParse(variablesSet(environment));
  const faults = parsed.success
    ? check(parsed.data)
    : parsed.error.issues.map((issue) => `${issue.path[0]?.toString() ?? ''}: ${issue.message}`);
  if (faults.length === 0 && parsed.success) return parsed.data;
  throw new Error(`The environment is not valid:\n${faults.map((fault) => `  ${fault}`).join('\n')}`);
}

/** Names of this machine, which no proxy leads to. */
const LOOPBACK = ['127.0.0.1', 'localhost', '::1'] as const;

/**
 * What to set so that our own servers are reached directly on a machine with a proxy for everything: gRPC and
 * vendors' clients would else look for them behind it. Both spellings, since each client reads its own.
 * @param addresses further servers of ours, as http addresses; undefined ones count for nothing.
 */
export function proxyExceptions(
  environment: Environment,
  addresses: readonly (string | undefined)[] = [],
): { readonly NO_PROXY: string; readonly no_proxy: string } {
  const known = [environment.NO_PROXY, environment.no_proxy].flatMap((list) => list?.split(',') ?? []);
  const hosts = addresses.flatMap((address) =>
    URL.canParse(address ?? '') ? new URL(address ?? '').hostname : [],
  );
  const all = [...known.map((name) => name.trim()), ...LOOPBACK, ...hosts].filter((name) => name !== '');
  const list = [...new Set(all)].join(',');
  return { NO_PROXY: list, no_proxy: list };
}

/** A scale other than 1 is for the sandbox only: nothing real can be hurried. */
export function scaleFaults(values: z.output<typeof vendorVariables>): readonly string[] {
  if (values.WEDSCALE_REAL_VENDORS.length === 0 || values.WEDSCALE_TIME_SCALE === 1) return [];
  return ['WEDSCALE_TIME_SCALE: must be 1 while WEDSCALE_REAL_VENDORS is set'];
}
