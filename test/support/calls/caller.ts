import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { createEcsApi } from '../../../activities/scalers/aws/_ecs-api.ts';
import { createVendorWatch } from '../../../activities/vendor-watch.ts';
import { ProviderError } from '../../../domain/errors.ts';
import { openDatabase } from '../../../store/database.ts';
import { openVendorCalls } from '../../../worker/vendor-calls.ts';
import type { Asked, CallerSettings, CallFailure, CallsAsked, Request } from './callers.ts';

/** A process that calls ECS of a sandbox as a worker does, through a guard of its own; driven over IPC. */
const settings = JSON.parse(process.env.TEST_CALLER ?? '{}') as CallerSettings;
const log = pino({ level: 'silent' });
const database = openDatabase(settings.databaseUrl);
const calls = await openVendorCalls({ ...settings, db: database.db, log });
const connection = { mode: 'sandbox', endpoint: settings.endpoint } as const;
const ecs = createEcsApi({ connection, guard: calls.guard });
const watch = createVendorWatch(20_000);

async function send({ region, operation }: CallsAsked, index: number): Promise<void> {
  const service = `api-${index % 10}`;
  await watch.call<unknown>((signal) =>
    operation === 'UpdateService'
      ? ecs.setDesiredCount({ region, cluster: 'weddings', service }, 3, signal)
      : ecs.describeServices(region, 'weddings', [service], signal),
  );
}

/** Tries again when the error says so, as Temporal would, where the call is `patient`. */
async function callOnce(asked: CallsAsked, index: number, failures: CallFailure[]): Promise<number> {
  for (;;) {
    try {
      await send(asked, index);
      return 1;
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error;
      failures.push({ kind: error.kind, message: error.message, retryAfterMs: error.retryAfterMs });
      if (!asked.patient) return 0;
      await sleep((error.retryAfterMs ?? 1_000) / settings.timeScale);
    }
  }
}

async function answer(request: Request): Promise<unknown> {
  if (request.do === 'cached') {
    let read = false;
    const value = await calls.cache.cached(request.key, request.ttlMs, async () => {
      read = true;
      if (request.value === null) throw new Error('the read failed');
      return request.value;
    });
    return { value, read };
  }
  if (request.do === 'stop') {
    await calls.close();
    await database.close();
    return null;
  }
  const failures: CallFailure[] = [];
  const accepted = await Promise.all(
    Array.from({ length: request.count }, (_, index) => callOnce(request, index, failures)),
  );
  return { accepted: accepted.reduce((sum, one) => sum + one, 0), failures };
}

process.on('message', ({ id, request }: Asked) => {
  answer(request).then(
    (result) => process.send?.({ id, result }),
    (error: unknown) => process.send?.({ id, error: String(error) }),
  );
});
process.on('disconnect', () => process.exit());
process.send?.({ id: 0, result: 'ready' });
