/** What a start has to say once everything runs. */
export interface ReadyReport {
  readonly environment: 'sandbox' | 'real';
  /** `key` only where this start made one: at the very first of an installation, or when asked to. */
  readonly api: { readonly url: string; readonly key: string | null };
  readonly temporal: { readonly address: string; readonly webUiUrl: string | null };
  readonly databaseUrl: string;
  readonly sandbox: Readonly<Record<string, string>> | null;
  /** Process ids of the parts, for whoever watches or breaks them. */
  readonly pids: {
    readonly postgres: number | null;
    readonly temporal: number | null;
    readonly api: number | null;
    readonly workers: readonly (number | null)[];
  };
}

/** Tells a person, or a program, how a start goes. */
export interface Reporter {
  progress(text: string): void;
  /** The first key of an installation, said as soon as it exists: nobody can show it again. */
  firstKey(key: string): void;
  ready(report: ReadyReport): void;
  ended(part: string, code: number | null, signal: string | null): void;
}

/** @param events true: one JSON object a line on stdout; false: words for a person. */
export function createReporter(events: boolean): Reporter {
  const event = (name: string, body: object) => console.log(JSON.stringify({ event: name, ...body }));
  if (events) {
    return {
      progress: (text) => event('progress', { text }),
      firstKey: (key) => event('first-key', { key }),
      ready: (report) => event('ready', report),
      ended: (part, code, signal) => event('ended', { part, code, signal }),
    };
  }
  return {
    progress: (text) => console.log(text),
    firstKey: (key) =>
      console.log(`\n  API key, shown only this once:  ${key}\n  export WEDSCALE_API_KEY=${key}\n`),
    ended: (part, code, signal) => console.log(`${part} ended (${code ?? signal})`),
    ready: (report) => console.log(words(report)),
  };
}

function words({ environment, api, temporal, sandbox }: ReadyReport): string {
  const lines = [
    '',
    `WedSync Scale is ready (${environment}).`,
    `  API          ${api.url}   reference: ${api.url}/docs`,
    `  Web UI       ${temporal.webUiUrl ?? 'of your Temporal server'}`,
    ...(sandbox ? [`  sandbox      ${sandbox.control}`] : []),
  ];
  return `${lines.join('\n')}\n`;
}
