import { MantineProvider } from '@mantine/core';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { lazy, Suspense } from 'react';
import { isPassing } from '../api/errors.ts';
import { announceNonce, styleNonce } from './nonce.ts';
import { router } from './router.tsx';
import { theme } from './theme.ts';

// What is notified before it is there is shown once it is.
const Notifications = lazy(async () => ({ default: (await import('@mantine/notifications')).Notifications }));

announceNonce();

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 30_000,
      retry: (failures, error) => failures < 3 && isPassing(error),
    },
  },
});

/** The console with all that its pages rely on. */
export function App() {
  return (
    <MantineProvider theme={theme} defaultColorScheme="auto" getStyleNonce={styleNonce}>
      <QueryClientProvider client={queries}>
        <Suspense>
          <Notifications position="bottom-right" limit={3} />
        </Suspense>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </MantineProvider>
  );
}
