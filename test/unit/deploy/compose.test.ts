import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';

const root = new URL('../../../', import.meta.url);
const text = (file: string) => readFileSync(new URL(file, root), 'utf8');

interface Service {
  readonly image?: string;
  readonly build?: string;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly depends_on?: Readonly<Record<string, unknown>>;
  readonly profiles?: readonly string[];
  readonly deploy?: { readonly replicas?: number };
  readonly volumes?: readonly string[];
  readonly healthcheck?: { readonly test?: readonly string[] };
}

const compose = parse(text('docker-compose.yml'), { merge: true }) as {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
};
const services = Object.entries(compose.services);
const dockerfile = text('Dockerfile');

/** Keys the compose specification knows for a service; a slip of the pen is none of them. */
const KNOWN_KEYS = new Set([
  'build',
  'command',
  'depends_on',
  'deploy',
  'environment',
  'healthcheck',
  'image',
  'ports',
  'profiles',
  'restart',
  'stop_grace_period',
  'volumes',
]);

/** Variables that only the images of others read. */
const OTHERS = /^(POSTGRES_|DB$|DB_PORT$)/;

describe('docker-compose.yml and Dockerfile', () => {
  test('every key of a service is one of the compose specification', () => {
    for (const [name, service] of services) {
      const unknown = Object.keys(service).filter((key) => !KNOWN_KEYS.has(key));
      expect({ name, unknown }).toEqual({ name, unknown: [] });
    }
  });

  test('Temporal with PostgreSQL and Web UI, our PostgreSQL, Redis, api, workers with replicas, sandbox under a profile', () => {
    const names = services.map(([name]) => name);
    for (const name of [
      'temporal',
      'temporal-postgres',
      'temporal-ui',
      'postgres',
      'redis',
      'api',
      'worker',
      'sandbox',
    ]) {
      expect(names).toContain(name);
    }
    expect(compose.services.worker?.deploy?.replicas).toBeGreaterThan(1);
    expect(compose.services.sandbox?.profiles).toEqual(['sandbox']);
  });

  test('every image is pinned to a version', () => {
    const images = [
      ...services.flatMap(([, service]) => service.image ?? []),
      ...[...dockerfile.matchAll(/^FROM (\S+)/gm)].map((match) => match[1] ?? ''),
    ];
    expect(images.length).toBeGreaterThan(4);
    for (const image of images) expect(image).toMatch(/:v?\d+\.\d+(\.\d+)?(-[\w.-]+)?$/);
  });

  test('every command runs a file that is there and in the image', () => {
    for (const [name, { command, build }] of services) {
      if (!build) continue;
      const [binary, file = ''] = command ?? [];
      expect({ name, binary }).toEqual({ name, binary: 'node' });
      expect({ name, exists: existsSync(new URL(file, root)) }).toEqual({ name, exists: true });
      expect(dockerfile).toContain(`COPY ${file.split('/')[0]} `);
    }
  });

  test('every variable it sets is read by the code', () => {
    const sources = ['domain/environment.ts', 'api/config.ts', 'worker/config.ts', 'sandbox/config.ts']
      .map(text)
      .join();
    const set = services.flatMap(([, { build, environment = {} }]) =>
      build ? Object.keys(environment) : [],
    );
    expect(set.length).toBeGreaterThan(5);
    for (const name of new Set(set))
      expect({ name, read: sources.includes(name) || OTHERS.test(name) }).toEqual({ name, read: true });
  });

  test('every port it opens is the one the part listens on, and only on loopback', () => {
    for (const [name, { ports = [], environment = {} }] of services) {
      for (const port of ports) {
        const [host, , inside] = port.split(':');
        expect({ name, host }).toEqual({ name, host: '127.0.0.1' });
        const listens: Record<string, string | undefined> = {
          api: environment.WEDSCALE_API_PORT,
          sandbox: environment.WEDSCALE_SANDBOX_PORT,
          'temporal-ui': '8080',
        };
        expect({ name, inside }).toEqual({ name, inside: listens[name] });
      }
    }
  });

  test('everything depended on and every volume named exists', () => {
    const names = services.map(([name]) => name);
    for (const [, { depends_on = {}, volumes = [] }] of services) {
      for (const name of Object.keys(depends_on)) expect(names).toContain(name);
      for (const volume of volumes) expect(Object.keys(compose.volumes)).toContain(volume.split(':')[0]);
    }
  });

  test('every server of others is asked whether it is well, and Redis is where workers look for it', () => {
    for (const name of ['postgres', 'redis', 'temporal', 'temporal-postgres']) {
      expect({ name, healthcheck: compose.services[name]?.healthcheck?.test }).toEqual({
        name,
        healthcheck: expect.anything(),
      });
    }
    expect(compose.services.worker?.environment?.REDIS_URL).toBe('redis://redis:6379');
  });

  test('nothing of ours runs as root', () => {
    expect(dockerfile).toMatch(/^USER node$/m);
    expect(dockerfile.lastIndexOf('USER node')).toBeGreaterThan(dockerfile.lastIndexOf('FROM '));
  });
});
