import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { compress } from './compress.ts';

// The service that `make console-dev` shows.
const service = process.env.CONSOLE_SERVICE_URL ?? 'http://localhost:8090';

const proxy = {
  // RPCs are POSTs to /<package>.<Service>/<Method>; downloads and uploads go to signed addresses.
  '^/flyteidl2\\.[^/]+/': { target: service, changeOrigin: true },
  '/storage/': { target: service },
};

/** The console is built into dist/console, where the service finds it. */
export default defineConfig({
  root: import.meta.dirname,
  plugins: [react(), compress()],
  html: {
    // The service replaces it, in each answer, by the nonce that its Content-Security-Policy names.
    cspNonce: '__CSP_NONCE__',
  },
  build: {
    outDir: '../dist/console',
    emptyOutDir: true,
    assetsDir: 'assets',
    // A data: URL would need an exception in the Content-Security-Policy.
    assetsInlineLimit: 0,
    sourcemap: true,
    target: 'es2023',
    // elkjs is one file of 1.5 MB in a worker of its own, loaded when a graph is first drawn.
    chunkSizeWarningLimit: 2000,
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            // Each file costs a turn on one of six connections: what every page needs comes in one, what most of them need in another.
            { name: 'base', tags: ['$initial'], priority: 2 },
            { name: 'common', minShareCount: 4, priority: 1 },
          ],
        },
      },
    },
  },
  worker: { format: 'es' },
  server: { host: '127.0.0.1', port: 5173, proxy },
  preview: {
    host: '127.0.0.1',
    port: 4173,
    proxy,
    // As strict as the service is, so that what it would refuse is noticed. Nobody replaces the nonce here.
    headers: {
      'Content-Security-Policy': [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self' 'nonce-__CSP_NONCE__'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "worker-src 'self'",
        "frame-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
      ].join('; '),
    },
  },
});
