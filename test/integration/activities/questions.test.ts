import { enter } from '../../../store/journal.ts';
import { askOnce, openQuestions, withdrawQuestion } from '../../../store/questions.ts';
import { testDatabase } from '../../support/postgres.ts';

let database: Awaited<ReturnType<typeof testDatabase>>;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.close());

const late = { resource: 'ecs', topic: 'late', message: 'should be ready by now' };
const contested = { resource: 'ecs', topic: 'contested', message: 'lowered a third time' };

test('a question is open until it is answered, and then may be asked again', async () => {
  const { db } = database;
  expect(await askOnce(db, 'r', late)).toBe(true);
  expect(await askOnce(db, 'r', late)).toBe(false);
  expect(await openQuestions(db, 'r')).toEqual([late]);
  await withdrawQuestion(db, 'r', 'ecs');
  expect(await openQuestions(db, 'r')).toEqual([]);
  expect(await askOnce(db, 'r', late)).toBe(true);
  await enter(db, 'r', { kind: 'resolved', key: 'ecs', body: { action: 'skip', letGo: false } });
  expect(await openQuestions(db, 'r')).toEqual([]);
});

test('another cause for the same resource is another question', async () => {
  const { db } = database;
  expect(await askOnce(db, 's', late)).toBe(true);
  expect(await askOnce(db, 's', contested)).toBe(true);
  expect(await openQuestions(db, 's')).toEqual([contested]);
});

test('many that ask at once ask once', async () => {
  const asked = await Promise.all(Array.from({ length: 8 }, () => askOnce(database.db, 't', late)));
  expect(asked.filter(Boolean)).toHaveLength(1);
});

test('nothing is withdrawn where nothing is asked', async () => {
  await withdrawQuestion(database.db, 'u', 'ecs');
  const rows = await database.db.selectFrom('journal').select('seq').where('stream', '=', 'u').execute();
  expect(rows).toEqual([]);
});
