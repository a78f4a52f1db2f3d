/** A text to take along, and the button that does it. */
import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useRef } from 'preact/hooks';

/** Pages on plain http have no clipboard of their own; there the selection is copied. */
const copyText = async (text: string, shown: HTMLElement | null): Promise<boolean> => {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    if (!shown) return false;
    const selection = window.getSelection();
    selection?.selectAllChildren(shown);
    return document.execCommand('copy');
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
      <span aria-live="polite">{state.value === 'idle' ? children : state.value === 'copied' ? 'Copied' : 'Press Ctrl+C'}</span>
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
