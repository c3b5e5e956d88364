import { checkDatabase, migrate, openDatabase } from '../store/database.ts';
import { bypassProxies, readPrepareConfig } from './config.ts';
import { registerSearchAttributes } from './search-attributes.ts';

/** What has to be done once before the parts of a new release start: migrations and search attributes. */
async function prepare(): Promise<void> {
  bypassProxies();
  const { databaseUrl, temporal } = readPrepareConfig();
  await checkDatabase(databaseUrl);
  const database = openDatabase(databaseUrl, { maximumConnections: 1 });
  try {
    const applied = await migrate(database.db);
    console.log(applied.length > 0 ? `migrated: ${applied.join(', ')}` : 'the database is up to date');
  } finally {
    await database.close();
  }
  const registered = await registerSearchAttributes(temporal);
  console.log(registered.length > 0 ? `registered: ${registered.join(', ')}` : 'search attributes are there');
}

if (import.meta.main) {
  await prepare().catch((error: Error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
}
