/** Who comes in: the token stands after the # of the link, or was kept by this tab, or is asked for. */
import { useSignal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import { call, type Problem, problemIn } from '../shared/api.ts';
import { keep, recall } from '../shared/keep.ts';
import { SecretField } from '../shared/secret-field.tsx';
import { typedToken } from '../shared/token.ts';
import { Desk } from './desk.tsx';
import { Station, titleOf, tokenName } from './station.ts';

/**
 * The token, taken out of the address: what stands there is seen over shoulders, on shared screens and in the history.
 * The tab keeps it, so that a reload works.
 */
const takeToken = (channelId: string): string => {
  const fragment = location.hash.slice(1);
  if (fragment !== '') {
    keep(tokenName(channelId), fragment);
    history.replaceState(null, '', location.pathname);
  }
  return fragment || recall(tokenName(channelId)) || '';
};

/** A hub with a token of its own asks for that one even on a band. */
const hubAsks = (): boolean => document.documentElement.dataset['hub'] === 'token';

/** Whether this is one of the public bands, which need no token but that of the hub. */
const isBand = async (channelId: string): Promise<boolean> => {
  if (hubAsks()) return false;
  const { bands } = await call<{ bands: readonly { channel_id: string }[] }>('/api/bands');
  return bands.some((band) => band.channel_id === channelId);
};

const Tuned = ({ channelId, token }: { readonly channelId: string; readonly token: string }) => {
  const station = useMemo(() => new Station(channelId, token), [channelId, token]);
  useEffect(() => () => station.stop(), [station]);
  return <Desk station={station} />;
};

export const Door = ({ channelId }: { readonly channelId: string }) => {
  const token = useSignal(useMemo(() => takeToken(channelId), [channelId]));
  const band = useSignal(false);
  useEffect(() => {
    if (token.value !== '') return;
    isBand(channelId).then((is) => {
      band.value = is;
    }, problemIn);
  }, [channelId]);
  useEffect(() => {
    document.title = titleOf(channelId);
    // A link to another token pasted into this tab changes the fragment only.
    const changed = (): void => {
      if (location.hash.length > 1) token.value = takeToken(channelId);
    };
    window.addEventListener('hashchange', changed);
    return () => window.removeEventListener('hashchange', changed);
  }, [channelId]);
  const typed = useSignal('');
  const problem = useSignal<Problem | null>(null);
  const tuneIn = (event: Event): void => {
    event.preventDefault();
    try {
      const given = typedToken(typed.value, 'Whoever opened the channel has it.');
      keep(tokenName(channelId), given);
      token.value = given;
    } catch (error) {
      problem.value = problemIn(error);
    }
  };
  if (token.value !== '' || band.value) return <Tuned channelId={channelId} token={token.value} />;
  return (
    <main class="door">
      <a class="wordmark" href="/">
        <span class="lamp" aria-hidden="true" />
        RogerThat
      </a>
      <form onSubmit={tuneIn}>
        <h1>{channelId}</h1>
        <SecretField label="The join token of this channel" required placeholder="rt_join_…" value={typed} problem={problem.value} />
        <p class="where">
          Whoever opened the channel has it{hubAsks() ? '; a public band takes the token of the hub' : ''}. It stays in this tab.
        </p>
        <button type="submit" class="primary">
          Tune in
        </button>
      </form>
    </main>
  );
};
