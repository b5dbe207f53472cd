import { create } from '@bufbuild/protobuf';
import { expect, it } from 'vitest';
import { ActionPhase } from '../../../../src/gen/flyteidl2/common/phase_pb.js';
import { ActionSchema } from '../../../../src/gen/flyteidl2/workflow/run_definition_pb.js';
import { FrameStore } from '../../api/frame-store.ts';
import { actionItem } from '../tree/item.ts';
import { AttemptsCache } from './attempts-cache.ts';
import type { Attempt } from './segments.ts';

it('asks for what is seen, three at a time, once, and again when the status changed', async () => {
  const { cache, asked, answer, rest } = newCache();
  const items = ['a', 'b', 'c', 'd', 'e'].map((name) => item(name, ActionPhase.RUNNING));
  cache.look(items);
  expect(asked).toEqual([]);
  rest();
  expect(asked).toEqual(['a', 'b', 'c']);
  await answer('a');
  expect(asked).toEqual(['a', 'b', 'c', 'd']);
  expect(cache.get('a')).toEqual([attempt]);
  for (const name of ['b', 'c', 'd', 'e']) await answer(name);
  cache.look(items);
  cache.look([item('a', ActionPhase.SUCCEEDED)]);
  rest();
  expect(asked).toEqual(['a', 'b', 'c', 'd', 'e', 'a']);
});

it('forgets what was scrolled past before it was asked for', () => {
  const { cache, asked, rest } = newCache();
  cache.look([item('past', ActionPhase.RUNNING)]);
  cache.look([item('here', ActionPhase.RUNNING)]);
  rest();
  expect(asked).toEqual(['here']);
});

it('does not ask again and again for what can’t be had', async () => {
  const { cache, asked, fail, rest } = newCache();
  const items = [item('a', ActionPhase.RUNNING)];
  cache.look(items);
  rest();
  await fail('a');
  cache.look(items);
  rest();
  expect(asked).toEqual(['a']);
  expect(cache.get('a')).toEqual([]);
});

const attempt: Attempt = { attempt: 1, phase: ActionPhase.RUNNING, end: Number.NaN, steps: [] };

function newCache() {
  const asked: string[] = [];
  const open = new Map<string, PromiseWithResolvers<readonly Attempt[]>>();
  let resting: (() => void) | undefined;
  const cache = new AttemptsCache(
    {
      load: (name) => {
        asked.push(name);
        const waiting = Promise.withResolvers<readonly Attempt[]>();
        open.set(name, waiting);
        return waiting.promise;
      },
      later: (callback) => {
        resting = callback;
        return () => {
          resting = undefined;
        };
      },
    },
    new FrameStore(() => {}),
  );
  const settled = () => new Promise<void>((resolve) => setTimeout(resolve));
  return {
    cache,
    asked,
    rest: () => {
      const callback = resting;
      resting = undefined;
      callback?.();
    },
    answer: (name: string) => {
      open.get(name)?.resolve([attempt]);
      return settled();
    },
    fail: (name: string) => {
      open.get(name)?.reject(new Error('gone'));
      return settled();
    },
  };
}

function item(name: string, phase: ActionPhase) {
  const action = create(ActionSchema, { status: { phase, attempts: 1 } });
  return Object.assign(actionItem(name, undefined), { phase, action });
}
