import { ProviderError } from '../../../domain/errors.ts';
import type { ScalingTarget } from '../../../domain/fleet.ts';
import type { Scaler } from '../../../domain/scaler.ts';
import { leverOfTarget, serviceDescriptor } from '../../../domain/services.ts';

/**
 * One scaler of a service from one scaler per lever: every target goes to that of the lever it moves, the levers
 * of a batch are asked at once. A plan goes by `ask.lever`, the service's first where it names none.
 * @param levers by the lever's id; every lever of the descriptor.
 */
export function scalerByLever(serviceId: string, levers: Readonly<Record<string, Scaler>>): Scaler {
  const first = serviceDescriptor(serviceId)?.levers[0]?.id ?? '';
  const moverOf = (id: string): Scaler => {
    const mover = Object.hasOwn(levers, id) ? levers[id] : undefined;
    if (mover) return mover;
    throw new ProviderError('InvalidTarget', `${serviceId} has no lever ${id}.`);
  };
  const idOf = (target: ScalingTarget) => leverOfTarget(target)?.id ?? target.lever ?? first;
  return {
    batchSize: Math.min(...Object.values(levers).map(({ batchSize }) => batchSize)),
    read: (targets, signal) => each(targets, idOf, (id, group) => moverOf(id).read(group, signal)),
    plan: (now, ask) => moverOf(ask.lever ?? first).plan(now, ask),
    apply: async (target, ...rest) => moverOf(idOf(target)).apply(target, ...rest),
    progress: (targets, wants, signal) =>
      each(targets, idOf, (id, group) => moverOf(id).progress(group, wants, signal)),
  };
}

async function each<T>(
  targets: readonly ScalingTarget[],
  idOf: (target: ScalingTarget) => string,
  ask: (id: string, group: readonly ScalingTarget[]) => Promise<ReadonlyMap<string, T>>,
): Promise<ReadonlyMap<string, T>> {
  const groups = Map.groupBy(targets, idOf);
  const answers = await Promise.all([...groups].map(async ([id, group]) => ask(id, group)));
  return new Map(answers.flatMap((answer) => [...answer]));
}
