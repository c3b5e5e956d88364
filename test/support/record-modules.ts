import { appendFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { join } from 'node:path';

/**
 * Preloaded (`--import`) into the processes of a service that a test starts: each writes the URL of every module it
 * loads, imported or required, on a line of `<pid>.txt` in the folder that WEDSCALE_TEST_MODULES names.
 */
const folder = process.env.WEDSCALE_TEST_MODULES;

if (folder !== undefined) {
  const file = join(folder, `${process.pid}.txt`);
  registerHooks({
    load(url, context, nextLoad) {
      appendFileSync(file, `${url}\n`);
      return nextLoad(url, context);
    },
  });
}
