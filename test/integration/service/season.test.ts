import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { resolveRelativeDates } from '../../../domain/calendar.ts';
import { startService, type TestService } from '../../support/service.ts';
import { bookingsOn, smallFleet, smallSeason } from '../../support/small-fleet.ts';

describe('a season from request to release', () => {
  let service: TestService;
  beforeAll(async () => {
    service = await startService({ fleet: smallFleet() });
    await service.client.request('/api/bookings', {
      method: 'POST',
      body: [...bookingsOn([3], 'gb', 100, 3), ...bookingsOn([3], 'fr', 100, 2)],
    });
  });
  afterAll(() => service?.stop());

  test('completes all seven phases and every service serves what was asked', async () => {
    const runId = await service.start(
      '/api/scaling/seasons',
      resolveRelativeDates(smallSeason(), Date.now()),
    );
    const report = await service.ended(runId);
    expect(report.error).toBeUndefined();
    expect(report.status).toBe('completed');
    expect(report.phases.map((phase) => phase.status)).toEqual(Array(7).fill('completed'));
    const services = report.cells.flatMap((cell) => cell.services);
    expect(services.length).toBeGreaterThan(2);
    for (const one of services) expect(one.observed).toBeGreaterThanOrEqual(one.to);

    const kinds: string[] = [];
    for await (const event of service.client.events(runId, '', AbortSignal.timeout(20_000))) {
      if (event.event === 'end') break;
      const { kind } = JSON.parse(event.data) as { kind: string };
      kinds.push(kind);
      if (kind === 'run.status' && event.data.includes('"completed"')) break;
    }
    // The hold owns the claims, so it is there before the first of them; a claim is there before any write.
    expect(kinds).toContain('hold');
    expect(kinds.indexOf('hold')).toBeLessThan(kinds.indexOf('claim'));
    expect(kinds.indexOf('claim')).toBeLessThan(kinds.indexOf('intent'));
    expect(kinds.indexOf('intent')).toBeLessThan(kinds.indexOf('outcome'));
  });
});
