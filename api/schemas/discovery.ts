import { z } from 'zod';
import { FLEET_TAG } from '../../domain/discovery.ts';
import { PROVIDERS } from '../../domain/providers.ts';

/** Body of `POST /api/fleet/discovery`. */
export const discoveryBodySchema = z.strictObject({
  provider: z.enum(PROVIDERS),
  regions: z
    .array(z.string().regex(/^[a-z0-9][a-z0-9-]{1,60}$/, 'must be a region, e.g. eu-west-1'))
    .min(1)
    .max(40)
    .refine((regions) => new Set(regions).size === regions.length, 'names a region twice'),
  tagKey: z.string().min(1).max(128).default(FLEET_TAG).describe('What bears this tag belongs to weddings.'),
  tagValue: z.string().max(256).optional().describe('Only this value of it. Default: any.'),
});

/** Answer of a discovery that has ended. */
export const discoverySchema = z.object({
  discoveryId: z.string(),
  status: z.literal('ended'),
  provider: z.enum(PROVIDERS),
  regions: z.array(z.string()),
  tag: z.object({ key: z.string(), value: z.string().nullable() }),
  fleet: z
    .record(z.string(), z.unknown())
    .describe('A fleet file; `"?"` marks what only a person can know, and is refused by PUT /api/fleet.'),
  targets: z.int(),
  gaps: z.int().describe('How many marks are to be filled.'),
  leftOut: z
    .array(
      z.object({
        service: z.string(),
        region: z.string(),
        reference: z.record(z.string(), z.string()),
        lever: z.string(),
      }),
    )
    .describe(
      'Levers that bear the tag and are not in the file unless the fleet in force has them: a change of them ' +
        'interrupts, is never given back or needs a ladder of classes.',
    ),
  notDiscoverable: z.array(z.string()).describe('Services that this release cannot look through.'),
  failures: z
    .array(z.object({ service: z.string(), region: z.string(), message: z.string() }))
    .describe('Where looking failed or ended early: what is there may not be in the file.'),
  truncated: z.boolean().describe('More was there than a fleet may hold.'),
});

/** Answer of a discovery that goes on. */
export const discoveringSchema = z.object({
  discoveryId: z.string(),
  status: z.literal('running'),
  message: z.string(),
});
