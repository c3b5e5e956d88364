import type { Fleet } from '../domain/fleet.ts';
import { sandboxWorld } from '../worker/sandbox-world.ts';
import { provisioningSeconds } from './scale-calls.ts';

/** A change as the sandbox's ledger has it, as far as the bench reads it. */
export interface WorldChange {
  /** Wall time, ISO 8601. */
  readonly at: string;
  readonly resource: string;
  readonly caller: string;
  readonly effective: boolean;
}

/** The sandbox of a service that runs, from outside of the product. */
export interface ScaleWorld {
  /** Puts the fleet there anew: every target at its baseline, all buckets full, nothing counted. */
  load(fleet: Fleet): Promise<void>;
  /** Accepted changes that changed something, by clients and not by the sandbox's own autoscalers. */
  writes(): Promise<readonly WorldChange[]>;
  /** Calls of AWS and of its clusters' Kubernetes, refused ones too. */
  calls(): Promise<number>;
  /** Calls refused because there were too many. */
  throttles(): Promise<number>;
}

/** @param control address of the sandbox's control endpoint. */
export function scaleWorld(control: string): ScaleWorld {
  const ask = async <T>(path: string, put?: unknown): Promise<T> => {
    const response = await fetch(new URL(path, control), {
      method: put === undefined ? 'GET' : 'PUT',
      ...(put !== undefined && { body: JSON.stringify(put) }),
    });
    if (!response.ok) throw new Error(`the sandbox answered ${path}: ${await response.text()}`);
    return (await response.json()) as T;
  };
  return {
    load: async (fleet) => void (await ask('/world', shortened(fleet))),
    writes: async () => {
      const { entries } = await ask<{ entries: readonly WorldChange[] }>('/ledger');
      return entries.filter(({ effective, caller }) => effective && caller !== 'autoscaler');
    },
    calls: async () => {
      const { requests } = await ask<{ requests: readonly Counted[] }>('/requests');
      return sum(requests.filter(({ vendor }) => vendor === 'aws' || vendor === 'kubernetes').map(countOf));
    },
    throttles: async () =>
      sum(Object.values((await ask<{ refused: Readonly<Record<string, number>> }>('/limits')).refused)),
  };
}

interface Counted {
  readonly vendor: string;
  readonly count: number;
}

/** The fleet's world with its provisioning cut short; a world that names how long it takes says all of it. */
function shortened(fleet: Fleet): unknown {
  const world = sandboxWorld(fleet) as { readonly resources: readonly { readonly service: string }[] };
  const resources = world.resources.map((resource) => ({
    ...resource,
    provisioningSeconds: provisioningSeconds(resource),
  }));
  return { ...world, resources };
}

function countOf({ count }: Counted): number {
  return count;
}

function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0);
}
