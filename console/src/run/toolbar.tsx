import { CloseButton, SegmentedControl, TextInput, Tooltip, UnstyledButton } from '@mantine/core';
import { IconBinaryTree2, IconSearch, IconSitemap, IconTimeline } from '@tabler/icons-react';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import { useFrameStore } from '../api/use-page-stream.ts';
import { many } from '../app/search.ts';
import { useShortcuts } from '../app/shortcuts.ts';
import { PHASES, type PhaseInfo } from '../shared/phase.ts';
import { PhaseIcon, phaseColours } from '../shared/phase-badge.tsx';
import { useRun } from './run-context.ts';
import type { RunView } from './run-search.ts';
import styles from './toolbar.module.css';

const VIEWS = [
  { value: 'tree', label: 'Tree', icon: IconBinaryTree2 },
  { value: 'timeline', label: 'Timeline', icon: IconTimeline },
  { value: 'graph', label: 'Graph', icon: IconSitemap },
] as const;

const TYPING_PAUSE_MS = 120;

/** Which view, which actions: by a part of their name and by phase. */
export function Toolbar({ view }: { readonly view: RunView }) {
  const navigate = useNavigate();
  const change = (part: Record<string, unknown>) =>
    void navigate({
      to: '.',
      search: (search) => ({ ...search, ...part }) as never,
      replace: true,
      resetScroll: false,
    });
  return (
    <div className={styles.toolbar}>
      <SegmentedControl
        size="xs"
        className={styles.views}
        aria-label="View"
        value={view}
        onChange={(value) => change({ view: value === 'tree' ? undefined : value })}
        data={VIEWS.map(({ value, label, icon: Icon }) => ({
          value,
          label: (
            <span className={styles.view}>
              <Icon size={14} aria-hidden />
              {label}
            </span>
          ),
        }))}
      />
      <NameFilter onFind={(find) => change({ find: find === '' ? undefined : find })} />
      <PhaseFilter onChoose={(phase) => change({ phase: phase === '' ? undefined : phase })} />
      <Found />
    </div>
  );
}

function NameFilter({ onFind }: { readonly onFind: (text: string) => void }) {
  const { find = '' } = useSearch({ strict: false });
  const [text, setText] = useState(find);
  const [known, setKnown] = useState(find);
  if (find !== known) {
    setKnown(find);
    setText(find);
  }
  const input = useRef<HTMLInputElement>(null);
  const latest = useRef(onFind);
  useEffect(() => {
    latest.current = onFind;
  });
  useEffect(() => {
    if (text === find) return;
    const timer = setTimeout(() => latest.current(text), TYPING_PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text, find]);
  useShortcuts([{ keys: '/', label: 'Find an action by name', run: () => input.current?.focus() }]);
  return (
    <TextInput
      ref={input}
      className={styles.find}
      aria-label="Find actions by name"
      placeholder="Find by name"
      leftSection={<IconSearch size={14} />}
      rightSection={
        text !== '' && (
          <CloseButton size="xs" aria-label="Show actions of any name" onClick={() => setText('')} />
        )
      }
      value={text}
      onChange={(event) => setText(event.currentTarget.value)}
      onKeyDown={(event) => {
        if (event.key !== 'Escape' && event.key !== 'Enter') return;
        if (event.key === 'Escape') setText('');
        input.current?.blur();
      }}
    />
  );
}

function PhaseFilter({ onChoose }: { readonly onChoose: (phases: string) => void }) {
  const { tree } = useRun();
  useFrameStore(tree.frames);
  const chosen = many(useSearch({ strict: false }).phase);
  const toggle = ({ key }: PhaseInfo) =>
    onChoose((chosen.includes(key) ? chosen.filter((other) => other !== key) : [...chosen, key]).join(','));
  const { root } = tree;
  return (
    <fieldset className={styles.phases}>
      <legend className="visually-hidden">Show actions in these phases</legend>
      {PHASES.map((info) => {
        const count = (root?.counts?.[info.phase] ?? 0) + (root?.phase === info.phase ? 1 : 0);
        const on = chosen.includes(info.key);
        return (
          <Tooltip key={info.key} label={`${info.label}: ${count.toLocaleString('en')}`}>
            <UnstyledButton
              className={styles.phase}
              style={phaseColours(info.phase)}
              aria-pressed={on}
              data-none={count === 0 || undefined}
              onClick={() => toggle(info)}
            >
              <PhaseIcon phase={info.phase} size={13} />
              <span className="visually-hidden">{info.label}: </span>
              {shortCount(count)}
            </UnstyledButton>
          </Tooltip>
        );
      })}
    </fieldset>
  );
}

function Found() {
  const { tree } = useRun();
  useFrameStore(tree.frames);
  const { root, filter, leftOut } = tree;
  const filtered = filter.text !== '' || filter.phases.size > 0;
  const found = filtered ? (root?.matches ?? 0) : tree.size;
  return (
    <output className={styles.found}>
      {found.toLocaleString('en')}
      {filtered && ` of ${tree.size.toLocaleString('en')}`} {tree.size === 1 ? 'action' : 'actions'}
      {leftOut > 0 && ` (${leftOut.toLocaleString('en')} more are not shown)`}
    </output>
  );
}

/** At most three characters, so that nothing moves as it grows: `999`, `1k`, `50k`. */
function shortCount(count: number): string {
  return count < 1000 ? String(count) : `${Math.floor(count / 1000)}k`;
}
