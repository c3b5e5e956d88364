import { condition, defineUpdate, setHandler } from '@temporalio/workflow';
import { UPDATE_NAMES } from '../domain/names.ts';
import { store } from './activity-proxies.ts';

/** A person's consent, bound to the hash of what was shown. */
export interface Approval {
  readonly planId: string;
  readonly principal: string;
}

const approveUpdate = defineUpdate<string, [Approval]>(UPDATE_NAMES.approve);

/** Listens for people's consent to plans of a run; one workflow has one of it. */
export class Consents {
  private readonly runId: string;
  /** Plans that wait, with what was heard about each. */
  private readonly waiting = new Map<string, Approval | null>();

  constructor(runId: string) {
    this.runId = runId;
    setHandler(approveUpdate, (approval) => this.take(approval), {
      validator: (approval) => this.validate(approval),
    });
  }

  /** @returns who consented, or null where nobody did in the time the request allows. */
  async waitFor(planId: string): Promise<Approval | null> {
    this.waiting.set(planId, null);
    try {
      for (;;) {
        const heard = this.waiting.get(planId);
        if (heard) return heard;
        const { waitMs, expired } = await store.approvalWait({ runId: this.runId, planId });
        if (expired) return this.waiting.get(planId) ?? null;
        await condition(() => this.waiting.get(planId) !== null, waitMs);
      }
    } finally {
      this.waiting.delete(planId);
    }
  }

  private validate({ planId }: Approval): void {
    if (this.waiting.has(planId)) return;
    const [first] = this.waiting.keys();
    if (first === undefined) throw new Error('this run is not waiting for approval');
    throw new Error(`this run waits for approval of plan ${first}, not of ${planId}`);
  }

  private take(approval: Approval): string {
    this.waiting.set(approval.planId, approval);
    return approval.planId;
  }
}
