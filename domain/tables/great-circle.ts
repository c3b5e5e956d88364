/** Degrees, north and east positive. */
export interface Point {
  readonly latitude: number;
  readonly longitude: number;
}

const MEAN_EARTH_DIAMETER_KM = 12_742;

/** Great-circle distance in kilometres (haversine formula, sphere of the mean radius). */
export function distanceKm(a: Point, b: Point): number {
  const [fromLatitude, toLatitude] = [radians(a.latitude), radians(b.latitude)];
  const h =
    Math.sin((toLatitude - fromLatitude) / 2) ** 2 +
    Math.cos(fromLatitude) *
      Math.cos(toLatitude) *
      Math.sin((radians(b.longitude) - radians(a.longitude)) / 2) ** 2;
  return MEAN_EARTH_DIAMETER_KM * Math.asin(Math.sqrt(h));
}

function radians(degrees: number): number {
  return (degrees * Math.PI) / 180;
}
