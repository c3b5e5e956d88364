import type { VendorCall } from '../../domain/api-limits.ts';
import type { CallGuard } from '../calls/call-guard.ts';

/** A request as it went. */
export interface RecordedCall {
  readonly call: VendorCall;
  /** What it threw; absent where it was answered. */
  readonly error?: unknown;
}

/** A guard that also remembers every request it let through. */
export function recordingGuard(guard: CallGuard): {
  readonly guard: CallGuard;
  readonly calls: readonly RecordedCall[];
} {
  const calls: RecordedCall[] = [];
  return {
    calls,
    guard: {
      run: (call, send) =>
        guard.run(call, async () => {
          try {
            const answer = await send();
            calls.push({ call });
            return answer;
          } catch (error) {
            calls.push({ call, error });
            throw error;
          }
        }),
    },
  };
}
