import { describe, expect, it } from 'vitest';
import { ALL, choose, pan, shown, SHORTEST, zoom } from './time-window.ts';

const RUN = { from: 1000, to: 2000 };

describe('time window', () => {
  it('shows all of the run, a part, or its newest part as it grows', () => {
    expect(shown(ALL, RUN)).toEqual(RUN);
    expect(shown({ kind: 'fixed', from: 1100, to: 1200 }, RUN)).toEqual({ from: 1100, to: 1200 });
    const newest = choose(1800, 2000, RUN, true);
    expect(shown(newest, { from: 1000, to: 2500 })).toEqual({ from: 2300, to: 2500 });
  });

  it('keeps what is chosen inside the run and visible', () => {
    expect(choose(1300, 1200, RUN, false)).toEqual({ kind: 'fixed', from: 1200, to: 1300 });
    expect(choose(0, 5000, RUN, true)).toEqual(ALL);
    expect(choose(1800, 9000, RUN, false)).toEqual({ kind: 'fixed', from: 1800, to: 2000 });
    expect(choose(2000, 2000, RUN, false)).toEqual({ kind: 'fixed', from: 2000 - SHORTEST, to: 2000 });
  });

  it('zooms around what is pointed at, and back to all', () => {
    const near = zoom(ALL, 1500, 0.5, RUN, true);
    expect(near).toEqual({ kind: 'fixed', from: 1250, to: 1750 });
    expect(zoom(near, 1500, 4, RUN, true)).toEqual(ALL);
  });

  it('moves to the edges and no further, without changing its length', () => {
    const window = choose(1200, 1400, RUN, false);
    expect(pan(window, -1000, RUN, false)).toEqual({ kind: 'fixed', from: 1000, to: 1200 });
    expect(pan(window, 1000, RUN, true)).toEqual({ kind: 'newest', length: 200 });
  });
});
