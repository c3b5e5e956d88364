import { readFile } from 'node:fs/promises';

/** Clock ticks a second in which Linux gives CPU time to programs. Source: proc(5); 100 on every Linux Node runs on. */
const TICKS_PER_SECOND = 100;

/** What a process has used; null where the system does not say (anything but Linux). */
export interface ProcessFigures {
  /** User and system time since it began, in milliseconds. */
  readonly cpuMs: number | null;
  /** The most memory it had resident at once, in MiB. */
  readonly peakRssMb: number | null;
}

/** Figures of another process. */
export async function processFigures(pid: number): Promise<ProcessFigures> {
  try {
    const [stat, status] = await Promise.all([
      readFile(`/proc/${pid}/stat`, 'utf8'),
      readFile(`/proc/${pid}/status`, 'utf8'),
    ]);
    return { cpuMs: cpuMsOf(stat), peakRssMb: peakRssMbOf(status) };
  } catch {
    return { cpuMs: null, peakRssMb: null };
  }
}

/** @param stat text of `/proc/PID/stat`; the name in parentheses may itself hold blanks and parentheses. */
export function cpuMsOf(stat: string): number | null {
  const fields = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  const [user, system] = [fields[11], fields[12]];
  if (user === undefined || system === undefined || Number.isNaN(user + system)) return null;
  return ((user + system) / TICKS_PER_SECOND) * 1_000;
}

/** @param status text of `/proc/PID/status`. */
export function peakRssMbOf(status: string): number | null {
  const kib = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1];
  return kib === undefined ? null : Math.round(Number(kib) / 1_024);
}
