/** The webhooks of a channel: where they go, what waits, and how the last attempt went. */
import { duration, plural } from '../shared/format.ts';
import type { ChannelDetail } from './wire.ts';

type Hook = ChannelDetail['webhooks'][number];

const outcome = ({ last_attempt: last }: Hook): string => {
  if (last === null) return 'not tried yet';
  const ago = `${duration(Date.now() - Date.parse(last.at))} ago`;
  return last.reason === null ? `last attempt went well ${ago}` : `last attempt failed ${ago}: ${last.reason}`;
};

export const HookList = ({ hooks }: { readonly hooks: readonly Hook[] }) => (
  <ul class="members hooks" aria-label="Webhooks">
    {hooks.map((hook) => (
      <li key={hook.webhook_id} data-state={hook.state}>
        <b>{hook.host}</b>
        <span>{hook.callsign === null ? 'for the whole channel' : `for ${hook.callsign}`}</span>
        {hook.state === 'disabled' && <span class="chip">disabled</span>}
        <span class="where">
          {hook.webhook_id}: {hook.events.join(', ')}
        </span>
        <span class="where">
          {hook.reason === null ? 'Armed' : `Disabled: ${hook.reason}`}; {plural(hook.waiting, 'delivery', 'deliveries')} waiting;{' '}
          {outcome(hook)}.
        </span>
      </li>
    ))}
  </ul>
);
