import type { ScheduleDefinition } from '../../../api/temporal.ts';
import { scheduleOptions } from '../../../api/temporal-schedules.ts';

const DEFINITION: ScheduleDefinition = {
  id: 'gb-summer',
  kind: 'season',
  request: { season: { id: 'gb-summer' } },
  times: { cron: '0 6 * * 1' },
  timeZone: 'Europe/London',
  catchupWindowMinutes: 10,
  overlap: 'skip',
  paused: false,
  note: '',
  principal: 'ops',
};

describe('scheduleOptions', () => {
  test('always sets catch-up window, zone and overlap, and starts scheduledStart on the orchestration queue', () => {
    expect(scheduleOptions(DEFINITION)).toMatchObject({
      scheduleId: 'gb-summer',
      spec: { cronExpressions: ['0 6 * * 1'], timezone: 'Europe/London' },
      policies: { overlap: 'SKIP', catchupWindow: 600_000 },
      action: {
        workflowType: 'scheduledStart',
        taskQueue: 'orchestration',
        args: [{ scheduleId: 'gb-summer', kind: 'season', request: { season: { id: 'gb-summer' } } }],
      },
    });
  });

  test('turns calendar numbers into the names Temporal asks for', () => {
    const calendar = { minutes: [30], hours: [6, 18], months: [1, 12], daysOfWeek: [0, 6] };
    expect(scheduleOptions({ ...DEFINITION, times: { calendar } }).spec).toEqual({
      calendars: [
        {
          second: 0,
          minute: [30],
          hour: [6, 18],
          month: ['JANUARY', 'DECEMBER'],
          dayOfWeek: ['SUNDAY', 'SATURDAY'],
        },
      ],
      timezone: 'Europe/London',
    });
  });
});
