import { stripVTControlCharacters } from 'node:util';
import { PHASES, type PhaseName } from '../../domain/season.ts';
import { eventLine, type JournalEvent } from '../render/events.ts';
import { duration } from '../render/format.ts';
import { type Out, type Paint, paintFor, paintStatus } from '../render/style.ts';

/** Shows a person how the demo goes. */
export interface DemoProgress {
  say(text: string): void;
  hear(event: JournalEvent): void;
  /** Leaves the screen to whatever is printed next. */
  end(): void;
}

/** Redraws this often at most, in milliseconds. */
const REDRAW_MS = 100;
const BAR_WIDTH = 24;
const DEFAULT_COLUMNS = 100;

/**
 * On a terminal a live picture of phases and cells; elsewhere one line per event.
 * @param cellNames cell of every target by its id.
 */
export function createProgress(out: Out, cellNames: ReadonlyMap<string, string>): DemoProgress {
  return out.isTTY ? new LivePicture(out, cellNames) : lines(out);
}

function lines(out: Out): DemoProgress {
  const paint = paintFor(out);
  return {
    say: (text) => out.write(`${text}\n`),
    hear(event) {
      const line = eventLine(event, paint);
      if (line !== null) out.write(`${line}\n`);
    },
    end: () => undefined,
  };
}

class LivePicture implements DemoProgress {
  private readonly out: Out;
  private readonly paint: Paint;
  private readonly cellNames: ReadonlyMap<string, string>;
  private readonly phases = new Map<PhaseName, { status: string; startMs: number; endMs: number | null }>();
  private readonly cells = new Map<string, { asked: Set<string>; settled: Set<string>; gone: Set<string> }>();
  private readonly notes: string[] = [];
  private drawnLines = 0;
  private drawnAtMs = 0;

  constructor(out: Out, cellNames: ReadonlyMap<string, string>) {
    this.out = out;
    this.cellNames = cellNames;
    this.paint = paintFor(out);
  }

  say(text: string): void {
    this.erase();
    this.out.write(`${text}\n`);
    if (this.phases.size > 0) this.draw();
  }

  hear(event: JournalEvent): void {
    const { kind, key, body } = event;
    const atMs = Date.parse(event.at);
    if (kind === 'phase') this.enterPhase(key as PhaseName, String(body.status), atMs);
    if (kind === 'claim' && body.claimKind === 'floor') this.cellOf(key).asked.add(key);
    if (kind === 'settled') this.cellOf(key).settled.add(key);
    if (kind === 'service.failed' || kind === 'service.undone') this.cellOf(key).gone.add(key);
    if (/^(run\.status|service\.failed|routing|rollback|manual|attention|hold)$/.test(kind)) {
      const line = eventLine(event, this.paint);
      if (line) this.notes.push(line);
    }
    if (Date.now() - this.drawnAtMs > REDRAW_MS || kind === 'run.status') this.draw();
  }

  end(): void {
    this.draw();
    this.drawnLines = 0;
  }

  private enterPhase(name: PhaseName, status: string, atMs: number): void {
    const known = this.phases.get(name);
    if (status === 'running') this.phases.set(name, { status, startMs: atMs, endMs: null });
    else this.phases.set(name, { status, startMs: known?.startMs ?? atMs, endMs: atMs });
  }

  private cellOf(targetId: string) {
    const name = this.cellNames.get(targetId) ?? targetId;
    const cell = this.cells.get(name) ?? { asked: new Set(), settled: new Set(), gone: new Set() };
    this.cells.set(name, cell);
    return cell;
  }

  private draw(): void {
    this.erase();
    const rows = [
      ...this.notes.slice(-6).map((note) => fitted(note, this.out.columns ?? DEFAULT_COLUMNS)),
      '',
      ...PHASES.map((name) => this.phaseRow(name)),
      ...[...this.cells]
        .toSorted(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, cell]) => this.cellRow(name, cell)),
    ];
    this.out.write(`${rows.join('\n')}\n`);
    this.drawnLines = rows.length;
    this.drawnAtMs = Date.now();
  }

  private phaseRow(name: PhaseName): string {
    const phase = this.phases.get(name);
    if (!phase) return this.paint('dim', `  ${name}`);
    const took = duration((phase.endMs ?? Date.now()) - phase.startMs);
    const mark = phase.status === 'running' ? this.paint('cyan', '▸') : ' ';
    return `${mark} ${name.padEnd(24)} ${paintStatus(phase.status, this.paint)} ${this.paint('dim', took)}`;
  }

  private cellRow(
    name: string,
    cell: { asked: Set<string>; settled: Set<string>; gone: Set<string> },
  ): string {
    const total = Math.max(1, cell.asked.size);
    const full = Math.round((cell.settled.size / total) * BAR_WIDTH);
    const bar = this.paint('green', '█'.repeat(full)) + this.paint('dim', '░'.repeat(BAR_WIDTH - full));
    const gone = cell.gone.size > 0 ? this.paint('yellow', ` ${cell.gone.size} undone or failed`) : '';
    return `    ${name.padEnd(32)} ${bar} ${cell.settled.size}/${cell.asked.size}${gone}`;
  }

  private erase(): void {
    if (this.drawnLines > 0) this.out.write(`\u001b[${this.drawnLines}A\u001b[0J`);
    this.drawnLines = 0;
  }
}

/** One line of the terminal: a longer one would wrap, and the redraw would leave its rest behind. */
function fitted(text: string, columns: number): string {
  const plain = stripVTControlCharacters(text);
  return plain.length < columns ? text : `${plain.slice(0, columns - 2)}…`;
}
