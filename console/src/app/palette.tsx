import { useDebouncedValue } from '@mantine/hooks';
import { createSpotlight, Spotlight } from '@mantine/spotlight';
import { IconFolder, IconLayoutList, IconSearch } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { api } from '../api/clients.ts';
import { nameContains } from '../api/name-filter.ts';
import { projectId, type Scope } from '../api/scope.ts';
import { PhaseIcon } from '../shared/phase-badge.tsx';
import { NAV } from './nav.ts';
import { usePaletteActions } from './palette-actions.ts';
import styles from './palette.module.css';

const [store, spotlight] = createSpotlight();

/** Opens the palette. */
export const openPalette = spotlight.open;

/** Everything that can be gone to, by name: pages, runs of the project, and what the page itself offers. */
export function Palette({ scope }: { readonly scope: Scope | undefined }) {
  const [query, setQuery] = useState('');
  const [asked] = useDebouncedValue(query.trim(), 150);
  const navigate = useNavigate();
  const offered = usePaletteActions();
  const runs = useQuery({
    queryKey: ['palette', scope, asked],
    queryFn: ({ signal }) => findRuns(scope as Scope, asked, signal),
    enabled: scope !== undefined && asked.length >= 2,
  });
  const matches = (text: string) => text.toLowerCase().includes(query.trim().toLowerCase());
  const pages = scope === undefined ? [] : NAV.filter(({ label }) => matches(label));
  const shown = offered.filter(({ label }) => matches(label));
  const found = asked.length >= 2 && runs.data !== undefined ? runs.data : [];
  const other = matches('Choose another project');
  // The list is another one once the runs are there: Enter takes its first entry.
  const first = found[0]?.name;
  useEffect(() => {
    if (first !== undefined) selectFirst();
  }, [first]);
  const nothing = found.length + shown.length + pages.length === 0 && !other;
  return (
    <Spotlight.Root
      store={store}
      query={query}
      onQueryChange={setQuery}
      shortcut={['mod + K']}
      clearQueryOnClose
      scrollable
      maxHeight={480}
      overlayProps={{ backgroundOpacity: 0.4, blur: 0 }}
      attributes={{ content: { 'aria-label': 'Palette' } }}
      classNames={{ action: styles.action ?? '', actionDescription: styles.description ?? '' }}
    >
      <Spotlight.Search
        placeholder="A page, or the beginning of a run’s name"
        aria-label="Search pages and runs"
        leftSection={<IconSearch size={18} />}
      />
      <Spotlight.ActionsList>
        {found.length > 0 && (
          <Spotlight.ActionsGroup label="Runs">
            {found.map(({ name, task, phase }) => (
              <Spotlight.Action
                key={name}
                label={name}
                description={task}
                leftSection={<PhaseIcon phase={phase} titled />}
                onClick={() => void navigate({ href: runHref(scope as Scope, name) })}
              />
            ))}
          </Spotlight.ActionsGroup>
        )}
        {shown.map(({ label, description, run }) => (
          <Spotlight.Action key={label} label={label} description={description} onClick={run} />
        ))}
        {pages.map(({ label, to }) => (
          <Spotlight.Action
            key={label}
            label={label}
            leftSection={<IconLayoutList size={16} />}
            onClick={() => {
              if (scope !== undefined) void navigate({ to, params: scope });
            }}
          />
        ))}
        {other && (
          <Spotlight.Action
            label="Choose another project"
            leftSection={<IconFolder size={16} />}
            onClick={() => void navigate({ to: '/', search: { choose: true } })}
          />
        )}
        {nothing && <Spotlight.Empty>{runs.isFetching ? 'Searching …' : 'Nothing found'}</Spotlight.Empty>}
      </Spotlight.ActionsList>
    </Spotlight.Root>
  );
}

/** The library does it for entries that are there when something is typed, and has no call for those that come later. */
function selectFirst(): void {
  const list = document.getElementById(store.getState().listId);
  list?.querySelector('[data-selected]')?.removeAttribute('data-selected');
  list?.querySelector('[data-action]')?.setAttribute('data-selected', 'true');
  store.updateState((state) => ({ ...state, selected: 0 }));
}

function runHref({ domain, project }: Scope, name: string): string {
  return `/v2/domain/${encodeURIComponent(domain)}/project/${encodeURIComponent(project)}/runs/${encodeURIComponent(name)}`;
}

async function findRuns(scope: Scope, text: string, signal: AbortSignal) {
  const { runs } = await api.runs.listRuns(
    {
      scopeBy: { case: 'projectId', value: projectId(scope) },
      request: {
        limit: 8,
        filters: nameContains(text),
      },
    },
    { signal },
  );
  return runs.map(({ action }) => ({
    name: action?.id?.run?.name ?? '',
    task: action?.metadata?.spec.case === 'task' ? (action.metadata.spec.value.id?.name ?? '') : '',
    phase: action?.status?.phase,
  }));
}
