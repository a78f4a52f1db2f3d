/** The microphone: take a callsign, and speak to one or to all. */
import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { type Problem, problemIn } from '../shared/api.ts';
import { Snippet } from '../shared/copy.tsx';
import { plural } from '../shared/format.ts';
import { Trouble } from '../shared/trouble.tsx';
import { JoinForm } from './join-form.tsx';
import type { Station } from './station.ts';
import type { Sent } from './wire.ts';

interface ComposerProps {
  readonly station: Station;
}

/** What the hub knows of a message it has just taken. */
const outcome = ({ id, recipients, recipient_count }: Sent): string => {
  if (recipient_count === 0) return `#${id} sent; nobody else is on the channel.`;
  const delivered = recipients.filter(({ state }) => state === 'delivered').length;
  if (recipients.length === 1 && recipient_count === 1) {
    const [one] = recipients;
    return `#${id} ${one!.state === 'delivered' ? 'delivered to' : 'waits for'} ${one!.callsign}.`;
  }
  return `#${id}: ${delivered} of ${plural(recipient_count, 'station')} had it at once${delivered < recipient_count ? '; for the others it waits' : ''}.`;
};

export const Composer = ({ station }: ComposerProps) => {
  const { seat, draft } = station;
  const { to, replyTo, text } = draft;
  const busy = useSignal(false);
  const problem = useSignal<Problem | null>(null);
  const told = useSignal('Enter sends, Shift+Enter makes a new line.');
  const area = useRef<HTMLTextAreaElement>(null);
  const held = seat.held.value;

  useEffect(() => {
    if (replyTo.value !== null) area.current?.focus();
  }, [replyTo.value]);

  if (!held || seat.ended.value) return <JoinForm station={station} />;

  const send = async (event?: Event): Promise<void> => {
    event?.preventDefault();
    if (busy.value || text.value.trim() === '') return;
    busy.value = true;
    problem.value = null;
    const [body, key] = draft.take();
    try {
      told.value = outcome(await seat.send(body, key));
      draft.sent(body);
    } catch (error) {
      problem.value = problemIn(error);
    } finally {
      busy.value = false;
      area.current?.focus();
    }
  };

  const leave = async (): Promise<void> => {
    problem.value = null;
    try {
      await seat.leave();
    } catch (error) {
      problem.value = problemIn(error);
    }
  };

  const names = (station.roster.value ?? []).map(({ callsign }) => callsign).filter((name) => name !== held.callsign);
  // Somebody who left can still be written to: the mailbox stays.
  if (to.value !== 'all' && !names.includes(to.value)) names.push(to.value);

  return (
    <form class="composer" aria-label="Microphone" onSubmit={send}>
      {problem.value && <Trouble problem={problem.value} />}
      {seat.madeKey.value && (
        <div class="made">
          <p class="where">
            Your identity key, shown this once. Keep it to be {held.callsign} again elsewhere; this tab remembers it until it is closed.
          </p>
          <Snippet text={seat.madeKey.value} what="your identity key" />
        </div>
      )}
      <div class="address">
        <label>
          <span>{held.callsign} to</span>
          <select
            aria-label="Speak to"
            value={to.value}
            onChange={(event) => {
              to.value = event.currentTarget.value;
            }}
          >
            <option value="all">all</option>
            {names.map((name) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
        </label>
        {replyTo.value !== null && (
          <button
            type="button"
            class="quiet"
            onClick={() => {
              replyTo.value = null;
            }}
          >
            in reply to #{replyTo.value} ✕<span class="sr"> Do not reply</span>
          </button>
        )}
        <button type="button" class="quiet sign-off" onClick={leave}>
          Leave
        </button>
      </div>
      <div class="mic">
        <textarea
          ref={area}
          rows={2}
          aria-label="Message"
          placeholder="Say something"
          value={text.value}
          onInput={(event) => {
            text.value = event.currentTarget.value;
          }}
          onKeyDown={(event) => {
            if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
            event.preventDefault();
            void send();
          }}
        />
        <button type="submit" class="primary" aria-disabled={busy.value}>
          {busy.value ? 'Sending…' : 'Send'}
        </button>
      </div>
      <p class="told" role="status">
        {told.value}
      </p>
    </form>
  );
};
