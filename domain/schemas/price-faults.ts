import { type DeclaredTarget, type PriceBook, pricedThing, priceGaps } from '../pricing.ts';
import type { Fault } from './fault.ts';

/** A fault for every price that a target leaves out and nobody knows, each saying what to give instead. */
export function priceFaults(path: string, target: DeclaredTargetShape, book: PriceBook): readonly Fault[] {
  const { id, instanceType, engine, region } = target;
  const managed = instanceType !== undefined && /^(db|cache)\./.test(instanceType);
  if (managed && engine === undefined) {
    const message = `must say what ${instanceType} of ${id} runs, e.g. postgres or redis: prices differ by it`;
    return [{ path: `${path}.engine`, message }];
  }
  const stray = !managed && engine !== undefined;
  const named = `${instanceType}${engine === undefined ? '' : ` (${engine})`} in ${region}`;
  return [
    ...(stray
      ? [{ path: `${path}.engine`, message: 'goes with a db. or cache. instanceType; leave it out' }]
      : []),
    ...priceGaps(target as DeclaredTarget, book).map((field) => {
      const spot = field === 'spotHourlyUsdPerUnit';
      const what = spot ? 'an interruptible unit' : 'a unit';
      const message = pricedThing(target as DeclaredTarget)
        ? `no${spot ? ' spot' : ''} price of ${named} is known for ${id}; put in the price of ${what} in USD per hour, or refresh prices`
        : `${id} has no price: put in the price of ${what} in USD per hour, or an instanceType to look it up by`;
      return { path: `${path}.${field}`, message };
    }),
  ];
}

/** The parts of a target's declaration that its price hangs on, as zod reads them. */
type DeclaredTargetShape = {
  readonly [field in
    | 'id'
    | 'service'
    | 'region'
    | 'instanceType'
    | 'engine'
    | 'hourlyUsdPerUnit'
    | 'spotPercent'
    | 'spotHourlyUsdPerUnit']?: DeclaredTarget[field] | undefined;
};
