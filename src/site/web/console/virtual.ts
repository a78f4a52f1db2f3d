/** A list of which only what is in sight is in the page, bound to Preact. */
import {
  defaultRangeExtractor,
  elementScroll,
  observeElementOffset,
  observeElementRect,
  type Range,
  Virtualizer,
} from '@tanstack/virtual-core';
import type { RefObject } from 'preact';
import { useLayoutEffect, useReducer, useState } from 'preact/hooks';

interface VirtualList {
  readonly scroller: RefObject<HTMLElement | null>;
  readonly count: number;
  readonly keyOf: (index: number) => string | number;
  /** Pixels, until an item was measured. */
  readonly estimate: number;
  /** Items that stay in the page wherever it is scrolled to. */
  readonly held: readonly number[];
}

const withHeld =
  (held: readonly number[]) =>
  (range: Range): number[] =>
    [...new Set([...defaultRangeExtractor(range), ...held])].sort((a, b) => a - b);

export type List = Virtualizer<HTMLElement, HTMLElement>;

/** Who reads at the end follows it; who reads elsewhere keeps the place, whatever is added before or after. */
export const useVirtualList = ({ scroller, count, keyOf, estimate, held }: VirtualList): List => {
  const [, again] = useReducer<number, void>((n) => n + 1, 0);
  const options = {
    count,
    getScrollElement: () => scroller.current,
    getItemKey: keyOf,
    estimateSize: () => estimate,
    scrollToFn: elementScroll,
    observeElementRect,
    observeElementOffset,
    overscan: 8,
    ...(held.length === 0 ? {} : { rangeExtractor: withHeld(held) }),
    anchorTo: 'end' as const,
    followOnAppend: true,
    scrollEndThreshold: 60,
    onChange: () => again(),
  };
  const [list] = useState(() => new Virtualizer<HTMLElement, HTMLElement>(options));
  list.setOptions(options);
  useLayoutEffect(() => list._didMount(), []);
  useLayoutEffect(() => list._willUpdate());
  return list;
};
