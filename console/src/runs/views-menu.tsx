import { ActionIcon, Button, Menu, TextInput } from '@mantine/core';
import { IconBookmark, IconCheck, IconTrash } from '@tabler/icons-react';
import { type FormEvent, useState } from 'react';
import { useOffer } from '../app/palette-actions.ts';
import { useSetting } from '../shared/settings.ts';
import type { RunsSearch } from './runs-search.ts';
import { BUILT_IN, readViews, sameSearch, withView, writeViews } from './views.ts';
import styles from './views-menu.module.css';

interface ViewsMenuProps {
  readonly search: RunsSearch;
  onChoose(search: RunsSearch): void;
}

/** Filters that people come back to: some that everybody has, and one's own, kept in this browser. */
export function ViewsMenu({ search, onChoose }: ViewsMenuProps) {
  const [text, setText] = useSetting<string>('views', '[]');
  const [name, setName] = useState('');
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
  return (
    <Menu position="bottom-end" width={290} closeOnItemClick>
      <Menu.Target>
        <Button variant="default" leftSection={<IconBookmark size={14} />} className={styles.button}>
          <span className="ellipsis">{current?.name ?? 'Views'}</span>
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {BUILT_IN.map((view) => (
          <Menu.Item
            key={view.name}
            rightSection={view === current && <IconCheck size={14} />}
            onClick={() => onChoose(view.search)}
          >
            {view.name}
          </Menu.Item>
        ))}
        {own.length > 0 && <Menu.Label>Mine</Menu.Label>}
        {own.map((view) => (
          <div key={view.name} className={styles.own}>
            <Menu.Item
              rightSection={view === current && <IconCheck size={14} />}
              onClick={() => onChoose(view.search)}
            >
              {view.name}
            </Menu.Item>
            <ActionIcon
              aria-label={`Delete the view ${view.name}`}
              onClick={() => setText(writeViews(own.filter((other) => other.name !== view.name)))}
            >
              <IconTrash size={14} />
            </ActionIcon>
          </div>
        ))}
        <Menu.Divider />
        <form onSubmit={save} className={styles.save}>
          <TextInput
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
            // The menu would take letters for jumps to its items.
            onKeyDown={(event) => {
              if (event.key !== 'Escape') event.stopPropagation();
            }}
            placeholder="Name for what is shown now"
            aria-label="Name of the new view"
            maxLength={60}
          />
          <Button type="submit" variant="default" disabled={name.trim() === ''}>
            Save
          </Button>
        </form>
      </Menu.Dropdown>
    </Menu>
  );
}
