import { defineConfig } from 'rolldown';

/** The published program in two files: what npx starts, and what another program imports. */
export default defineConfig({
  input: { cli: 'src/cli.ts', index: 'src/index.ts' },
  platform: 'node',
  external: ['libsql'],
  output: { dir: 'dist', format: 'esm', entryFileNames: '[name].js', chunkFileNames: '[name]-[hash].js', cleanDir: true, minify: false },
});
