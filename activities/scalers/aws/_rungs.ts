import { ProviderError } from '../../../domain/errors.ts';
import type { ScalingTarget } from '../../../domain/fleet.ts';
import type { ClassFields } from '../../../domain/owned-fields.ts';

/** A class as the target's ladder has it. @throws ProviderError `InvalidTarget` for one that is no rung. */
export function rungOf(target: ScalingTarget, className: string): ClassFields {
  const { classes = [] } = target;
  const rung = classes.find(({ name }) => name === className);
  if (rung) return { kind: 'class', className: rung.name, units: rung.units };
  const names = classes.map(({ name }) => name).join(', ');
  const message = `${target.id} is a ${className}, which is none of its classes (${names || 'none are given'}). Add it with its units.`;
  throw new ProviderError('InvalidTarget', message, { resource: target.id });
}
