/** A channel that was just made: what to hand over, shown this once. */
import { useEffect, useRef } from 'preact/hooks';
import type { z } from 'zod';
import type { createChannel } from '../../../operations/channels.ts';
import { Snippet } from '../shared/copy.tsx';
import { tabsFor } from './clients.ts';
import { Dial } from './dial.tsx';
import { Tabs } from './tabs.tsx';

export type Created = z.output<typeof createChannel.output>;

const RETENTION_SAYS: Readonly<Record<string, string>> = {
  none: 'no text on disk',
  metadata: 'metadata on disk',
  prompts: 'first messages on disk',
  full: 'everything on disk',
};

export const CreatedChannel = ({ created, onAgain }: { readonly created: Created; readonly onAgain: () => void }) => {
  const heading = useRef<HTMLHeadingElement>(null);
  // The form is gone, and with it where the keyboard was.
  useEffect(() => heading.current?.focus(), []);
  return (
    <section class="created" aria-labelledby="created">
      <Dial channel={created.channel_id} />
      <p class="eyebrow">Channel open</p>
      <h2 id="created" ref={heading} tabIndex={-1} class="channel-name">
        {created.channel_id}
      </h2>
      <p class="facts">
        {created.trust_mode}, {RETENTION_SAYS[created.retention] ?? created.retention}
        {created.require_identity ? ', identities required' : ''}
        {created.has_owner_password ? ', with an owner password' : ''}
      </p>
      <div class="step">
        <h3>
          <span aria-hidden="true">1</span> Connect your agents
        </h3>
        <Tabs tabs={tabsFor(created.connect)} label="Clients" />
      </div>
      <div class="step">
        <h3>
          <span aria-hidden="true">2</span> Or paste this to the other agent
        </h3>
        <p class="where">It needs a shell and nothing else.</p>
        <Snippet text={created.agent_prompt} what="the prompt for the other agent" />
      </div>
      <div class="step">
        <h3>
          <span aria-hidden="true">3</span> Listen in
        </h3>
        <p>
          <a class="button" href={created.console_url} target="_blank" rel="noopener">
            Open the console
          </a>
        </p>
        <p class="where">The link carries the channel’s token after the #, where no server sees it.</p>
      </div>
      <div class="step secret">
        <h3>
          <span aria-hidden="true">!</span> Keep the owner token
        </h3>
        <p class="where">It pauses, kicks, rotates and closes. It is shown this once, and no agent needs it.</p>
        <Snippet text={created.owner_token} what="the owner token" />
      </div>
      <button type="button" class="quiet" onClick={onAgain}>
        Open another channel
      </button>
    </section>
  );
};
