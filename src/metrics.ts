/**
 * `/metrics`: what an operator watches, as Prometheus reads it. Counting is on the hot path, so a call finds its row by
 * names that exist already and adds to integers; nothing is made for a call. Numbers and names only: never content, never
 * a channel.
 * Source: prometheus.io/docs/instrumenting/exposition_formats, text format 0.0.4.
 */
import { type IntervalHistogram, monitorEventLoopDelay, performance } from 'node:perf_hooks';
import type { Hub } from './core/hub.ts';

/** Upper bounds in seconds: from a send in memory to a listen that waited its full time. */
const BOUNDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60] as const;

/** Calls of one operation over one transport. */
interface Row {
  readonly codes: Map<string, { count: number }>;
  /** By bound, the last for what is above all; not cumulative here. */
  readonly buckets: Uint32Array;
  micros: number;
  count: number;
}

const newRow = (): Row => ({ codes: new Map(), buckets: new Uint32Array(BOUNDS.length + 1), micros: 0, count: 0 });

type Labels = Readonly<Record<string, string | number>>;

const labelsText = (labels: Labels): string => {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${String(value).replace(/[\\"\n]/g, '_')}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
};

/** Writes the text format. */
class Page {
  readonly #lines: string[] = [];

  family(
    name: string,
    type: 'counter' | 'gauge' | 'histogram',
    help: string,
    samples: readonly (readonly [Labels, number, string?])[],
  ): void {
    const full = `rogerthat_${name}`;
    this.#lines.push(`# HELP ${full} ${help}`, `# TYPE ${full} ${type}`);
    for (const [labels, value, suffix = ''] of samples) this.#lines.push(`${full}${suffix}${labelsText(labels)} ${value}`);
  }

  one(name: string, type: 'counter' | 'gauge', help: string, value: number): void {
    this.family(name, type, help, [[{}, value]]);
  }

  text(): string {
    return `${this.#lines.join('\n')}\n`;
  }
}

export interface Metrics {
  /** Counts a call, as {@link Services.record} is told of it. */
  record(operation: string, transport: string, code: string, micros: number, requestId?: string): void;
  /** The page. */
  write(): Promise<string>;
}

export const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** How often the event loop is looked at; the histogram has this in every value. */
const LOOK_MS = 20;

/** How late, in seconds; what was never measured is 0. */
const late = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e9 - LOOK_MS / 1000);

const eventLoop = (page: Page, delay: IntervalHistogram): void => {
  page.family('event_loop_delay_seconds', 'gauge', 'How late the event loop was, since the last scrape.', [
    [{ quantile: '0.5' }, late(delay.percentile(50))],
    [{ quantile: '0.99' }, late(delay.percentile(99))],
    [{ quantile: '1' }, delay.count === 0 ? 0 : late(delay.max)],
  ]);
  delay.reset();
  const { active } = performance.eventLoopUtilization();
  page.one('event_loop_active_seconds_total', 'counter', 'Time the event loop was busy.', active / 1000);
};

const processText = (page: Page): void => {
  const memory = process.memoryUsage();
  const { userCPUTime, systemCPUTime } = process.resourceUsage();
  page.one('process_resident_memory_bytes', 'gauge', 'Memory the process has.', memory.rss);
  page.one('process_heap_used_bytes', 'gauge', 'Memory of the JavaScript heap in use.', memory.heapUsed);
  page.one('process_external_memory_bytes', 'gauge', 'Memory outside the heap that it holds.', memory.external);
  page.one('process_cpu_seconds_total', 'counter', 'CPU time of the process.', (userCPUTime + systemCPUTime) / 1e6);
  page.one('process_uptime_seconds', 'gauge', 'Since the process started.', process.uptime());
};

/** Starts counting for a hub. */
export const createMetrics = (hub: Hub, version: string): Metrics => {
  const operations = new Map<string, Map<string, Row>>();
  // A timer of its own in the event loop, so it runs only where somebody will look.
  const delay = monitorEventLoopDelay({ resolution: LOOK_MS });
  delay.enable();

  const record = (operation: string, transport: string, code: string, micros: number): void => {
    let rows = operations.get(operation);
    if (!rows) {
      rows = new Map();
      operations.set(operation, rows);
    }
    let row = rows.get(transport);
    if (!row) {
      row = newRow();
      rows.set(transport, row);
    }
    const counter = row.codes.get(code);
    if (counter) counter.count++;
    else row.codes.set(code, { count: 1 });
    let at = 0;
    while (at < BOUNDS.length && micros > BOUNDS[at]! * 1e6) at++;
    row.buckets[at]!++;
    row.micros += micros;
    row.count++;
  };

  const calls = (page: Page): void => {
    const rows = [...operations].flatMap(([operation, byTransport]) =>
      [...byTransport].map(([transport, row]) => ({ labels: { operation, transport }, row })),
    );
    page.family(
      'calls_total',
      'counter',
      'Calls of operations, by how they ended.',
      rows.flatMap(({ labels, row }) => [...row.codes].map(([code, { count }]) => [{ ...labels, code }, count] as const)),
    );
    page.family(
      'call_duration_seconds',
      'histogram',
      'How long a call took until its answer was known; a listen waits for mail.',
      rows.flatMap(({ labels, row }) => {
        let sum = 0;
        const buckets = [...row.buckets].map((count, i) => {
          sum += count;
          return [{ ...labels, le: BOUNDS[i] ?? '+Inf' }, sum, '_bucket'] as const;
        });
        return [...buckets, [labels, row.micros / 1e6, '_sum'] as const, [labels, row.count, '_count'] as const];
      }),
    );
  };

  return {
    record,
    async write() {
      const page = new Page();
      page.family('build_info', 'gauge', 'The version that runs.', [[{ version, mode: hub.mode }, 1]]);
      page.one('parked_listeners', 'gauge', 'Listens, waits and streams that stand by in this process.', hub.waiters.count);
      page.one('channels', 'gauge', 'Channels of the hub.', await hub.engine.channelCount());
      page.one('sessions', 'gauge', 'Live sessions on all channels.', await hub.engine.sessionCount());
      page.one('engine_up', 'gauge', 'Whether the engine is well: 1, or 0.', hub.engine.health() === null ? 1 : 0);
      calls(page);
      eventLoop(page, delay);
      processText(page);
      return page.text();
    },
  };
};
