/**
 * What has to be there in each hour so that growth finds capacity although more takes a while to come: the highest
 * demand of the hour and of those that begin before the lead time, counted from its begin, is over. The steepest rise
 * that is foreseen is asked for early anyway; this is for the end of a step, and for demand that comes sooner.
 * @param hoursMs ascending. @param leadMs longest time that capacity takes to come, 0 or more.
 */
export function overProvisioningTime(
  demandByHour: Float64Array,
  hoursMs: readonly number[],
  leadMs: number,
): Float64Array {
  return demandByHour.map((demand, hour) => {
    const untilMs = (hoursMs[hour] ?? 0) + leadMs;
    let highest = demand;
    for (let later = hour + 1; (hoursMs[later] ?? Number.POSITIVE_INFINITY) <= untilMs; later += 1) {
      highest = Math.max(highest, demandByHour[later] ?? 0);
    }
    return highest;
  });
}
