/** `ms` ships no types for TypeScript 7; without this a typo in a duration compiles (`'10 secnds'`). */
declare module 'ms' {
  type Unit =
    | 'ms'
    | 's'
    | 'm'
    | 'h'
    | 'd'
    | 'second'
    | 'seconds'
    | 'minute'
    | 'minutes'
    | 'hour'
    | 'hours'
    | 'day'
    | 'days';
  export type StringValue = `${number}${Unit}` | `${number} ${Unit}`;
}
