import { Outlet, useNavigate, useParams } from '@tanstack/react-router';
import { lazy, Suspense, useEffect, useState } from 'react';
import type { Scope } from '../api/scope.ts';
import { Header } from './header.tsx';
import { rememberScope } from './last-scope.ts';
import { LostNotice } from './lost-notice.tsx';
import { NAV } from './nav.ts';
import { LazyPalette, openPalette } from './lazy-palette.tsx';
import { useShortcuts } from './shortcuts.ts';

const HelpDialog = lazy(async () => ({ default: (await import('./help-dialog.tsx')).HelpDialog }));

/** The frame of every page: header, palette, help, keys that work everywhere. */
export function Shell() {
  const scope = useScopeOrNone();
  const navigate = useNavigate();
  const [help, setHelp] = useState(false);
  const [helped, setHelped] = useState(false);
  if (help && !helped) setHelped(true);
  useEffect(() => {
    if (scope !== undefined) rememberScope(scope);
  }, [scope]);
  useShortcuts([
    { keys: '?', label: 'Keys that work here', run: () => setHelp(true) },
    ...NAV.map(({ label, key, to }) => ({
      keys: `g ${key}`,
      label: `Go to ${label.toLowerCase()}`,
      run: () => (scope === undefined ? false : void navigate({ to, params: scope })),
    })),
    {
      keys: 'g p',
      label: 'Choose another project',
      run: () => void navigate({ to: '/', search: { choose: true } }),
    },
  ]);
  return (
    <>
      <a href="#content" className="skip-link">
        Skip to the content
      </a>
      <Header scope={scope} onHelp={() => setHelp(true)} onPalette={openPalette} />
      <main id="content" tabIndex={-1}>
        <Outlet />
        <LazyPalette scope={scope} />
        <LostNotice />
        {helped && (
          <Suspense>
            <HelpDialog opened={help} onClose={() => setHelp(false)} />
          </Suspense>
        )}
      </main>
    </>
  );
}

/** The scope of the page, undefined on pages that have none. The same object as long as it means the same. */
function useScopeOrNone(): Scope | undefined {
  return useParams({
    strict: false,
    select: ({ project, domain }) =>
      project === undefined || domain === undefined ? undefined : { project, domain },
    structuralSharing: true,
  });
}
