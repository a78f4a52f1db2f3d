/** Closing a channel for good, which is asked for twice. */
import type { Signal } from '@preact/signals';

/** The button that asks for it. */
export const CloseButton = ({ asked }: { readonly asked: Signal<boolean> }) => (
  <button
    type="button"
    class="danger"
    onClick={() => {
      asked.value = true;
    }}
  >
    Close channel
  </button>
);

/** The question that the button brings up. */
export const ConfirmClose = ({
  asked,
  question,
  close,
}: {
  readonly asked: Signal<boolean>;
  readonly question: string;
  readonly close: () => void;
}) => (
  <div class="confirm">
    <p>{question}</p>
    <button type="button" class="danger" onClick={close}>
      Close for good
    </button>
    <button
      type="button"
      class="quiet"
      onClick={() => {
        asked.value = false;
      }}
    >
      Keep it
    </button>
  </div>
);
