/** One channel: who is on it, and its end. */
import { useSignal } from '@preact/signals';
import { type Problem, problemIn } from '../shared/api.ts';
import { CloseButton, ConfirmClose } from '../shared/confirm-close.tsx';
import { duration } from '../shared/format.ts';
import { Stopped } from '../shared/stopped.tsx';
import { Trouble } from '../shared/trouble.tsx';
import { HookList } from './hook-list.tsx';
import type { Tower } from './tower.ts';
import type { ChannelRow } from './wire.ts';

export const ChannelDetails = ({ tower, row }: { readonly tower: Tower; readonly row: ChannelRow }) => {
  const asked = useSignal(false);
  const problem = useSignal<Problem | null>(null);
  const detail = tower.detail.value?.channel_id === row.channel_id ? tower.detail.value : null;
  const close = async (): Promise<void> => {
    try {
      await tower.close(row.channel_id);
    } catch (error) {
      problem.value = problemIn(error);
    }
  };
  return (
    <div class="details">
      <p class="where">
        {row.trust_mode}
        {row.require_identity ? ', identities required' : ''}
      </p>
      {detail === null && <p class="where">Asking…</p>}
      {detail?.roster.length === 0 && <p class="where">Nobody is on its roster.</p>}
      {detail !== null && detail.roster.length > 0 && (
        <ul class="members">
          {detail.roster.map((member) => (
            <li key={member.callsign} data-presence={member.presence}>
              <span class="dot" aria-hidden="true" />
              <b>{member.callsign}</b> {member.presence}, seen {duration(Date.now() - Date.parse(member.last_seen_at))} ago
              {member.verified ? ', verified' : ''}
              {member.authorized ? ', authorised' : ''}
            </li>
          ))}
        </ul>
      )}
      {detail !== null && detail.guards.length > 0 && (
        <ul class="members">
          {detail.guards.map((trip) => (
            <Stopped key={`${trip.guard} ${trip.callsign}`} trip={trip} />
          ))}
        </ul>
      )}
      {detail !== null && detail.webhooks.length > 0 && <HookList hooks={detail.webhooks} />}
      {asked.value ? (
        <ConfirmClose
          asked={asked}
          question={`Close ${row.channel_id} for good? Its sessions end, its messages and mailboxes go.`}
          close={close}
        />
      ) : row.state === 'closed' ? (
        <p class="where">Closed; what it kept can be read until it is removed.</p>
      ) : (
        <CloseButton asked={asked} />
      )}
      {problem.value && <Trouble problem={problem.value} />}
    </div>
  );
};
