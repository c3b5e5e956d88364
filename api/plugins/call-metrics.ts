import { Counter, Gauge } from 'prom-client';
import { type CallFigure, callFigures } from '../../store/call-figures.ts';
import { circuitStates } from '../../store/circuits.ts';
import type { ApiDeps } from '../dependencies.ts';

/** Value of each state of a circuit, worse is higher. */
const STATE_VALUES = { closed: 0, 'half-open': 1, open: 2 } as const;

const PLACE = ['bucket', 'region', 'store'] as const;

/** What the limiter counts, over all workers since the installation began; `store` is where the buckets were. */
const COUNTS: readonly { readonly name: string; readonly help: string; of(figure: CallFigure): number }[] = [
  {
    name: 'wedscale_limiter_reserved_total',
    help: 'Turns reserved with a vendor before a call',
    of: (figure) => figure.reserved,
  },
  {
    name: 'wedscale_limiter_waits_total',
    help: 'Turns that were waited for inside of a worker',
    of: (figure) => figure.waited,
  },
  {
    name: 'wedscale_limiter_wait_seconds_total',
    help: 'Time waited for turns, in seconds',
    of: (figure) => figure.waited_ms / 1_000,
  },
  {
    name: 'wedscale_limiter_refused_total',
    help: 'Calls not sent because their turn was too far away; Temporal brings them back',
    of: (figure) => figure.refused,
  },
  {
    name: 'wedscale_limiter_throttled_total',
    help: 'Calls a vendor refused for their rate all the same',
    of: (figure) => figure.throttled,
  },
];

/** Limiter and circuit breakers of all workers, as they have written them to the store. */
export function addCallMetrics({ db, metrics }: Pick<ApiDeps, 'db' | 'metrics'>): void {
  const circuit = 'wedscale_circuit_state';
  if (metrics.getSingleMetric(circuit)) return;
  new Gauge({
    name: circuit,
    help: 'Circuit breaker of a vendor API, the worst of any worker: 0 closed, 1 half-open, 2 open',
    labelNames: ['provider', 'region', 'api'] as const,
    registers: [metrics],
    async collect() {
      const circuits = await circuitStates(db);
      this.reset();
      for (const { provider, region, api, state } of circuits) {
        this.set({ provider, region, api }, STATE_VALUES[state]);
      }
    },
  });
  for (const { name, help, of } of COUNTS) {
    new Counter({
      name,
      help,
      labelNames: PLACE,
      registers: [metrics],
      async collect() {
        const figures = await callFigures(db);
        this.reset();
        for (const figure of figures) {
          const { bucket, region, store } = figure;
          this.inc({ bucket, region, store }, of(figure));
        }
      },
    });
  }
}
