/**
 * Ends this process when the pipe on its stdin closes, which it does when the parent is gone, however it went.
 * Only for parts that a parent started; one started by hand keeps its terminal.
 */
export function diesWithParent(stop: () => void): void {
  if (process.stdin.isTTY) return;
  process.stdin.on('end', stop);
  process.stdin.on('error', stop);
  process.stdin.resume();
  process.stdin.unref?.();
}
