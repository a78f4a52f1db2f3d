/** Every channel, sorted and filtered by the hub. */
import { count, duration } from '../shared/format.ts';
import { ChannelDetails } from './channel-details.tsx';
import type { Tower } from './tower.ts';
import type { Asked, ChannelRow } from './wire.ts';

type Sort = Asked['sort'];

interface Column {
  readonly field: Sort;
  readonly name: string;
  readonly number?: true;
  readonly show: (row: ChannelRow) => string;
}

const ago = (iso: string): string => `${duration(Date.now() - Date.parse(iso))} ago`;

const COLUMNS: readonly Column[] = [
  { field: 'channel_id', name: 'Channel', show: ({ channel_id }) => channel_id },
  { field: 'retention', name: 'Kept', show: ({ retention }) => retention },
  { field: 'members', name: 'Members', number: true, show: ({ members }) => count(members) },
  { field: 'listening', name: 'Listening', number: true, show: ({ listening }) => count(listening) },
  { field: 'head', name: 'Sent', number: true, show: ({ head }) => count(head) },
  { field: 'messages', name: 'Held', number: true, show: ({ messages }) => count(messages) },
  { field: 'tripped', name: 'Stopped', number: true, show: ({ tripped }) => count(tripped) },
  { field: 'last_active_at', name: 'Last sign', number: true, show: ({ last_active_at }) => ago(last_active_at) },
  { field: 'created_at', name: 'Opened', number: true, show: ({ created_at }) => ago(created_at) },
];

const Heading = ({ tower, column }: { readonly tower: Tower; readonly column: Column }) => {
  const sorted = tower.sort.value === column.field ? tower.order.value : 'none';
  return (
    <th scope="col" aria-sort={sorted} class={column.number ? 'number' : ''}>
      <button type="button" class="quiet" onClick={() => tower.sortBy(column.field)}>
        {column.name}
        {sorted !== 'none' && <span aria-hidden="true">{sorted === 'ascending' ? '↑' : '↓'}</span>}
      </button>
    </th>
  );
};

const Row = ({ tower, row }: { readonly tower: Tower; readonly row: ChannelRow }) => {
  const open = tower.chosen.value === row.channel_id;
  return (
    <>
      <tr data-open={open}>
        {COLUMNS.map(({ field, number, show }) =>
          field === 'channel_id' ? (
            <th key={field} scope="row">
              <button
                type="button"
                class="quiet"
                aria-expanded={open}
                onClick={() => {
                  tower.chosen.value = open ? null : row.channel_id;
                }}
              >
                {row.channel_id}
              </button>
              {row.state !== 'open' && <span class="chip">{row.state}</span>}
            </th>
          ) : (
            <td key={field} class={number ? 'number' : ''}>
              {show(row)}
            </td>
          ),
        )}
      </tr>
      {open && (
        <tr class="detail">
          <td colSpan={COLUMNS.length}>
            <ChannelDetails tower={tower} row={row} />
          </td>
        </tr>
      )}
    </>
  );
};

export const ChannelTable = ({ tower }: { readonly tower: Tower }) => {
  const channels = tower.channels.value;
  const filtered = tower.find.value !== '' || tower.retention.value !== '';
  return (
    <section aria-labelledby="channels">
      <div class="table-head">
        <h2 id="channels">
          Channels <span class="of">{channels ? count(channels.total) : ''}</span>
        </h2>
        <input
          type="search"
          aria-label="Find a channel by its name"
          placeholder="Find by name"
          value={tower.find.value}
          onInput={(event) => {
            tower.find.value = event.currentTarget.value;
          }}
        />
        <select
          aria-label="Only channels that keep"
          value={tower.retention.value}
          onChange={(event) => {
            tower.retention.value = event.currentTarget.value;
          }}
        >
          <option value="">any retention</option>
          {['none', 'metadata', 'prompts', 'full'].map((one) => (
            <option key={one} value={one}>
              {one}
            </option>
          ))}
        </select>
      </div>
      {channels?.total === 0 && (
        <p class="nothing">
          {filtered
            ? 'No channel fits. Loosen the filter.'
            : 'No channel is open. The first appears here within five seconds of its making.'}
        </p>
      )}
      {channels !== null && channels.total > 0 && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
        <section class="table" tabIndex={0} aria-label="Table of channels">
          <table>
            <thead>
              <tr>
                {COLUMNS.map((column) => (
                  <Heading key={column.field} tower={tower} column={column} />
                ))}
              </tr>
            </thead>
            <tbody>
              {channels.channels.map((row) => (
                <Row key={row.channel_id} tower={tower} row={row} />
              ))}
            </tbody>
          </table>
        </section>
      )}
      {channels !== null && channels.total > channels.channels.length && channels.channels.length < 500 && (
        <button type="button" onClick={() => tower.more()}>
          Show more of {count(channels.total)}
        </button>
      )}
    </section>
  );
};
