import { expect, test } from '@jest/globals';
import { cpuMsOf, peakRssMbOf, processFigures } from '../../../bench/process-figures.ts';

test('CPU time is user and system time, whatever the process is called', () => {
  const numbers = 'S 1 2 3 0 -1 4194560 100 0 0 0 250 50 0 0 20 0 11 0 12345';
  expect(cpuMsOf(`4711 (node) ${numbers}`)).toBe(3_000);
  expect(cpuMsOf(`4711 (a (b) c) ${numbers}`)).toBe(3_000);
});

test('a text of another form is no figure', () => {
  expect(cpuMsOf('4711 (node) S 1')).toBeNull();
  expect(peakRssMbOf('Name:\tnode\n')).toBeNull();
});

test('resident memory is the highest, in MiB', () => {
  expect(peakRssMbOf('VmPeak:\t  900000 kB\nVmHWM:\t  524288 kB\nVmRSS:\t  100000 kB\n')).toBe(512);
});

test('a process that is gone has no figures', async () => {
  expect(await processFigures(0)).toEqual({ cpuMs: null, peakRssMb: null });
});
