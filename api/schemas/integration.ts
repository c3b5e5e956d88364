import { z } from 'zod';
import { PROVIDERS } from '../../domain/providers.ts';

const health = z.enum(['healthy', 'degraded', 'unhealthy', 'unknown']);

const identity = z.object({
  status: z.enum(['proven', 'failed', 'notTested']),
  account: z.string().nullable(),
  arn: z.string().nullable(),
  message: z.string(),
});

const permission = z.object({
  name: z.string(),
  verb: z.enum(['read', 'write']),
  services: z.array(z.string()),
  status: z.enum(['allowed', 'denied', 'notTested']),
  how: z
    .enum(['call', 'simulation', 'none'])
    .describe('Shown by a real call, said by the vendor when asked, or not tested.'),
  message: z.string(),
});

const quota = z.object({
  region: z.string(),
  status: z.enum(['read', 'unread']),
  code: z.string().nullable(),
  title: z.string(),
  limit: z.number().nullable(),
  message: z.string(),
});

const read = z.object({
  service: z.string(),
  region: z.string(),
  status: z.enum(['ok', 'failed', 'skipped']),
  latencyMs: z.int().nullable(),
  message: z.string(),
});

/** What a test of a provider found. */
export const testResultSchema = z.object({
  environment: z
    .enum(['sandbox', 'real'])
    .describe('`sandbox`: stand-in credentials against the sandbox; no cloud was asked.'),
  testedAt: z.iso.datetime(),
  durationMs: z.int(),
  identity,
  permissions: z.array(permission),
  quotas: z.array(quota),
  reads: z.array(read),
});

/** Answer of a connection whose test has ended. */
export const connectedSchema = z.object({
  success: z.boolean().describe('Identity proven, every read answered, no permission denied.'),
  integrationId: z.string(),
  provider: z.enum(PROVIDERS),
  services: z.array(z.string()).describe('Services that answered a read.'),
  testResult: testResultSchema,
  setupTime: z.int().describe('Milliseconds from request to answer.'),
});

/** Answer of a connection whose test goes on. */
export const testingSchema = z.object({
  integrationId: z.string(),
  status: z.literal('testing'),
  message: z.string(),
});

/** An integration as it is read back; nothing of its credentials but their kind. */
export const integrationSchema = z.object({
  integrationId: z.string(),
  provider: z.enum(PROVIDERS),
  name: z.string(),
  regions: z.array(z.string()),
  credentialKind: z.enum(['role', 'keys', 'chain']),
  state: z.enum(['connecting', 'connected', 'refused', 'replaced', 'disconnected']),
  createdAt: z.iso.datetime(),
  success: z.boolean().nullable().describe('By the last test; null before the first.'),
  testResult: testResultSchema.nullable(),
});

/** Answer of `GET /api/integrations/scalability/status`. */
export const statusSchema = z.object({
  cloudProviders: z.array(
    z.object({
      integrationId: z.string(),
      provider: z.enum(PROVIDERS),
      name: z.string(),
      environment: z.enum(['sandbox', 'real']).nullable(),
      status: health,
      checkedAt: z.iso.datetime().nullable(),
      message: z.string(),
    }),
  ),
  monitoring: z
    .array(z.object({ platform: z.string(), status: health, message: z.string() }))
    .describe('Empty: no monitoring platform is connected over this API yet.'),
  containers: z.array(
    z.object({ service: z.string(), region: z.string(), status: health, message: z.string() }),
  ),
  lastHealthCheck: z.iso.datetime().nullable().describe('When a test last ended; null before the first.'),
  overallStatus: health,
});
