import { pinballLoss } from '../../../../domain/forecast/pinball.ts';
import { normalQuantile, studentQuantile } from '../../../../domain/normal-distribution.ts';

test.each([
  { quantile: 0.9, forecast: 10, observed: 14, loss: 3.6 },
  { quantile: 0.9, forecast: 10, observed: 6, loss: 0.4 },
  { quantile: 0.5, forecast: 10, observed: 10, loss: 0 },
])(
  'pinball loss at $quantile of $forecast where $observed came is $loss',
  ({ quantile, forecast, observed, loss }) => {
    expect(pinballLoss(quantile, forecast, observed)).toBeCloseTo(loss, 12);
  },
);

// Printed tables of the normal and of Student's t distribution.
test.each([
  [0.5, 0],
  [0.95, 1.644854],
  [0.975, 1.959964],
  [0.99, 2.326348],
  [0.01, -2.326348],
])('normal quantile at %s is %s', (probability, quantile) => {
  expect(normalQuantile(probability)).toBeCloseTo(quantile, 5);
});

test.each([
  [0.95, 6, 1.943],
  [0.99, 10, 2.764],
])('Student quantile at %s with %s degrees of freedom is near %s', (probability, degrees, quantile) => {
  expect(Math.abs(studentQuantile(probability, degrees) - quantile)).toBeLessThan(0.06);
});
