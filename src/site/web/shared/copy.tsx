/** A text to take along, and the button that does it. */
import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useRef } from 'preact/hooks';

const copySelected = (element: HTMLElement): boolean => {
  window.getSelection()?.selectAllChildren(element);
  return document.execCommand('copy');
};

/** Pages on plain http have no clipboard of their own; there a selection is copied, of what is shown or of what nobody sees. */
const copyText = async (text: string, shown: HTMLElement | null): Promise<boolean> => {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    if (shown) return copySelected(shown);
    const unseen = document.createElement('span');
    unseen.className = 'sr';
    unseen.textContent = text;
    document.body.append(unseen);
    try {
      return copySelected(unseen);
    } finally {
      unseen.remove();
    }
  }
};

const SHOWN_MS = 2000;

interface CopyButtonProps {
  readonly text: string;
  /** What is copied, for who does not see it beside the button. */
  readonly what: string;
  readonly shown?: () => HTMLElement | null;
  readonly children?: ComponentChildren;
}

export const CopyButton = ({ text, what, shown, children = 'Copy' }: CopyButtonProps) => {
  const state = useSignal<'idle' | 'copied' | 'failed'>('idle');
  const timer = useRef(0);
  const copy = async (): Promise<void> => {
    state.value = (await copyText(text, shown?.() ?? null)) ? 'copied' : 'failed';
    clearTimeout(timer.current);
    timer.current = window.setTimeout(() => {
      state.value = 'idle';
    }, SHOWN_MS);
  };
  return (
    <button type="button" class="copy" data-state={state.value} aria-label={`Copy ${what}`} onClick={copy}>
      <span aria-live="polite">
        {state.value === 'idle' ? children : state.value === 'copied' ? 'Copied' : shown ? 'Press Ctrl+C' : 'Not copied'}
      </span>
    </button>
  );
};

/** A block of text with its copy button. */
export const Snippet = ({ text, what }: { readonly text: string; readonly what: string }) => {
  const block = useRef<HTMLPreElement>(null);
  return (
    <div class="snippet">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a block that scrolls must be reachable by keyboard */}
      <pre ref={block} tabIndex={0}>
        {text}
      </pre>
      <CopyButton text={text} what={what} shown={() => block.current} />
    </div>
  );
};
