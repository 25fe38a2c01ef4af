import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

const server = process.env.ILM_SERVER ?? 'http://localhost:8080';

/** KaTeX names three forms of each font; every browser that runs this app takes the first, woff2. */
const onlyWoff2 = {
  name: 'katex-woff2',
  enforce: 'pre' as const,
  transform: (code: string, id: string) =>
    /katex[^/]*\.css$/.test(id)
      ? code.replaceAll(/,url\([^)]*\.(?:woff|ttf)\) format\("[a-z]+"\)/g, '')
      : undefined,
};

export default defineConfig({
  plugins: [onlyWoff2, react()],
  resolve: { alias: { '~': fileURLToPath(new URL('./src', import.meta.url)) } },
  // The server puts a fresh nonce in place of this word in every answer that holds index.html.
  html: { cspNonce: '__CSP_NONCE__' },
  build: {
    outDir: 'dist',
    assetsDir: 'assets',
    target: 'es2022',
    // A data: font or icon would be refused by the content security policy (font-src 'self').
    assetsInlineLimit: 0,
    manifest: true,
    reportCompressedSize: false,
  },
  server: {
    port: 5173,
    proxy: {
      '/api': { target: server, ws: true },
      '/m': { target: server },
      '/health': { target: server },
    },
  },
});
