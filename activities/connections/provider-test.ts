import type { VendorConnection } from '../../domain/connection.ts';
import { ProviderError } from '../../domain/errors.ts';
import type {
  IdentityFinding,
  PermissionFinding,
  ProviderTest,
  QuotaFinding,
  ReadFinding,
} from '../../domain/integration.ts';
import type { ProviderId } from '../../domain/providers.ts';
import type { ServiceDescriptor } from '../../domain/service-descriptor.ts';
import { SERVICES } from '../../domain/services.ts';
import { type ReadSetup, readService } from './_reads.ts';
import type { RecordedCall } from './_recording-guard.ts';
import type { ConnectionChecker, Identity } from './registry.ts';

/** What is tested, and with what. */
export interface ProviderTestSetup extends ReadSetup {
  readonly provider: ProviderId;
  readonly regions: readonly string[];
  readonly connection: VendorConnection;
  readonly checker: ConnectionChecker;
  /** Every request made so far with this setup. */
  readonly calls: readonly RecordedCall[];
  /** Services of the provider. Default those of the registry. */
  readonly services?: readonly ServiceDescriptor[];
}

/**
 * Tests a provider's connection for real and changes nothing: who the credentials are, one read per service and
 * region, each least permission, one reading per quota and region. What the vendor refuses is a finding, never an
 * error. Where the identity cannot be had, nothing else is asked.
 */
export async function testProvider(setup: ProviderTestSetup): Promise<ProviderTest> {
  const fromMs = performance.now();
  const identity = await identityOf(setup);
  const known = identity.status !== 'failed';
  const reads = known ? await readsOf(setup) : [];
  const [permissions, quotas] = await Promise.all([
    permissionsOf(setup, identity, reads),
    known ? quotasOf(setup) : [],
  ]);
  return {
    environment: setup.connection.mode,
    testedAt: new Date().toISOString(),
    durationMs: Math.round(performance.now() - fromMs),
    identity,
    permissions,
    quotas,
    reads,
  };
}

function servicesOf({ provider, services = SERVICES }: ProviderTestSetup): readonly ServiceDescriptor[] {
  return services.filter((service) => service.provider === provider);
}

async function identityOf({ provider, checker, limit }: ProviderTestSetup): Promise<IdentityFinding> {
  if (!checker.identity) {
    const message = `this release does not ask ${provider} who calls; its reads show whether the credentials work`;
    return { status: 'notTested', account: null, arn: null, message };
  }
  try {
    return { status: 'proven', ...(await checker.identity(limit())), message: '' };
  } catch (error) {
    return { status: 'failed', account: null, arn: null, message: wordsOf(error) };
  }
}

function readsOf(setup: ProviderTestSetup): Promise<readonly ReadFinding[]> {
  const places = servicesOf(setup).flatMap(({ id }) => setup.regions.map((region) => ({ id, region })));
  return Promise.all(places.map(({ id, region }) => readService(setup, id, region)));
}

/** Every least permission once: as calls have shown it, else as the cloud says, else not tested. */
async function permissionsOf(
  setup: ProviderTestSetup,
  identity: IdentityFinding,
  reads: readonly ReadFinding[],
): Promise<readonly PermissionFinding[]> {
  const wanted = leastPermissions(servicesOf(setup));
  const shown = new Map([...shownByReads(setup, reads), ...shownByCalls(setup)]);
  const open = wanted.filter(({ name }) => !shown.has(name)).map(({ name }) => name);
  const asked = await askedOf(setup, identity, open);
  return wanted.map((permission) => {
    const answer = shown.get(permission.name) ?? asked.get(permission.name);
    return { ...permission, ...(answer ?? notTested(setup, identity)) };
  });
}

function leastPermissions(services: readonly ServiceDescriptor[]) {
  const all = services.flatMap(({ id, permissions }) =>
    permissions.map((permission) => ({ id, ...permission })),
  );
  return [...Map.groupBy(all, ({ name }) => name)].map(([name, uses]) => ({
    name,
    verb: uses.some(({ verb }) => verb === 'write') ? ('write' as const) : ('read' as const),
    services: [...new Set(uses.map(({ id }) => id))],
  }));
}

type Answers = ReadonlyMap<string, Pick<PermissionFinding, 'status' | 'how' | 'message'>>;

/** What the requests of this test showed by themselves; one refusal outweighs any number of answers. */
function shownByCalls({ calls, checker }: ProviderTestSetup): Answers {
  const answers = new Map<string, Pick<PermissionFinding, 'status' | 'how' | 'message'>>();
  for (const { call, error } of calls) {
    const name = checker.permissionOf?.(call);
    if (name === undefined || answers.get(name)?.status === 'denied') continue;
    if (error === undefined) answers.set(name, { status: 'allowed', how: 'call', message: '' });
    else if (checker.lacksPermission?.(error)) {
      answers.set(name, { status: 'denied', how: 'call', message: `refused in ${call.region}` });
    }
  }
  return answers;
}

function shownByReads({ checker }: ProviderTestSetup, reads: readonly ReadFinding[]): Answers {
  const ok = reads.filter(({ status }) => status === 'ok');
  const names = ok.flatMap(({ service }) => checker.shownByRead?.[service] ?? []);
  return new Map(names.map((name) => [name, { status: 'allowed', how: 'call', message: '' }]));
}

async function askedOf(
  { checker, limit }: ProviderTestSetup,
  { status, account, arn }: IdentityFinding,
  names: readonly string[],
): Promise<Answers> {
  if (names.length === 0 || !checker.permissions || status !== 'proven') return new Map();
  const identity: Identity = { account: account ?? '', arn: arn ?? '' };
  return checker.permissions(names, identity, limit());
}

function notTested({ provider }: ProviderTestSetup, identity: IdentityFinding) {
  const message =
    identity.status === 'failed'
      ? 'nobody knows whose credentials these are'
      : `this release cannot ask ${provider} for it, and no call needed it`;
  return { status: 'notTested', how: 'none', message } as const;
}

/** Every quota of the provider's services in every region; a region without one says so. */
async function quotasOf(setup: ProviderTestSetup): Promise<readonly QuotaFinding[]> {
  const { provider, regions, checker, limit } = setup;
  const described = servicesOf(setup).flatMap(({ quotas }) => quotas);
  const quotas = [...Map.groupBy(described, ({ code }) => code).values()].flatMap(([first]) => first ?? []);
  const unread = (region: string, message: string) => {
    return { region, status: 'unread', code: null, title: '', limit: null, message } as const;
  };
  if (quotas.length === 0)
    return regions.map((region) => unread(region, `no quota of ${provider} is described`));
  const { quota: read } = checker;
  if (!read)
    return regions.map((region) => unread(region, `this release does not read quotas of ${provider}`));
  const places = regions.flatMap((region) => quotas.map((quota) => ({ region, quota })));
  return Promise.all(
    places.map(async ({ region, quota }) => {
      const { code, title } = quota;
      try {
        const found = await read(region, quota, limit());
        return { region, status: 'read', code, title, limit: found, message: '' } as const;
      } catch (error) {
        return { ...unread(region, wordsOf(error)), code, title };
      }
    }),
  );
}

/** @throws what is no finding but a slip of ours. */
function wordsOf(error: unknown): string {
  if (error instanceof ProviderError) return error.message.slice(0, 500);
  throw error;
}
