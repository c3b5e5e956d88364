import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { FastifyInstance } from 'fastify';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { buildApp } from '../../../api/app.ts';
import type { TemporalGateway } from '../../../api/temporal.ts';
import { contentHash } from '../../../domain/canonical.ts';
import type { PlanContent } from '../../../domain/plan.ts';
import { createApiKey, createFirstApiKey } from '../../../store/api-keys.ts';
import { importFleet } from '../../../store/fleet.ts';
import { savePlan } from '../../../store/plans.ts';
import { acceptRun } from '../../../store/runs.ts';
import { twoStepGrounds, twoSteps, twoTargets } from '../../support/plan-grounds.ts';
import { type TestDatabase, testDatabase } from '../../support/postgres.ts';

let database: TestDatabase;
let app: FastifyInstance;
let key: string;
/** Of a season that holds what it made ready, and of a later dry run that gives only `far` a floor. */
let inForce: string;
let dry: string;

beforeAll(async () => {
  database = await testDatabase();
  key = (await createFirstApiKey(database.db)) ?? '';
  app = await buildApp({
    db: database.db,
    temporal: {} as TemporalGateway,
    clock: { anchorMs: 0, scale: 1 },
    log: pino({ level: 'silent' }),
    environment: 'real',
    vault: null,
    webUiUrl: null,
    metrics: new Registry(),
    metricsOpen: true,
  });
  const { hash } = await importFleet(database.db, twoTargets(), 'test');
  const content = twoSteps({ inputs: { request: 'r', bookings: 'b', fleet: hash, prices: 'p' } });
  inForce = await storePlan(content, { dryRun: false, holdStatus: 'holding' });
  const onlyFar = content.floors.filter(({ targetId }) => targetId === 'far');
  dry = await storePlan({ ...content, floors: onlyFar }, { dryRun: true, holdStatus: null });
});
afterAll(async () => {
  await app?.close();
  await database?.close();
});

/** A run that made this plan. @returns the plan's id. */
async function storePlan(
  content: PlanContent,
  { dryRun, holdStatus }: { readonly dryRun: boolean; readonly holdStatus: string | null },
): Promise<string> {
  const { db } = database;
  const { request, requirements } = twoStepGrounds({ content });
  const accepted = await acceptRun(db, {
    kind: 'season',
    request: request?.request,
    dryRun,
    principal: 'test',
    startsAtMs: content.steps[0]?.fromMs ?? 0,
    endsAtMs: content.steps.at(-1)?.untilMs ?? 0,
    response: () => ({ status: 202, body: {} }),
  });
  if (accepted.outcome !== 'created') throw new Error('the run was not accepted');
  const id = contentHash(content);
  await savePlan(db, { id, content }, accepted.run.id);
  await db
    .updateTable('runs')
    .set({ requirements: JSON.stringify(requirements), hold_status: holdStatus })
    .where('id', '=', accepted.run.id)
    .execute();
  return id;
}

function get(url: string, bearer: string | null = key) {
  return app.inject({ url, headers: bearer === null ? {} : { authorization: `Bearer ${bearer}` } });
}

const plansOf = async (query: string) =>
  ((await get(`/api/plans?${query}`)).json() as { plans: readonly { id: string }[] }).plans.map(
    ({ id }) => id,
  );

describe('GET /api/plans', () => {
  test.each([
    ['all, newest first', '', () => [dry, inForce]],
    ['those that give a target a floor', 'target=near', () => [inForce]],
    ['those in force', 'inForce=true', () => [inForce]],
    ['a few', 'limit=1', () => [dry]],
    ['none for a target nobody knows', 'target=nowhere', () => []],
  ])('lists %s', async (_what, query, expected) => {
    expect(await plansOf(query)).toEqual(expected());
  });

  test.each(['limit=0', 'inForce=perhaps', 'colour=white', 'target='])('refuses %s', async (query) => {
    expect((await get(`/api/plans?${query}`)).statusCode).toBe(400);
  });
});

describe('GET /api/plans/{id}/why', () => {
  test('explains a floor, in the step in which it costs most', async () => {
    const answer = await get(`/api/plans/${inForce}/why?target=near`);
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toMatchObject({
      kind: 'floor',
      planId: inForce,
      step: 0,
      floorUnits: 8,
      liveUnits: 2,
    });
    expect(answer.json().terms.markets[0]).toMatchObject({ market: 'a', meanDemand: 500, demand: 600 });
    expect(answer.json().passages[0].sentences[0]).toMatch(/^near: at least 8 units/);
  });

  test('explains another step when asked to, and a target without a floor', async () => {
    expect((await get(`/api/plans/${inForce}/why?target=near&step=1`)).json()).toMatchObject({
      floorUnits: 4,
    });
    expect((await get(`/api/plans/${dry}/why?target=near`)).json()).toMatchObject({
      floorUnits: 0,
      terms: null,
    });
  });

  test('answers with every field that its description promises', async () => {
    const { paths } = (await get('/openapi.json', null)).json();
    const { schema } = paths['/api/plans/{id}/why'].get.responses['200'].content['application/json'];
    const { planId, ...others } = (await get(`/api/plans/${inForce}/why?target=near`)).json();
    expect(planId).toBe(inForce);
    expect(Object.keys(others).toSorted()).toEqual(
      Object.keys(schema.properties)
        .filter((name) => name !== 'planId')
        .toSorted(),
    );
  });

  test('names the nearest targets where there is none of that name', async () => {
    const answer = await get(`/api/plans/${inForce}/why?target=neer`);
    expect(answer.statusCode).toBe(404);
    expect(answer.json().detail).toBe('The plan has no target neer; the nearest it has: near, far.');
  });

  test.each([
    ['a step the plan does not have', 'target=near&step=7', /steps 0 to 1, not 7/, 'query.step'],
    ['a step that is none', 'target=near&step=-1', /./, 'query.step'],
    ['no target', 'step=1', /./, 'query.target'],
  ])('refuses %s', async (_what, query, message, path) => {
    const answer = await get(`/api/plans/${inForce}/why?${query}`);
    expect(answer.statusCode).toBe(400);
    expect(answer.json().errors).toEqual([{ path, message: expect.stringMatching(message) }]);
  });
});

describe('GET /api/plans/{id}/page', () => {
  test('is a page with a policy that lets nothing else in', async () => {
    const answer = await get(`/api/plans/${inForce}/page`);
    expect(answer.statusCode).toBe(200);
    expect(answer.headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': expect.stringMatching(/^default-src 'none'; .*frame-ancestors 'none'$/),
      'x-content-type-options': 'nosniff',
    });
    expect(answer.body).toMatch(/^<!doctype html>\n/);
    expect(answer.body).toContain('<h1>Two steps</h1>');
  });

  test('says so once another fleet is in force', async () => {
    await importFleet(database.db, twoTargets({ name: 'another' }), 'test');
    const { body } = await get(`/api/plans/${inForce}/page`);
    await importFleet(database.db, twoTargets(), 'test');
    expect(body).toContain('Another fleet is in force than the plan was made for');
  });
});

describe('what is said about a plan', () => {
  const paths = ['/api/plans', '/api/plans/0000/why?target=near', '/api/plans/0000/page'];

  test.each(paths)('asks for a key that is for the service: %s', async (path) => {
    expect((await get(path, null)).statusCode).toBe(401);
    const { key: other } = await createApiKey(database.db, 'other', ['fleet:discover']);
    expect((await get(path, other)).statusCode).toBe(403);
  });

  test.each(paths.slice(1))('is not there for a plan that is not there: %s', async (path) => {
    expect((await get(path)).statusCode).toBe(404);
  });
});
