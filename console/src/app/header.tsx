import { ActionIcon, Kbd, Menu, Tooltip, UnstyledButton, useMantineColorScheme } from '@mantine/core';
import { IconChevronDown, IconClock, IconHelp, IconMoon, IconSearch, IconSun } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { separateOrganization } from '../api/organization.ts';
import type { Scope } from '../api/scope.ts';
import type { TimeStyle } from '../shared/instant.ts';
import { useTimeStyle } from '../shared/time.tsx';
import { ConnectionState } from './connection-state.tsx';
import styles from './header.module.css';
import { NAV } from './nav.ts';

interface HeaderProps {
  readonly scope: Scope | undefined;
  readonly onHelp: () => void;
  readonly onPalette: () => void;
}

/** Where one is, where one can go, whether the page is live, and how it looks. */
export function Header({ scope, onHelp, onPalette }: HeaderProps) {
  return (
    <header className={styles.header}>
      <Link to="/" search={{ choose: true }} className={styles.scope}>
        <img src="/icon.svg" alt="" width={22} height={22} />
        {separateOrganization !== undefined && (
          <span className={styles.organization} title={`Organization ${separateOrganization}`}>
            {separateOrganization}
          </span>
        )}
        {scope === undefined ? (
          <span className={styles.project}>Runs service</span>
        ) : (
          <>
            <span className={styles.project}>{scope.project}</span>
            <span className={styles.domain}>{scope.domain}</span>
          </>
        )}
        <span className="visually-hidden">, choose a project</span>
        <IconChevronDown size={14} className="muted" />
      </Link>
      {scope !== undefined && (
        <nav className={styles.nav} aria-label="Pages">
          {NAV.map(({ label, to }) => (
            <Link
              key={label}
              to={to}
              params={scope}
              className={styles.page}
              activeProps={{ 'aria-current': 'page' }}
            >
              {label}
            </Link>
          ))}
        </nav>
      )}
      <div className={styles.tools}>
        <ConnectionState />
        {scope !== undefined && (
          <UnstyledButton className={styles.palette} onClick={onPalette}>
            <IconSearch size={14} />
            <span className="visually-hidden">Palette:</span>
            <span className={styles.wide}>Go to…</span>
            <Kbd size="xs" className={styles.wide}>
              {isMac ? '⌘' : 'Ctrl'} K
            </Kbd>
          </UnstyledButton>
        )}
        <TimeMenu />
        <SchemeButton />
        <Tooltip label="Keys (?)">
          <ActionIcon aria-label="Keys that work here" onClick={onHelp}>
            <IconHelp size={18} />
          </ActionIcon>
        </Tooltip>
      </div>
    </header>
  );
}

const isMac = /Mac|iPhone|iPad/.test(navigator.userAgent);

const timeStyles: Readonly<Record<TimeStyle, string>> = {
  relative: 'How long ago',
  local: 'Local time',
  utc: 'UTC',
};

function TimeMenu() {
  const [style, choose] = useTimeStyle();
  // What the menu says stands no second time beside it.
  const [opened, setOpened] = useState(false);
  return (
    <Menu onChange={setOpened} position="bottom-end">
      <Menu.Target>
        <Tooltip label={`Times: ${timeStyles[style]}`} disabled={opened}>
          <ActionIcon aria-label={`How times are written: ${timeStyles[style]}`}>
            <IconClock size={18} />
          </ActionIcon>
        </Tooltip>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.RadioGroup value={style} onChange={(value) => choose(value as TimeStyle)}>
          {Object.entries(timeStyles).map(([value, label]) => (
            <Menu.RadioItem key={value} value={value}>
              {label}
            </Menu.RadioItem>
          ))}
        </Menu.RadioGroup>
      </Menu.Dropdown>
    </Menu>
  );
}

function SchemeButton() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const dark =
    colorScheme === 'dark' || (colorScheme === 'auto' && matchMedia('(prefers-color-scheme: dark)').matches);
  const label = dark ? 'Light colours' : 'Dark colours';
  return (
    <Tooltip label={label}>
      <ActionIcon aria-label={label} onClick={() => setColorScheme(dark ? 'light' : 'dark')}>
        {dark ? <IconSun size={18} /> : <IconMoon size={18} />}
      </ActionIcon>
    </Tooltip>
  );
}
