/** A wedding as booked. */
export interface Booking {
  /** Unique; a repeat with the same content is counted once, with other content it is refused. */
  readonly id: string;
  /** Market id of the fleet. */
  readonly market: string;
  /** Place as booked, free text. */
  readonly place: string;
  /** IANA zone of the place. */
  readonly timeZone: string;
  /** Begin in local time of `timeZone`, `YYYY-MM-DDTHH:mm`. */
  readonly startsAt: string;
  readonly guests: number;
  readonly tier: string;
  readonly liveStream: boolean;
}

/** A booking whose begin has been resolved to an instant. */
export interface ResolvedBooking extends Booking {
  /** Begin in milliseconds since the epoch, UTC. */
  readonly startsAtMs: number;
}
