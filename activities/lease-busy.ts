/** Another run is writing to the target; nothing was sent. Try again when its lease ends. */
export class LeaseBusy extends Error {
  override readonly name = 'LeaseBusy';
  /** When the other lease ends at the latest. */
  readonly expiresAt: Date;

  constructor(targetId: string, owner: string, expiresAt: Date) {
    super(`${targetId} is being written by ${owner} until ${expiresAt.toISOString()}; nothing was sent`);
    this.expiresAt = expiresAt;
  }
}
