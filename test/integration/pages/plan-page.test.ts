import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { planPage } from '../../../api/pages/plan-page.ts';
import type { PlanGrounds } from '../../../domain/explanation/plan-grounds.ts';
import { findChromium, openTab, type Tab } from '../../support/chromium.ts';
import { hostileGrounds } from '../../support/hostile-grounds.ts';
import { twoStepGrounds } from '../../support/plan-grounds.ts';

const chromium = findChromium();
if (!chromium) console.warn('not run: the page of a plan in a browser; there is no Chromium on the PATH');

let folder: string;
let tab: Tab;
let seen: number;

/** Opens the page from a file, as somebody does who was sent it. @returns the page's address. */
async function openPage(grounds: PlanGrounds): Promise<string> {
  const file = join(folder, 'plan.html');
  writeFileSync(file, planPage(grounds).html);
  const { href } = pathToFileURL(file);
  await tab.open(href);
  return href;
}

const eventsOf = (method: string) => tab.events.slice(seen).filter((event) => event.method === method);

/** Everything Chromium had to say against the page. */
function complaints(): readonly unknown[] {
  return [
    ...eventsOf('Runtime.exceptionThrown'),
    ...eventsOf('Runtime.consoleAPICalled'),
    ...eventsOf('Log.entryAdded'),
    ...eventsOf('Page.javascriptDialogOpening'),
  ];
}

/** Addresses the page asked for, itself among them. */
function requests(): readonly string[] {
  return eventsOf('Network.requestWillBeSent').map(
    ({ params }) => (params as { readonly request: { readonly url: string } }).request.url,
  );
}

/** Different colours in each canvas of the page; an empty one has a single one. Read from a copy, which is no news. */
const coloursDrawn = () =>
  tab.evaluate<readonly number[]>(`[...document.querySelectorAll('canvas')].map((canvas) => {
    const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext('2d', { willReadFrequently: true });
    copy.drawImage(canvas, 0, 0);
    const { data } = copy.getImageData(0, 0, canvas.width, canvas.height);
    const colours = new Set();
    for (let at = 0; at < data.length; at += 4) colours.add(data.slice(at, at + 4).join());
    return colours.size;
  })`);

(chromium ? describe : describe.skip)('the page of a plan in a browser', () => {
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'wedscale-page-'));
    tab = await openTab(chromium ?? '');
  });
  afterAll(async () => {
    await tab?.close();
    if (folder) rmSync(folder, { recursive: true, force: true });
  });
  beforeEach(() => {
    seen = tab.events.length;
  });

  test.each(['light', 'dark'])(
    'draws its plots, without a complaint or a request, where the screen is %s',
    async (value) => {
      await tab.send('Emulation.setEmulatedMedia', { features: [{ name: 'prefers-color-scheme', value }] });
      const href = await openPage(twoStepGrounds());
      expect(await coloursDrawn()).toHaveLength(2);
      for (const colours of await coloursDrawn()) expect(colours).toBeGreaterThan(4);
      expect(requests()).toEqual([href]);
      expect(complaints()).toEqual([]);
    },
  );

  test('draws another workload when it is picked', async () => {
    const grounds = twoStepGrounds();
    const { fleet, requirements } = grounds;
    if (!fleet || !requirements) throw new Error('the grounds have both');
    const more = requirements.demands.map((demand) => ({ ...demand, workload: 'gallery' }));
    await openPage({
      ...grounds,
      fleet: {
        ...fleet,
        workloads: [...fleet.workloads, { id: 'gallery', unit: 'pictures', demandPerUser: 1 }],
      },
      requirements: { ...requirements, demands: [...requirements.demands, ...more] },
    });
    const label = () =>
      tab.evaluate<string>("document.querySelector('#demand-plot canvas').getAttribute('aria-label')");
    expect(await label()).toMatch(/^Demand of api /);
    await tab.evaluate(`{
      const picker = document.getElementById('workload');
      picker.value = 'gallery';
      picker.dispatchEvent(new Event('change'));
    }`);
    expect(await label()).toMatch(/^Demand of gallery .*in pictures\/s/);
    expect(complaints()).toEqual([]);
  });

  test('runs nothing that users wrote', async () => {
    const href = await openPage(hostileGrounds());
    expect(
      await tab.evaluate<number>(
        "document.querySelectorAll('img, svg:not(.bar), [onload], [onmouseover]').length",
      ),
    ).toBe(0);
    expect(await tab.evaluate<string>("document.querySelector('h1').textContent")).toBe(
      'Two steps </script><script>alert(2)</script>',
    );
    for (const colours of await coloursDrawn()) expect(colours).toBeGreaterThan(4);
    expect(requests()).toEqual([href]);
    expect(complaints()).toEqual([]);
  });

  test('refuses a script that somebody put into it', async () => {
    const file = join(folder, 'tampered.html');
    writeFileSync(
      file,
      planPage(twoStepGrounds()).html.replace('</main>', '<script>window.ran = true</script></main>'),
    );
    await tab.open(pathToFileURL(file).href);
    expect(await tab.evaluate<boolean>('window.ran === undefined')).toBe(true);
    expect(JSON.stringify(complaints())).toMatch(/Content Security Policy/);
  });

  test('is no wider than a telephone', async () => {
    await tab.send('Emulation.setDeviceMetricsOverride', {
      width: 390,
      height: 800,
      deviceScaleFactor: 2,
      mobile: true,
    });
    await openPage(twoStepGrounds());
    const wide = await tab.evaluate<number>('document.documentElement.scrollWidth');
    await tab.send('Emulation.clearDeviceMetricsOverride');
    expect(wide).toBeLessThanOrEqual(390);
  });

  test('can be read without JavaScript', async () => {
    await tab.send('Emulation.setScriptExecutionDisabled', { value: true });
    await openPage(twoStepGrounds());
    const shown = await tab.evaluate<readonly number[]>(
      "[document.querySelectorAll('.scripted:not([hidden])').length, document.querySelectorAll('table').length]",
    );
    await tab.send('Emulation.setScriptExecutionDisabled', { value: false });
    expect(shown[0]).toBe(0);
    expect(shown[1]).toBeGreaterThan(3);
    expect(complaints()).toEqual([]);
  });
});
