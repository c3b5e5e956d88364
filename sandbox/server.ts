import type { SandboxConfig } from './config.ts';
import { createControl } from './control.ts';
import { createCore } from './core.ts';
import { type Listener, listen } from './http.ts';
import { persist } from './persistence.ts';
import { protocolRegistry } from './protocols/registry.ts';

/** A running sandbox: one address for the control endpoint and one per vendor. */
export interface Sandbox {
  readonly addresses: Readonly<Record<string, string>>;
  /** Whether it went on with the world of an earlier process. */
  readonly restored: boolean;
  stop(): Promise<void>;
}

/** Starts every endpoint, with an empty world or the one kept. @throws Error when a port is taken; nothing is left listening. */
export async function startSandbox({ host, port, timeScale, stateFile }: SandboxConfig): Promise<Sandbox> {
  const core = createCore({ anchorMs: Date.now(), scale: timeScale });
  const endpoints = [
    { name: 'control', portOffset: 0, protocol: createControl(core) },
    ...protocolRegistry.map((entry) => ({
      name: entry.vendor,
      portOffset: entry.portOffset,
      protocol: entry.create(core),
    })),
  ];
  const kept = stateFile === null ? null : persist(core, stateFile);
  const listeners = new Map<string, Listener>();
  const stop = async () => {
    await Promise.all([...listeners.values()].map((listener) => listener.close()));
    kept?.stop();
  };
  try {
    for (const { name, portOffset, protocol } of endpoints) {
      const listener = await listen(protocol, host, port === 0 ? 0 : port + portOffset);
      listeners.set(name, listener);
      core.ports.set(name, Number(new URL(listener.url).port));
    }
  } catch (error) {
    await stop();
    throw error;
  }
  const addresses = [...listeners].map(([name, listener]) => [name, listener.url]);
  return { addresses: Object.fromEntries(addresses), restored: kept?.restored ?? false, stop };
}
