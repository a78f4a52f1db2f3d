/** The channel: its settings, its transcript, and what its owner can do. */
import { useSignal } from '@preact/signals';
import { type Problem, problemIn } from '../shared/api.ts';
import { CopyButton } from '../shared/copy.tsx';
import { duration } from '../shared/format.ts';
import { Trouble } from '../shared/trouble.tsx';
import { OwnerPanel } from './owner.tsx';
import type { Station } from './station.ts';
import { download } from './transcript.ts';

const KEPT: Readonly<Record<string, string>> = {
  none: 'no text on disk',
  metadata: 'who, to whom and when',
  prompts: 'the first message of each agent',
  full: 'everything',
};

export const ChannelPanel = ({ station }: { readonly station: Station }) => {
  const problem = useSignal<Problem | null>(null);
  const info = station.info.value;
  const saveIt = async (): Promise<void> => {
    problem.value = null;
    try {
      await download(station);
    } catch (error) {
      problem.value = problemIn(error);
    }
  };
  return (
    <section class="channel" aria-labelledby="channel">
      <h2 id="channel">Channel</h2>
      {info && (
        <dl>
          <dt>Kept</dt>
          <dd>{KEPT[info.retention]}</dd>
          <dt>Trust</dt>
          <dd>
            {info.trust_mode}
            {info.require_identity ? ', identities required' : ''}
          </dd>
          <dt>Sessions</dt>
          <dd>end after {duration(info.session_ttl_seconds * 1000)} of silence</dd>
        </dl>
      )}
      <p class="acts">
        <button type="button" onClick={saveIt}>
          {info?.retention === 'none' ? 'Save what this page heard' : 'Download the transcript'}
        </button>
        <CopyButton
          text={`${location.origin}${location.pathname}${station.token.value === '' ? '' : `#${station.token.value}`}`}
          what="console link"
        >
          Copy console link
        </CopyButton>
      </p>
      {problem.value && <Trouble problem={problem.value} />}
      <p class="where">Direct messages are addressed, not secret: whoever has the channel’s token can read them.</p>
      <OwnerPanel station={station} />
    </section>
  );
};
