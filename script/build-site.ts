/**
 * Builds the pages that people see: dist/site/*.html and dist/site/assets/ with hashed names, each beside its compressed
 * forms, so that a hub only reads files.
 *
 *     node --import tsx script/build-site.ts [DIRECTORY]     default: dist/site
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { bundle } from 'lightningcss';
import { build, type OutputChunk } from 'rolldown';

const PAGES = ['landing', 'console', 'admin'] as const;
/** Pages that are only read. */
const WITHOUT_SCRIPT = ['manual'] as const;

const web = fileURLToPath(new URL('../src/site/web/', import.meta.url));
const target = resolve(process.argv[2] ?? fileURLToPath(new URL('../dist/site', import.meta.url)));
const assets = join(target, 'assets');
rmSync(target, { recursive: true, force: true });
mkdirSync(assets, { recursive: true });

/** What several pages have: stands in each as a comment with its name. */
const PARTS = readdirSync(join(web, 'parts')).map(
  (name) =>
    [
      name.replace(/\.html$/, ''),
      readFileSync(join(web, 'parts', name), 'utf8')
        .trimEnd()
        .replaceAll('\n', '\n    '),
    ] as const,
);

/** The name under which a content may be cached for ever. */
const hashed = (name: string, extension: string, content: Uint8Array): string =>
  `${name}-${createHash('sha256').update(content).digest('base64url').slice(0, 8)}.${extension}`;

const { output } = await build({
  input: Object.fromEntries(PAGES.map((page) => [page, join(web, `${page}.tsx`)])),
  platform: 'browser',
  transform: {
    target: 'es2022',
    define: { 'process.env.NODE_ENV': '"production"' },
  },
  output: { dir: assets, format: 'esm', entryFileNames: '[name]-[hash].js', chunkFileNames: 'shared-[hash].js', minify: true },
  logLevel: 'warn',
});

for (const page of [...PAGES, ...WITHOUT_SCRIPT]) {
  const entry = output.find((chunk) => chunk.type === 'chunk' && chunk.isEntry && chunk.name === page) as OutputChunk | undefined;
  if (!entry && !WITHOUT_SCRIPT.some((name) => name === page)) throw new Error(`nothing was built for ${page}`);
  const { code } = bundle({ filename: join(web, 'styles', `${page}.css`), minify: true });
  const style = hashed(page, 'css', code);
  writeFileSync(join(assets, style), code);
  // Chunks are fetched along with the entry that imports them, not after it.
  const head = [
    `<link rel="stylesheet" href="/assets/${style}">`,
    ...(entry?.imports ?? []).map((name) => `<link rel="modulepreload" href="/assets/${name}">`),
    ...(entry ? [`<script type="module" src="/assets/${entry.fileName}"></script>`] : []),
  ];
  const html = readFileSync(join(web, `${page}.html`), 'utf8');
  const place = '<!-- assets -->';
  if (html.split(place).length !== 2) throw new Error(`${page}.html has no single ${place}`);
  const whole = PARTS.reduce((text, [name, part]) => text.replace(`<!-- ${name} -->`, () => part), html);
  writeFileSync(
    join(target, `${page}.html`),
    whole.replace(place, () => head.join('\n    ')),
  );
}

for (const name of readdirSync(assets)) {
  const content = readFileSync(join(assets, name));
  writeFileSync(join(assets, `${name}.gz`), gzipSync(content, { level: 9 }));
  writeFileSync(
    join(assets, `${name}.br`),
    brotliCompressSync(content, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: content.length } }),
  );
}
