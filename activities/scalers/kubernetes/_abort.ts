import type { ConfigurationOptions, Observable, ObservableMiddleware } from '@kubernetes/client-node';

/** Options of one call of the Kubernetes client. */
export type CallOptions = ConfigurationOptions<ObservableMiddleware>;

/**
 * Options that end a call when a signal aborts: calls of the Kubernetes client take no signal of their own, a
 * middleware gives it. @param Result the client's own `Observable`, as the client is loaded lazily.
 */
export function untilAborted(Result: typeof Observable): (signal: AbortSignal) => CallOptions {
  const at = <T>(value: T) => new Result(Promise.resolve(value));
  return (signal) => ({
    middleware: [
      {
        pre: (context) => {
          context.setSignal(signal);
          return at(context);
        },
        post: at,
      },
    ],
    middlewareMergeStrategy: 'append',
  });
}
