/** Tabs as WAI-ARIA has them: arrows move, Home and End jump, the chosen one alone is in the tab order. */
import { useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { Snippet } from '../shared/copy.tsx';
import type { Tab } from './clients.ts';

const NEXT: Readonly<Record<string, (at: number, count: number) => number>> = {
  ArrowRight: (at, count) => (at + 1) % count,
  ArrowLeft: (at, count) => (at + count - 1) % count,
  Home: () => 0,
  End: (_, count) => count - 1,
};

export const Tabs = ({ tabs, label }: { readonly tabs: readonly Tab[]; readonly label: string }) => {
  const chosen = useSignal(0);
  const list = useRef<HTMLDivElement>(null);
  const tab = tabs[chosen.value];
  const onKeyDown = (event: KeyboardEvent): void => {
    const next = NEXT[event.key]?.(chosen.value, tabs.length);
    if (next === undefined) return;
    event.preventDefault();
    chosen.value = next;
    (list.current?.children[next] as HTMLElement | undefined)?.focus();
  };
  return (
    <div class="tabs">
      <div role="tablist" aria-label={label} ref={list} onKeyDown={onKeyDown}>
        {tabs.map(({ id, label: name }, i) => (
          <button
            key={id}
            type="button"
            role="tab"
            id={`tab-${id}`}
            aria-controls="tab-panel"
            aria-selected={i === chosen.value}
            tabIndex={i === chosen.value ? 0 : -1}
            onClick={() => {
              chosen.value = i;
            }}
          >
            {name}
          </button>
        ))}
      </div>
      {tab && (
        <div role="tabpanel" id="tab-panel" aria-labelledby={`tab-${tab.id}`}>
          <p class="where">{tab.where}</p>
          <Snippet key={tab.id} text={tab.snippet} what={`the snippet for ${tab.label}`} />
        </div>
      )}
    </div>
  );
};
