// Runs in the reader's browser, after uPlot, inside the page of a plan; see plan-page.ts for what it is given.
(() => {
  const data = JSON.parse(document.getElementById('plot-data').textContent);
  const PLOT_HEIGHT = 320;
  const SERIES_COLOURS = 6;
  let plots = [];

  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
  const seriesColour = (index) => colour(`series-${(index % SERIES_COLOURS) + 1}`);
  const figure = (value) =>
    value === null || value === undefined
      ? '–'
      : value.toLocaleString('en-US', { maximumSignificantDigits: 4 });
  const instant = (seconds) => `${new Date(seconds * 1000).toISOString().slice(0, 16).replace('T', ' ')} UTC`;

  function axis(label, size) {
    const line = { stroke: colour('grid'), width: 1 };
    return { label, size, stroke: colour('muted'), grid: line, ticks: line, labelSize: label ? 22 : 0 };
  }

  // The day only where it is another than at the mark before.
  function times(marks) {
    return marks.map((seconds, index) => {
      const [day, clock] = instant(seconds).split(' ');
      const before = index > 0 ? instant(marks[index - 1]).slice(0, 10) : '';
      const whole = marks.every((mark) => mark % 86400 === 0);
      return whole ? day.slice(5) : day === before ? clock : `${clock}\n${day.slice(5)}`;
    });
  }

  function draw(element, label, unit, series, values, bands = []) {
    const plot = new uPlot(
      {
        width: Math.max(200, element.clientWidth),
        height: PLOT_HEIGHT,
        tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), 'Etc/UTC'),
        cursor: { drag: { x: true, y: false }, points: { size: 7 } },
        scales: { y: { range: (_plot, _low, high) => [0, high > 0 ? high * 1.05 : 1] } },
        axes: [
          { ...axis('', 48), values: (_plot, marks) => times(marks) },
          { ...axis(unit, 72), values: (_plot, ticks) => ticks.map((tick) => figure(tick)) },
        ],
        series: [{ label: 'time', value: (_plot, at) => (at === null ? '–' : instant(at)) }, ...series],
        bands,
      },
      values,
      element,
    );
    const canvas = element.querySelector('canvas');
    canvas.setAttribute('role', 'img');
    canvas.setAttribute('aria-label', label);
    plots.push({ plot, element });
  }

  function drawDemand(element, chosen) {
    const workload = data.workloads.find((one) => one.workload === chosen) ?? data.workloads[0];
    if (!workload) return;
    const { unit, startSeconds, expected, design, carried } = workload;
    const value = (_plot, raw) => `${figure(raw)} ${unit}`;
    const ready = { label: 'ready for', value, stroke: seriesColour(0), width: 1.5 };
    const mean = { label: 'expected', value, stroke: seriesColour(1), width: 1.5, dash: [4, 3] };
    const floors = {
      label: 'floors carry',
      value,
      stroke: seriesColour(2),
      width: 2,
      paths: uPlot.paths.stepped({ align: 1 }),
      points: { show: false },
    };
    const hours = design.map((_, hour) => startSeconds + hour * 3600);
    const label = `Demand of ${workload.workload} by hour and what its floors carry, in ${unit}; peaks are in the table below`;
    if (expected) {
      const bands = [{ series: [1, 2], fill: colour('band') }];
      draw(element, label, unit, [ready, mean, floors], [hours, design, expected, carried], bands);
    } else {
      draw(element, label, unit, [{ ...ready, fill: colour('band') }, floors], [hours, design, carried]);
    }
  }

  function drawCost(element) {
    const { fromSeconds, untilSeconds, providers } = data.cost;
    const ends = [...fromSeconds, untilSeconds];
    // The last step lasts until its end: a stepped line needs a point there.
    const extended = providers.map(({ hourlyUsd }) => [...hourlyUsd, hourlyUsd.at(-1)]);
    const stacked = extended.map((_, index) =>
      ends.map((_end, at) => extended.slice(0, index + 1).reduce((sum, values) => sum + values[at], 0)),
    );
    // The highest sum first, so that each lower one covers its part of it.
    const order = providers.map((_, index) => index).toReversed();
    const series = order.map((index) => ({
      label: providers[index].provider,
      stroke: seriesColour(index),
      fill: seriesColour(index),
      width: 1,
      paths: uPlot.paths.stepped({ align: 1 }),
      points: { show: false },
      value: (_plot, _sum, _series, at) => `$${figure(extended[index][at])}`,
    }));
    const label =
      'Cost per hour by provider over the steps of the plan, stacked; the table below has the figures';
    draw(element, label, 'USD per hour', series, [ends, ...order.map((index) => stacked[index])]);
  }

  const picker = document.getElementById('workload');
  const places = [
    [document.getElementById('demand-plot'), (element) => drawDemand(element, picker.value)],
    [document.getElementById('cost-plot'), drawCost],
  ].filter(([element]) => element !== null);

  function redraw() {
    for (const { plot } of plots) plot.destroy();
    plots = [];
    for (const [element, paint] of places) paint(element);
  }

  for (const element of document.querySelectorAll('.scripted')) element.hidden = false;
  redraw();
  picker?.addEventListener('change', redraw);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redraw);
  addEventListener('resize', () => {
    for (const { plot, element } of plots) {
      plot.setSize({ width: Math.max(200, element.clientWidth), height: PLOT_HEIGHT });
    }
  });

  // On paper everything is open, and light whatever the screen is.
  let opened = [];
  addEventListener('beforeprint', () => {
    document.documentElement.dataset.paper = '';
    opened = [...document.querySelectorAll('details:not([open])')];
    for (const element of opened) element.open = true;
    redraw();
  });
  addEventListener('afterprint', () => {
    delete document.documentElement.dataset.paper;
    for (const element of opened) element.open = false;
    redraw();
  });
})();
