import { ActionIcon, Button, Popover, Text, TextInput } from '@mantine/core';
import { IconBookmark, IconCheck, IconTrash } from '@tabler/icons-react';
import { type FormEvent, useState } from 'react';
import { useOffer } from '../app/palette-actions.ts';
import { useSetting } from '../shared/settings.ts';
import type { RunsSearch } from './runs-search.ts';
import { BUILT_IN, readViews, type SavedView, sameSearch, withView, writeViews } from './views.ts';
import styles from './views-menu.module.css';

interface ViewsMenuProps {
  readonly search: RunsSearch;
  onChoose(search: RunsSearch): void;
}

/** Filters that people come back to: some that everybody has, and one's own, kept in this browser. */
export function ViewsMenu({ search, onChoose }: ViewsMenuProps) {
  const [text, setText] = useSetting<string>('views', '[]');
  const [name, setName] = useState('');
  const [opened, setOpened] = useState(false);
  const own = readViews(text);
  const current = [...own, ...BUILT_IN].find((view) => sameSearch(view.search, search));
  useOffer(
    [...BUILT_IN, ...own].map((view) => ({ label: `View: ${view.name}`, run: () => onChoose(view.search) })),
  );
  const save = (event: FormEvent) => {
    event.preventDefault();
    if (name.trim() === '') return;
    setText(writeViews(withView(own, { name: name.trim().slice(0, 60), search })));
    setName('');
  };
  const choose = (view: SavedView) => {
    onChoose(view.search);
    setOpened(false);
  };
  const item = (view: SavedView) => (
    <Button
      variant="subtle"
      color="gray"
      justify="space-between"
      className={styles.view}
      rightSection={view === current && <IconCheck size={14} />}
      aria-pressed={view === current}
      onClick={() => choose(view)}
    >
      {view.name}
    </Button>
  );
  return (
    <Popover position="bottom-end" width={290} opened={opened} onChange={setOpened} trapFocus returnFocus>
      <Popover.Target>
        <Button
          variant="default"
          leftSection={<IconBookmark size={14} />}
          className={styles.button}
          onClick={() => setOpened((before) => !before)}
        >
          <span className="ellipsis">{current?.name ?? 'Views'}</span>
        </Button>
      </Popover.Target>
      <Popover.Dropdown p={6} aria-label="Views">
        {BUILT_IN.map((view) => (
          <div key={view.name}>{item(view)}</div>
        ))}
        {own.length > 0 && (
          <Text size="xs" c="var(--console-muted)" px={8} pt={8}>
            Mine, in this browser
          </Text>
        )}
        {own.map((view) => (
          <div key={view.name} className={styles.own}>
            {item(view)}
            <ActionIcon
              aria-label={`Delete the view ${view.name}`}
              onClick={() => setText(writeViews(own.filter((other) => other.name !== view.name)))}
            >
              <IconTrash size={14} />
            </ActionIcon>
          </div>
        ))}
        <form onSubmit={save} className={styles.save}>
          <TextInput
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
            placeholder="Name for what is shown now"
            aria-label="Name of the new view"
            maxLength={60}
          />
          <Button type="submit" variant="default" disabled={name.trim() === ''}>
            Save
          </Button>
        </form>
      </Popover.Dropdown>
    </Popover>
  );
}
