/** What somebody holds on to in a list: the row with the focus, and those with selected text. Taken out, they would lose both. */

/** A selection of more rows is not held as a whole: the page would get slow. */
const MOST_ROWS = 400;

const rowOf = (list: Element, node: Node | null): number | null => {
  const element = node instanceof Element ? node : node?.parentElement;
  const row = element && list.contains(element) ? element.closest('[data-index]') : null;
  return row ? Number(row.getAttribute('data-index')) : null;
};

/** @returns the indices of rows of `list`, as they stand in its `data-index` */
export const heldRows = (list: Element): readonly number[] => {
  const focused = rowOf(list, document.activeElement);
  const selection = window.getSelection();
  const ends = selection?.isCollapsed === false ? [rowOf(list, selection.anchorNode), rowOf(list, selection.focusNode)] : [];
  const [from, to] = ends.filter((end) => end !== null).sort((a, b) => a - b);
  const selected = from === undefined ? 0 : Math.min(MOST_ROWS, (to ?? from) - from + 1);
  return [...(focused === null ? [] : [focused]), ...Array.from({ length: selected }, (_, i) => from! + i)];
};
