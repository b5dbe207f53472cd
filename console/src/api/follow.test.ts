import { Code, ConnectError } from '@connectrpc/connect';
import { describe, expect, it } from 'vitest';
import { delayBefore, type Followed, follow, type StreamState, type World } from './follow.ts';

/** Follows streams that do what `turns` says, each a list of messages and perhaps an error at its end. */
async function played(turns: (string | Error)[][], world: Partial<World> = {}) {
  const seen: string[] = [];
  const waits: number[] = [];
  const stop = new AbortController();
  let turn = 0;
  const followed: Followed<string> = {
    async *open() {
      const messages = turns[turn++];
      if (messages === undefined) {
        stop.abort();
        throw new Error('aborted');
      }
      for (const message of messages) {
        if (message instanceof Error) throw message;
        yield message;
      }
    },
    onMessage: (message, first) => seen.push(first ? `first ${message}` : message),
    onState: (state: StreamState) => seen.push(`(${state})`),
  };
  await follow(followed, stop.signal, {
    random: () => 0,
    isOnline: () => true,
    wait: (ms) => {
      waits.push(ms);
      return Promise.resolve();
    },
    online: () => Promise.resolve(),
    ...world,
  });
  return { seen, waits };
}

const away = new ConnectError('away', Code.Unavailable);

describe('follow', () => {
  it('says where it stands, and ends with the stream', async () => {
    const { seen } = await played([['a', 'b']]);
    expect(seen).toEqual(['(connecting)', 'first a', '(live)', 'b', '(ended)']);
  });

  it('opens a stream that broke again, and waits longer each time until it has an answer', async () => {
    const { seen, waits } = await played([['a', away], [away], [away], ['b', away], ['c']]);
    expect(waits).toEqual([300, 600, 1200, 300]);
    expect(seen.filter((text) => !text.startsWith('('))).toEqual(['first a', 'first b', 'first c']);
    expect(seen.slice(-5)).toEqual(
      ['first b', '(live)', '(reconnecting)', 'first c', '(live)', '(ended)'].slice(-5),
    );
  });

  it('gives up where asking again can’t help', async () => {
    const { seen, waits } = await played([[new ConnectError('no such project', Code.NotFound)]]);
    expect(seen).toEqual(['(connecting)', '(failed)']);
    expect(waits).toEqual([]);
  });

  it('waits for the network rather than for time while there is none', async () => {
    let online = 0;
    const { seen, waits } = await played([[away], ['a']], {
      isOnline: () => false,
      online: () => {
        online++;
        return Promise.resolve();
      },
    });
    expect(seen).toEqual(['(connecting)', '(offline)', 'first a', '(live)', '(ended)']);
    expect([online, waits]).toEqual([1, []]);
  });

  it('says nothing any more once it is stopped', async () => {
    const { seen } = await played([['a', away]]);
    expect(seen).toEqual(['(connecting)', 'first a', '(live)', '(reconnecting)']);
  });
});

it('never waits longer than 15 seconds, nor less than half of what it should', () => {
  expect(delayBefore(50, 0)).toBe(15_000);
  expect(delayBefore(1, 0.999)).toBeGreaterThanOrEqual(150);
});
