import { defineSearchAttributeKey } from '@temporalio/common';
import { setCurrentDetails, upsertSearchAttributes } from '@temporalio/workflow';
import type { AllocationOutcome } from '../activities/planning.ts';
import type { BegunRun } from '../activities/runs.ts';
import type { RunStatus } from '../domain/report.ts';
import { PHASES, type PhaseName } from '../domain/season.ts';
import { store } from './activity-proxies.ts';

const phaseKey = defineSearchAttributeKey('Phase', 'KEYWORD');
const statusKey = defineSearchAttributeKey('Status', 'KEYWORD');
const needsHumanKey = defineSearchAttributeKey('NeedsHuman', 'BOOL');
const providersKey = defineSearchAttributeKey('Providers', 'KEYWORD_LIST');
const regionsKey = defineSearchAttributeKey('Regions', 'KEYWORD_LIST');
const costKey = defineSearchAttributeKey('HourlyCostDelta', 'DOUBLE');

type PhaseState = 'pending' | 'running' | 'completed' | 'failed' | 'skipped';

/** What an operator sees of a run in the Web UI: a live table of phases, and search attributes. */
export class RunView {
  private readonly runId: string;
  private readonly states = new Map<PhaseName, PhaseState>(PHASES.map((phase) => [phase, 'pending']));
  private readonly notes: string[] = [];

  constructor(runId: string) {
    this.runId = runId;
  }

  begin(run: BegunRun): void {
    this.notes.push(`**${run.title}** (${run.kind}${run.dryRun ? ', dry run' : ''})`);
    upsertSearchAttributes([{ key: statusKey, value: 'planning' }]);
    this.draw();
  }

  planned(plan: AllocationOutcome & { readonly status: 'planned' }): void {
    const { before, after } = plan.hourlyUsd;
    this.notes.push(
      `plan \`${plan.planId.slice(0, 12)}\`: ${before.toFixed(2)} to ${after.toFixed(2)} USD/h`,
    );
    upsertSearchAttributes([
      { key: providersKey, value: [...plan.providers] },
      { key: regionsKey, value: [...plan.regions] },
      { key: costKey, value: after - before },
    ]);
    this.draw();
  }

  await(planId: string): void {
    this.notes.push(`waits for approval of plan \`${planId.slice(0, 12)}\``);
    upsertSearchAttributes([{ key: statusKey, value: 'awaitingApproval' }]);
    this.draw();
  }

  async enter(phase: PhaseName): Promise<void> {
    this.states.set(phase, 'running');
    upsertSearchAttributes([{ key: phaseKey, value: phase }]);
    this.draw();
    await store.recordPhase({ runId: this.runId, phase, status: 'running' });
  }

  async leave(phase: PhaseName, status: 'completed' | 'failed', summary: unknown): Promise<void> {
    this.states.set(phase, status);
    this.draw();
    await store.recordPhase({ runId: this.runId, phase, status, summary });
  }

  /** Marks a phase and all later ones as not needed now, and says why. */
  async skip(from: PhaseName, why: string): Promise<void> {
    for (const phase of PHASES.slice(PHASES.indexOf(from))) {
      this.states.set(phase, 'skipped');
      await store.recordPhase({ runId: this.runId, phase, status: 'skipped', summary: { why } });
    }
    this.notes.push(why);
    this.draw();
  }

  needsHuman(residual: readonly { readonly resource: string; readonly reason: string }[]): void {
    for (const rest of residual) this.notes.push(`**remains**: ${rest.resource}: ${rest.reason}`);
    upsertSearchAttributes([{ key: needsHumanKey, value: true }]);
    this.draw();
  }

  async end(status: RunStatus): Promise<void> {
    upsertSearchAttributes([{ key: statusKey, value: status }]);
    this.notes.push(`ended: **${status}**`);
    this.draw();
  }

  private draw(): void {
    const rows = [...this.states].map(([phase, state]) => `| ${phase} | ${state} |`);
    setCurrentDetails([...this.notes, '', '| phase | status |', '|---|---|', ...rows].join('\n'));
  }
}
