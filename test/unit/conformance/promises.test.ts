import { describe, expect, test } from '@jest/globals';
import type { ServiceDescriptor } from '../../../domain/service-descriptor.ts';
import { SERVICES, serviceDescriptor } from '../../../domain/services.ts';
import { PROMISES, promisedCells, promiseFaults, rowOf, rowsOf } from '../../conformance/promises.ts';

const ids = [...new Set([...Object.values(PROMISES.standIns), ...Object.values(PROMISES.clients)].flat())];

function made(id: string, levers: readonly string[]): ServiceDescriptor {
  const like = serviceDescriptor('aws.ecs');
  const lever = like?.levers[0];
  if (!like || !lever) throw new Error('aws.ecs is not described');
  return { ...like, id, levers: levers.map((name) => ({ ...lever, id: name })) };
}

describe('what the conformance suite promises', () => {
  test('every service of the registry is promised against somebody', () => {
    expect(promiseFaults(SERVICES, PROMISES, ids)).toEqual([]);
  });

  test('every lever of AWS is promised to both clients and to a stand-in of others', () => {
    const cells = promisedCells(SERVICES, PROMISES);
    for (const service of SERVICES.filter(({ provider }) => provider === 'aws')) {
      for (const lever of service.levers) {
        const row = rowOf(service, lever.id);
        const counterparts = cells.filter((cell) => cell.row === row).map(({ counterpart }) => counterpart);
        expect(counterparts).toEqual([expect.stringMatching(/^(moto|ministack)$/), 'boto3', 'aws-cli']);
      }
    }
  });

  test('a service without a promise is a fault that names it and the file', () => {
    expect(promiseFaults([...SERVICES, made('aws.new', ['things'])], PROMISES, ids)).toEqual([
      'aws.new is promised against nothing; add its line to test/conformance/promises.ts',
    ]);
  });

  test('a promise of a service or a counterpart that does not exist is a fault', () => {
    const standIns = { ...PROMISES.standIns, 'aws.gone': ['moto'], 'aws.ecs': ['motto'] };
    expect(promiseFaults(SERVICES, { ...PROMISES, standIns }, ids)).toEqual([
      'aws.gone is promised and in no registry',
      'motto is promised and no counterpart',
    ]);
  });

  test('a lever has a row of its own where its service has several', () => {
    const clients = { aws: ['client'], azure: [], gcp: [], kubernetes: [] };
    const services = [made('aws.one', ['things']), made('aws.two', ['readers', 'storage'])];
    const cells = promisedCells(services, { clients, standIns: { 'aws.two': ['other'] } });
    expect(rowsOf('client', cells)).toEqual(['aws.one', 'aws.two readers', 'aws.two storage']);
    expect(rowsOf('other', cells)).toEqual(['aws.two readers', 'aws.two storage']);
  });
});
