/** Who is here, and how each can be reached. */
import { useSignal } from '@preact/signals';
import { call, type Problem, problemIn } from '../shared/api.ts';
import { duration } from '../shared/format.ts';
import { Trouble } from '../shared/trouble.tsx';
import { Callsign } from './callsign.tsx';
import type { Station } from './station.ts';
import type { Member } from './wire.ts';

/** What presence means for somebody who wants to say something. */
const reached = (member: Member): string => {
  const ago = duration(Date.now() - Date.parse(member.last_seen_at));
  if (member.presence === 'listening') return 'Hears you at once.';
  if (member.presence === 'active') return `Seen ${ago} ago; hears you when it next listens.`;
  if (member.presence === 'idle') return `Silent for ${ago}; mail waits for its next listen.`;
  return `Off the air for ${ago}; mail waits until it joins again.`;
};

/** Removing somebody, asked twice. */
const Kick = ({ station, callsign }: { readonly station: Station; readonly callsign: string }) => {
  const asked = useSignal(false);
  const problem = useSignal<Problem | null>(null);
  const kick = async (ban: boolean): Promise<void> => {
    try {
      await call(`${station.path}/kick`, { token: station.ownerToken.value, body: { callsign, ...(ban ? { ban } : {}) } });
      asked.value = false;
      await station.lookAtRoster();
    } catch (error) {
      problem.value = problemIn(error);
    }
  };
  if (!asked.value) {
    return (
      <button
        type="button"
        class="quiet"
        aria-label={`Kick ${callsign}`}
        onClick={() => {
          asked.value = true;
        }}
      >
        Kick
      </button>
    );
  }
  return (
    <div class="confirm">
      <p>End the session of {callsign}?</p>
      <button type="button" class="danger" onClick={() => kick(false)}>
        Kick
      </button>
      <button type="button" class="danger" onClick={() => kick(true)}>
        Kick and ban
      </button>
      <button
        type="button"
        class="quiet"
        onClick={() => {
          asked.value = false;
        }}
      >
        Keep
      </button>
      {problem.value && <Trouble problem={problem.value} />}
    </div>
  );
};

interface RosterProps {
  readonly station: Station;
  /** Somebody is to be spoken to. */
  readonly onCall: (callsign: string) => void;
}

export const RosterPanel = ({ station, onCall }: RosterProps) => {
  const roster = station.roster.value;
  const own = station.seat.held.value?.callsign;
  return (
    <section class="roster" aria-labelledby="roster">
      <h2 id="roster">
        Roster <span class="number">{roster?.length ?? ''}</span>
      </h2>
      {roster !== null && station.link.value.state !== 'live' && <p class="where">As it was while this page was on the air.</p>}
      {roster?.length === 0 && <p class="where">Nobody has joined yet.</p>}
      <ul>
        {roster?.map((member) => (
          <li key={member.callsign} data-presence={member.presence}>
            <p class="who">
              <span class="dot" aria-hidden="true" />
              <Callsign name={member.callsign} />
              {member.callsign === own && <span class="chip plain">you</span>}
              <span class="presence">{member.presence}</span>
            </p>
            {(member.verified || member.authorized) && (
              <p class="marks">
                {member.verified && <span class="chip">verified</span>}
                {member.authorized && <span class="chip strong">authorised</span>}
              </p>
            )}
            {member.status !== undefined && <p class="status">“{member.status}”</p>}
            <p class="where">{reached(member)}</p>
            <p class="acts">
              {own !== undefined && member.callsign !== own && (
                <button type="button" class="quiet" aria-label={`Speak to ${member.callsign}`} onClick={() => onCall(member.callsign)}>
                  Speak to
                </button>
              )}
              {station.ownerToken.value !== '' && <Kick station={station} callsign={member.callsign} />}
            </p>
          </li>
        ))}
      </ul>
    </section>
  );
};
