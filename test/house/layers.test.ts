/**
 * The layers: `cli, server → app → transports, discovery, site → operations → core ← engines, courier`, and
 * `cli → bridge → client, transports`, and `cli → migration → engines, courier, core`. Biome has rules
 * for it; here every import of every file is looked at again, and what no rule names is refused.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const SRC = fileURLToPath(new URL('../../src/', import.meta.url));

interface Layer {
  /** Layers it may import, beside itself. */
  readonly uses: readonly string[];
  /** Packages it may import; `node:` stands for all that Node brings. */
  readonly packages: readonly string[];
}

const OUTSIDE = ['core', 'operations'] as const;

/** A folder of src, or a file at its top. */
const LAYERS: Readonly<Record<string, Layer>> = {
  core: { uses: [], packages: ['node:crypto'] },
  operations: { uses: ['core'], packages: ['zod'] },
  engines: { uses: ['core'], packages: ['node:', 'libsql', '@redis/client'] },
  courier: { uses: ['core'], packages: ['node:', 'ipaddr.js'] },
  migration: { uses: ['core', 'courier', 'engines'], packages: ['node:crypto'] },
  transports: { uses: OUTSIDE, packages: ['node:', 'zod'] },
  discovery: { uses: OUTSIDE, packages: ['zod', 'hono'] },
  site: { uses: OUTSIDE, packages: ['node:', 'hono', 'marked'] },
  // What runs in a browser: of the hub it knows types only (see below).
  'site/web': { uses: OUTSIDE, packages: ['preact', '@preact/signals', '@tanstack/virtual-core', 'zod'] },
  client: { uses: OUTSIDE, packages: ['node:'] },
  bridge: { uses: [...OUTSIDE, 'client', 'transports', 'version.ts'], packages: ['node:'] },
  'version.ts': { uses: [], packages: [] },
  'config.ts': { uses: ['core', 'engines'], packages: ['node:'] },
  'log.ts': { uses: ['config.ts'], packages: [] },
  'metrics.ts': { uses: ['core'], packages: ['node:'] },
  'app.ts': {
    uses: [...OUTSIDE, 'transports', 'discovery', 'site', 'log.ts', 'metrics.ts', 'version.ts'],
    packages: ['node:', 'hono', '@hono/node-server'],
  },
  'server.ts': {
    uses: ['app.ts', 'config.ts', 'core', 'courier', 'engines', 'log.ts', 'transports', 'version.ts'],
    packages: ['node:'],
  },
  'cli.ts': { uses: ['cli', 'client', 'config.ts', 'core', 'engines', 'log.ts', 'server.ts', 'version.ts'], packages: ['node:'] },
  cli: {
    uses: ['bridge', 'client', 'config.ts', 'core', 'discovery', 'engines', 'log.ts', 'migration', 'operations', 'server.ts', 'version.ts'],
    packages: ['node:', 'jsonc-parser', 'toml-eslint-parser'],
  },
  // What others may import of us: everything, and nothing of its own.
  'index.ts': { uses: ['app.ts', 'client', 'config.ts', 'core', 'engines', 'log.ts', 'server.ts', 'version.ts'], packages: [] },
};

const files = (readdirSync(SRC, { recursive: true, encoding: 'utf8' }) as string[])
  .map((name) => name.replaceAll('\\', '/'))
  .filter((name) => /\.tsx?$/.test(name))
  .sort();

/** Every module that a file names: imports and exports, of values and of types, static and dynamic. */
const importsOf = (text: string): string[] => {
  const clean = text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
  const forms = [
    /^\s*(?:import|export)\s[^'"`;=()]*?\bfrom\s*(['"])([^'"]+)\1/gm,
    /^\s*import\s*(['"])([^'"]+)\1/gm,
    /\b(?:import|require)\s*\(\s*(['"`])([^'"`]*)\1/g,
  ];
  return forms.flatMap((form) => [...clean.matchAll(form)].map((match) => match[2] ?? ''));
};

const layerOf = (path: string): string => {
  if (path.startsWith('site/web/')) return 'site/web';
  return path.includes('/') ? path.slice(0, path.indexOf('/')) : path;
};

const packageOf = (name: string): string => {
  if (name.startsWith('node:')) return name;
  const [scope = '', rest = ''] = name.split('/', 2);
  return scope.startsWith('@') ? `${scope}/${rest}` : scope;
};

const offences = (path: string): string[] => {
  const layer = layerOf(path);
  const rule = LAYERS[layer];
  if (!rule) return [`${path}: no rule for ${layer}`];
  return importsOf(readFileSync(join(SRC, path), 'utf8')).flatMap((name) => {
    if (name.startsWith('.')) {
      const target = normalize(join(dirname(path), name)).replaceAll('\\', '/');
      if (target.startsWith('..')) return [`${path} leaves src for ${name}`];
      const other = layerOf(target);
      return other === layer || rule.uses.includes(other) ? [] : [`${path} imports ${target}: ${layer} may not import ${other}`];
    }
    if (builtinModules.includes(name)) return [`${path} imports ${name} without node:`];
    const wanted = packageOf(name);
    const allowed = rule.packages.some((one) => (one === 'node:' ? wanted.startsWith('node:') : one === wanted));
    return allowed ? [] : [`${path} imports ${name}: ${layer} may not`];
  });
};

test.each(files)('%s', (path) => {
  expect(offences(path)).toEqual([]);
});

test('an engine imports no other engine', () => {
  const engines = files.filter((path) => /^engines\/[^/]+\//.test(path));
  for (const path of engines) {
    const own = path.split('/').slice(0, 2).join('/');
    for (const name of importsOf(readFileSync(join(SRC, path), 'utf8')).filter((one) => one.startsWith('.'))) {
      const target = normalize(join(dirname(path), name));
      if (target.startsWith('engines/')) expect(target.startsWith(`${own}/`), `${path} imports ${target}`).toBe(true);
    }
  }
});

test.each(files.filter((path) => path.startsWith('site/web/')))('%s takes no code from the hub', (path) => {
  // Types are gone when the page is built.
  const text = readFileSync(join(SRC, path), 'utf8').replace(/^\s*(?:import|export) type\b[^;]*;/gm, '');
  const targets = importsOf(text).filter((name) => name.startsWith('.'));
  expect(targets.map((name) => normalize(join(dirname(path), name))).filter((name) => !name.startsWith('site/web/'))).toEqual([]);
  expect(importsOf(text)).not.toContain('zod');
});

test('no import runs in a circle', () => {
  const graph = new Map(
    files.map((path) => {
      // Types are gone when the program runs.
      const text = readFileSync(join(SRC, path), 'utf8').replace(/^\s*(?:import|export) type\b[^;]*;/gm, '');
      return [
        path,
        importsOf(text)
          .filter((name) => name.startsWith('.'))
          .map((name) => normalize(join(dirname(path), name))),
      ] as const;
    }),
  );
  const circles: string[] = [];
  const done = new Set<string>();
  const walk = (path: string, trail: readonly string[]): void => {
    if (trail.includes(path)) circles.push([...trail.slice(trail.indexOf(path)), path].join(' → '));
    if (trail.includes(path) || done.has(path)) return;
    for (const next of graph.get(path) ?? []) walk(next, [...trail, path]);
    done.add(path);
  };
  for (const path of files) walk(path, []);
  expect(circles).toEqual([]);
});

describe('the look-out itself', () => {
  test('sees every way to import', () => {
    const text = [
      "import a from 'a';",
      "import { b,\n  c } from './b.ts';",
      "import type { D } from '../d.ts';",
      "import './effect.ts';",
      "export * from './e.ts';",
      "export type { F } from './f.ts';",
      "const g = await import('./g.ts');",
      "// import x from 'comment';",
      "/* import y from 'comment'; */",
      "const text = 'https://not.example';",
    ].join('\n');
    expect(importsOf(text)).toEqual(['a', './b.ts', '../d.ts', './e.ts', './f.ts', './effect.ts', './g.ts']);
  });

  test('knows its files', () => {
    expect(files.length).toBeGreaterThan(30);
    for (const layer of ['core', 'operations', 'transports', 'engines', 'discovery']) {
      expect(
        files.some((path) => path.startsWith(`${layer}/`)),
        layer,
      ).toBe(true);
    }
  });
});
