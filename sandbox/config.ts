/** Where the sandbox listens. */
export interface SandboxConfig {
  readonly host: string;
  /** Port of the control endpoint; vendors follow in order. 0 takes free ports. */
  readonly port: number;
  readonly timeScale: number;
  /** File the world is kept in across restarts; null keeps nothing. */
  readonly stateFile: string | null;
}

/** Reads the environment; an empty variable counts as not set. @throws Error naming every bad key. */
export function sandboxConfig(environment: NodeJS.ProcessEnv): SandboxConfig {
  const port = Number(environment.WEDSCALE_SANDBOX_PORT || 0);
  const timeScale = Number(environment.WEDSCALE_TIME_SCALE || 1);
  const faults: string[] = [];
  if (!Number.isInteger(port) || port < 0 || port > 65_530) {
    faults.push('WEDSCALE_SANDBOX_PORT must be a port up to 65530, or 0 for free ones');
  }
  if (!Number.isFinite(timeScale) || timeScale < 1) faults.push('WEDSCALE_TIME_SCALE must be at least 1');
  if (faults.length > 0) throw new Error(faults.join('; '));
  const host = environment.WEDSCALE_SANDBOX_HOST || '127.0.0.1';
  return { host, port, timeScale, stateFile: environment.WEDSCALE_SANDBOX_STATE_FILE || null };
}
