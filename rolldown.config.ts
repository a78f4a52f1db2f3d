import { defineConfig } from 'rolldown';

/** The published program: what npx starts, what another program imports, and what each command loads when it runs. */
export default defineConfig({
  input: { cli: 'src/cli.ts', index: 'src/index.ts' },
  platform: 'node',
  // Its main file is a bundle that loads its parts in a way no bundler sees through.
  resolve: { alias: { 'jsonc-parser': 'jsonc-parser/lib/esm/main.js' } },
  external: ['libsql'],
  output: { dir: 'dist', format: 'esm', entryFileNames: '[name].js', chunkFileNames: '[name]-[hash].js', cleanDir: true, minify: false },
});
