import type { PlanGrounds } from '../../domain/explanation/plan-grounds.ts';
import { twoStepGrounds } from './plan-grounds.ts';

/** Names that would do something if a page took them for HTML. */
export const HOSTILE = [
  '<img src=x onerror=alert(1)>',
  '</script><script>alert(2)</script>',
  '"><svg onload=alert(3)>',
  "' onmouseover='alert(4)",
  '<!--<script>',
] as const;

const [IMAGE, SCRIPT, SVG, QUOTE, COMMENT] = HOSTILE;

/** {@link twoStepGrounds} in which everything that a user names is hostile. */
export function hostileGrounds(): PlanGrounds {
  const names: Readonly<Record<string, string>> = {
    near: `near${IMAGE}`,
    far: `far${SCRIPT}`,
    a: `a${SVG}`,
    b: `b${QUOTE}`,
    api: `api${COMMENT}`,
    requests: `requests${IMAGE}`,
    'Two steps': `Two steps ${SCRIPT}`,
    'Peak: 1,200 concurrent users.': `Peak ${IMAGE}${QUOTE}`,
    '2027-01-01': `2027-01-01${SVG}`,
    r1: `r1${SCRIPT}`,
  };
  const renamed = (value: unknown): unknown => {
    if (typeof value === 'string') return names[value] ?? value;
    if (Array.isArray(value)) return value.map(renamed);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [key in names ? String(names[key]) : key, renamed(inner)]),
    );
  };
  return renamed(twoStepGrounds()) as PlanGrounds;
}
