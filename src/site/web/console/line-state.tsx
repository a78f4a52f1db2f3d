/** What is true of the line to the hub, in a lamp and in words. */
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { Link } from './follow.ts';
import { OtherToken } from './other-token.tsx';
import type { Station } from './station.ts';

const words = (link: Link, seconds: number, paused: boolean): string => {
  if (link.state === 'connecting') return 'Tuning in…';
  if (link.state === 'live') return paused ? 'Paused by the owner' : 'On the air';
  if (link.state === 'refused') return 'Off the air';
  return seconds > 0 ? `Connection lost. Trying again in ${seconds} s` : 'Connection lost. Reconnecting…';
};

export const LineState = ({ station }: { readonly station: Station }) => {
  const now = useSignal(performance.now());
  const link = station.link.value;
  const asked = useSignal(false);
  useEffect(() => {
    if (link.state === 'live') asked.value = false;
    if (link.state !== 'lost') return;
    now.value = performance.now();
    const timer = window.setInterval(() => {
      now.value = performance.now();
    }, 500);
    return () => clearInterval(timer);
  }, [link]);
  const seconds = link.state === 'lost' ? Math.max(0, Math.ceil((link.until - now.value) / 1000)) : 0;
  const paused = station.info.value?.paused === true;
  return (
    <div class="line-state" data-state={link.state === 'live' && paused ? 'paused' : link.state}>
      {/* Said once a change, not once a second. */}
      <span class="sr" role="status">
        {words(link, 0, paused)}
      </span>
      <span class="lamp" aria-hidden="true" />
      <span aria-hidden="true">{words(link, seconds, paused)}</span>
      {link.state === 'lost' && (
        <button type="button" class="quiet" onClick={() => station.retry()}>
          Try now
        </button>
      )}
      {link.state === 'refused' && (
        <>
          <span class="why">{link.problem.detail}</span>
          <OtherToken station={station} asked={asked} />
        </>
      )}
    </div>
  );
};
