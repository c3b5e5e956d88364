import { describe, expect, test } from '@jest/globals';
import { html, jsonForScript } from '../../../../api/pages/html.ts';
import { planPage } from '../../../../api/pages/plan-page.ts';
import type { PlanGrounds } from '../../../../domain/explanation/plan-grounds.ts';
import { HOSTILE, hostileGrounds } from '../../../support/hostile-grounds.ts';
import { twoStepGrounds, twoSteps } from '../../../support/plan-grounds.ts';

/** The page without its script and style, which are files of ours, and without its data. */
function markup({ html: page }: { readonly html: string }): string {
  return page.replaceAll(/<(script|style)\b[^>]*>[\s\S]*?<\/\1>/g, '<$1></$1>');
}

describe('a piece of a page', () => {
  test('escapes what is put into it, once, and leaves HTML of ours as it is', () => {
    const inner = html`<b title="${`"'`}">${'<&>'}</b>`;
    expect(html`<p>${inner}${[1, ' & ', null, false]}</p>`.html).toBe(
      '<p><b title="&quot;&#39;">&lt;&amp;&gt;</b>1 &amp; </p>',
    );
  });

  test('holds data that cannot end its script', () => {
    const value = { name: '</script><!--<script>', line: '\u2028' };
    const { html: text } = jsonForScript(value);
    expect(text).not.toMatch(/[<>]/);
    expect(JSON.parse(text)).toEqual(value);
  });
});

describe('the page of a plan', () => {
  test('has a section for everything a plan says', () => {
    const content = twoSteps({
      drift: [{ targetId: 'near', baselineUnits: 2, liveUnits: 3 }],
      commitments: [{ targetId: 'near', liveUnits: 1, floorUnits: 2, text: 'near stays.' }],
      fallbacks: { targets: [{ targetId: 'near', fallbacks: ['far'] }], ceilingHourlyUsd: 9 },
      standIn: {
        replaces: 'x',
        generation: 2,
        shortages: [{ targetId: 'far', step: 0, floorUnits: 4, keptUnits: 1, servingUnits: 1 }],
      },
      unreadQuotas: ['vCPUs could not be read'],
    });
    const page = markup(planPage(twoStepGrounds({ content })));
    const ids = [...page.matchAll(/<section id="([^"]+)"/g)].map(([, id]) => id);
    expect(ids).toEqual([
      ...['headline', 'demand', 'cost', 'regions', 'floors', 'constraints'],
      ...['commitments', 'drift', 'shortages', 'fallbacks', 'quotas'],
    ]);
    for (const text of ['near stays.', 'vCPUs could not be read', 'up to $9.00 per hour']) {
      expect(page).toContain(text);
    }
  });

  test('names the floor of every target with its reasons beside it', () => {
    const page = markup(planPage(twoStepGrounds()));
    expect(page).toMatch(
      /<th scope="row">near<\/th><td>api<\/td><td class="number">2<\/td><td class="number">8<\/td>/,
    );
    expect(page).toContain('<summary>why 8?</summary>');
    expect(page).toContain('540 requests/s / 75 per unit (100 at 75 %) = 7.2 units.');
    expect(page).toContain('step 2: 4');
  });

  test('shows as text whatever users wrote', () => {
    const { html: page } = planPage(hostileGrounds());
    const clean = planPage(twoStepGrounds()).html;
    const elements = (text: string) =>
      new Set([...text.matchAll(/<([a-z][a-z0-9]*)/gi)].map(([, name]) => name));
    expect([...elements(markup({ html: page }))].filter((name) => !elements(clean).has(name))).toEqual([]);
    expect(page.match(/<script\b/g)).toHaveLength(2);
    const names = markup({ html: page }).replaceAll(/"[^"]*"/g, '""');
    expect(names).not.toMatch(/<[^>]*\son\w+=/);
    for (const text of HOSTILE) expect(markup({ html: page })).not.toContain(text);
    expect(page).toContain('&lt;img src=x onerror=alert(1)&gt;');
  });

  test('asks nothing of anybody and lets nothing run but its own script', () => {
    const { html: page, contentSecurityPolicy } = planPage(twoStepGrounds());
    expect(markup({ html: page })).not.toMatch(/\b(src|href|action|style)=/);
    expect(contentSecurityPolicy).toMatch(
      /^default-src 'none'; script-src 'sha256-[^']+'; style-src 'sha256-[^']+'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'$/,
    );
    expect(contentSecurityPolicy).not.toContain('unsafe');
    const meta = /http-equiv="Content-Security-Policy" content="([^"]+)"/.exec(page)?.[1] ?? '';
    // A policy in the page itself cannot say who frames it.
    expect(`${meta.replaceAll('&#39;', "'")}; frame-ancestors 'none'`).toBe(contentSecurityPolicy);
  });

  test('says of every table what it is, and names every column and row', () => {
    const page = markup(planPage(twoStepGrounds()));
    const tables = [...page.matchAll(/<table>[\s\S]*?<\/table>/g)].map(([table]) => table);
    expect(tables.length).toBeGreaterThan(3);
    for (const table of tables) {
      expect(table).toMatch(/<caption>[^<]+<\/caption>/);
      expect(table).toMatch(/<th scope="col"/);
      expect(table.match(/<tr><th scope="row"/g)?.length).toBe((table.match(/<tr>/g)?.length ?? 0) - 1);
    }
    expect(page).toMatch(/<html lang="en">/);
  });

  test.each<[string, Partial<PlanGrounds>, string]>([
    ['the fleet', { fleet: null }, 'Another fleet is in force than the plan was made for'],
    ['the requirements', { requirements: null }, 'The requirements of its run were not kept'],
    ['any floor', { content: twoSteps({ floors: [] }) }, 'Nothing is needed beyond what runs.'],
    ['prices of constraints', {}, 'What constraints cost is not known: the plan was made without it'],
  ])('says so where it has not %s', (_what, changes, sentence) => {
    expect(planPage(twoStepGrounds(changes)).html).toContain(sentence);
  });
});
