import { ProviderError } from '../../domain/errors.ts';
import type { ScalingTarget } from '../../domain/fleet.ts';
import { floorOf, type OwnedFields, raiseFloor, sameOwned } from '../../domain/owned-fields.ts';
import type { Progress, Scaler, TargetState } from '../../domain/scaler.ts';

/** One accepted write, as the vendor saw it. */
export interface FakeWrite {
  readonly targetId: string;
  readonly before: OwnedFields;
  readonly after: OwnedFields;
  readonly key: string;
}

/** A vendor in memory: state per target, a ledger of writes, and errors to be thrown by rule. */
export class FakeScaler implements Scaler {
  readonly batchSize = 10;
  readonly states = new Map<string, { owned: OwnedFields; servingUnits: number }>();
  readonly writes: FakeWrite[] = [];
  /** Thrown by the next read, once each. */
  readonly readErrors: ProviderError[] = [];
  /** Consulted at each write: an error to throw before any effect. */
  refuse: (target: ScalingTarget, want: OwnedFields) => ProviderError | null = () => null;
  /** When true the next write takes effect and its answer is lost. */
  loseNextAnswer = false;
  /** When set the next write fails as unknown and takes effect only when the function is called. */
  delayNextEffect: ((land: () => void) => void) | null = null;

  async read(targets: readonly ScalingTarget[]): Promise<ReadonlyMap<string, TargetState>> {
    const error = this.readErrors.shift();
    if (error) throw error;
    return new Map(
      targets.map((target) => {
        const state = this.states.get(target.id);
        if (!state) throw new ProviderError('NotFound', `${target.id} does not exist`);
        return [target.id, { ...state, fence: null }];
      }),
    );
  }

  plan(now: OwnedFields, ask: { readonly floorUnits: number; readonly maximumUnits: number }): OwnedFields {
    if (ask.floorUnits > ask.maximumUnits) {
      throw new ProviderError('QuotaExceeded', `${ask.floorUnits} is above the maximum`, {
        highestAcceptableUnits: ask.maximumUnits,
      });
    }
    return raiseFloor(now, ask.floorUnits);
  }

  async apply(target: ScalingTarget, _seen: TargetState, want: OwnedFields, key: string) {
    const refusal = this.refuse(target, want);
    if (refusal) throw refusal;
    const land = () => this.land(target.id, want, key);
    if (this.delayNextEffect) {
      const schedule = this.delayNextEffect;
      this.delayNextEffect = null;
      schedule(land);
      throw new ProviderError('Transient', 'timed out');
    }
    land();
    if (this.loseNextAnswer) {
      this.loseNextAnswer = false;
      throw new ProviderError('Transient', 'the answer was lost');
    }
    return { vendorRequestId: key };
  }

  async progress(targets: readonly ScalingTarget[]): Promise<ReadonlyMap<string, Progress>> {
    return new Map(
      targets.map((target) => {
        const servingUnits = this.states.get(target.id)?.servingUnits ?? 0;
        return [target.id, { status: 'settled' as const, servingUnits }];
      }),
    );
  }

  /** A person's edit: no write of ours. */
  edit(targetId: string, owned: OwnedFields): void {
    this.states.set(targetId, { owned, servingUnits: floorOf(owned) });
  }

  /** Writes that changed something. */
  effective(): readonly FakeWrite[] {
    return this.writes.filter((write) => !sameOwned(write.before, write.after));
  }

  private land(targetId: string, want: OwnedFields, key: string): void {
    const before = this.states.get(targetId)?.owned ?? want;
    this.writes.push({ targetId, before, after: want, key });
    this.states.set(targetId, { owned: want, servingUnits: floorOf(want) });
  }
}
