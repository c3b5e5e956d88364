/** One line of the product broken on purpose, and the test that has to notice. */
export interface Break {
  readonly name: string;
  /** File and the text in it that is replaced; it must occur exactly once. */
  readonly file: string;
  readonly find: string;
  readonly replace: string;
  /** Test file and the name of the test in it. */
  readonly test: string;
  readonly testName: string;
}

const RECONCILE = 'test/integration/activities/reconcile.test.ts';
const PROPERTY = 'test/property/scalers.test.ts';

/** Every break; each is one line, and each is the kind of slip that would harm a platform quietly. */
export const BREAKS: readonly Break[] = [
  {
    name: 'skip an undo',
    file: 'workflows/undo.ts',
    find: 'scope.cells.map((cell, index) =>',
    replace: 'scope.cells.slice(1).map((cell, index) =>',
    test: 'test/integration/service/claims.test.ts',
    testName: 'provisioning that is stuck',
  },
  {
    name: 'report what was asked as what was observed',
    file: 'domain/report-cells.ts',
    find: '(told?.body.servingUnits ?? settled?.body.servingUnits ?? null) as',
    replace: 'floor.floorUnits as',
    test: 'test/integration/service/claims.test.ts',
    testName: 'provisioning that is stuck',
  },
  {
    name: 'settle on what moves',
    file: 'activities/settling.ts',
    find: "progress.status === 'settled' && progress.servingUnits >= floorUnits",
    replace: '(progress.servingUnits ?? 0) >= 0',
    test: 'test/integration/service/claims.test.ts',
    testName: 'provisioning that is stuck',
  },
  {
    name: 'drop the fence',
    file: 'activities/scalers/kubernetes/_client.ts',
    find: 'const metadata = { name, namespace, resourceVersion };',
    replace: 'const metadata = { name, namespace, ...(resourceVersion ? {} : {}) };',
    test: 'test/contract/scalers.test.ts',
    testName: 'kubernetes.deployment, replicas, keeps the contract.*fence',
  },
  {
    name: 'reuse the forward key for the undo',
    file: 'store/targets.ts',
    find: 'const key = randomUUID();',
    replace:
      "const key = (await tx.selectFrom('intents').select('key').where('target_id', '=', request.targetId).executeTakeFirst())?.key ?? randomUUID();",
    test: RECONCILE,
    testName: 'the undo has its own',
  },
  {
    name: 'ignore Retry-After',
    file: 'activities/interceptor.ts',
    find: 'if (error.retryAfterMs !== undefined) return Math.ceil(error.retryAfterMs / timeScale);',
    replace: '',
    test: 'test/unit/activities/interceptor.test.ts',
    testName: 'Retry-After is honoured',
  },
  {
    name: "lower a person's value",
    file: 'store/people.ts',
    find: 'if (wanted) await insertManualClaim(tx, targetId, wanted);',
    replace: '',
    test: RECONCILE,
    testName: 'a value a person raised is kept',
  },
  {
    name: "declare a restore on the vendor's word",
    file: 'activities/reconcile.ts',
    find: "if (written) return { status: 'unproven', owned, provenInMs: 0 };",
    replace: '',
    test: RECONCILE,
    testName: 'a restore is declared by a read',
  },
  {
    name: 'raise a contested value again',
    file: 'activities/people.ts',
    find: '>= RAISE_AGAIN_LIMIT',
    replace: '>= 1_000',
    test: RECONCILE,
    testName: 'is raised again twice, then a person is asked',
  },
  {
    name: 'start the hold late',
    file: 'workflows/season-scaling.ts',
    find: "    await this.startHold();\n    await store.setStatus({ runId, status: 'running' });",
    replace: "    await store.setStatus({ runId, status: 'running' });\n    void this.startHold;",
    test: 'test/integration/service/season.test.ts',
    testName: 'completes all seven phases',
  },
  {
    name: 'swallow a failed read',
    file: 'activities/reconcile.ts',
    find: 'const states = await watch.call((signal) => scaler.read([target], signal));',
    replace:
      "const states = await watch.call((signal) => scaler.read([target], signal)).catch(() => new Map([[target.id, { owned: { kind: 'range', minimumUnits: 0, maximumUnits: 1 }, servingUnits: 0, fence: null }]]) as never);",
    test: RECONCILE,
    testName: 'a failed read is never a number',
  },
  {
    name: 'open the gate when the load cannot be read',
    file: 'activities/gate.ts',
    find: 'if (!parts) return { open: false,',
    replace: 'if (!parts) return { open: true,',
    test: 'test/integration/activities/gate.test.ts',
    testName: 'cannot be asked',
  },
  {
    name: 'vault: bind no secret to its integration',
    file: 'store/vault.ts',
    find: "['wedscale vault 1', keyId, integrationId]",
    replace: "['wedscale vault 1', keyId]",
    test: 'test/integration/store/vault.test.ts',
    testName: 'under the id of another integration',
  },
  {
    name: 'integrations: call healthy what was never tested',
    file: 'domain/integration.ts',
    find: "return parts.includes('unknown') ? 'unknown' : 'healthy';",
    replace: "return 'healthy';",
    test: 'test/unit/domain/integration.test.ts',
    testName: 'the health of',
  },
  {
    name: 'integrations: open stored credentials for the sandbox',
    file: 'activities/integrations.ts',
    find: "if (connection.mode === 'sandbox' || integration.provider",
    replace: 'if (integration.provider',
    test: 'test/integration/activities/integrations.test.ts',
    testName: 'because nothing is opened',
  },
  {
    name: 'integrations: let a worse connection take over',
    file: 'store/integrations.ts',
    find: 'testSucceeded(test) || (!former &&',
    replace: 'testSucceeded(test) || (true &&',
    test: 'test/integration/store/integrations.test.ts',
    testName: 'beside one that is used',
  },
  {
    name: 'keys: let every key do everything',
    file: 'domain/scopes.ts',
    find: "granted.includes('*') || granted.includes(scope)",
    replace: "granted.includes('*') || scope.length > 0",
    test: 'test/integration/service/integrations.test.ts',
    testName: 'for integrations:read may do that and nothing else',
  },
  {
    name: 'discovery: propose what is never given back',
    file: 'domain/discovery.ts',
    find: "lever.reversibility === 'committed'",
    replace: "lever.id === 'committed'",
    test: 'test/unit/domain/discovery.test.ts',
    testName: 'are named and not written',
  },
  {
    name: 'discovery: take a fleet with gaps',
    file: 'domain/schemas/fleet.ts',
    find: 'gapFaults(body)',
    replace: 'gapFaults({})',
    test: 'test/unit/domain/discovery.test.ts',
    testName: 'is refused even where',
  },
  {
    name: 'take a fallback above its ceiling for declared',
    file: 'domain/stand-in.ts',
    find: 'cost.hourlyUsdAfter <= ceiling;',
    replace: 'cost.hourlyUsdAfter <= Math.max(ceiling, Number.MAX_VALUE);',
    test: 'test/unit/domain/stand-in.test.ts',
    testName: 'with 0.5 USD/h on top',
  },
  {
    name: 'put a fallback in force in a run that gives back',
    file: 'store/plan-generations.ts',
    find: "if (run.closed_at) return 'closed';",
    replace: '',
    test: 'test/integration/store/plan-generations.test.ts',
    testName: 'nothing of it stays where the run gives everything back',
  },
  {
    name: 'property: give back what another run still needs',
    file: 'activities/reconcile.ts',
    find: '? planWithinLimits(scaler, target, preState, claims, live.owned)',
    replace: '? planWithinLimits(scaler, target, preState, [], live.owned)',
    test: PROPERTY,
    testName: 'seed 7:',
  },
  {
    name: 'property: set a minimum one short of the floor',
    file: 'activities/scalers/aws/_app-auto-scaling.ts',
    find: 'MinCapacity: minimumUnits,',
    replace: 'MinCapacity: Math.max(0, minimumUnits - 1),',
    test: PROPERTY,
    testName: 'seed 7:',
  },
  {
    name: 'act on what was read under a lease that is over',
    file: 'store/targets.ts',
    find: "    .where('lease_owner', '=', owner)\n    .where('lease_expires_at', '>', sql<Date>`now()`)\n    .where('generation', '=', generation)\n    .forUpdate()",
    replace: '    .forUpdate()',
    test: RECONCILE,
    testName: 'slept over the end of its lease',
  },
  {
    name: 'call accepted what was never sent',
    file: 'activities/reconcile.ts',
    find: "if (receipt.vendorRequestId === '') throw nothingSent(target);",
    replace: '',
    test: RECONCILE,
    testName: 'because an old answer showed it done',
  },
];

/** @throws Error where its text is not in the source exactly once: what it would break is no longer there. */
export function breakSource(source: string, { name, file, find, replace }: Break): string {
  const places = source.split(find).length - 1;
  if (places !== 1)
    throw new Error(`"${name}": its text is in ${file} ${places} times, not once; update the break`);
  return source.replace(find, () => replace);
}
