/** What the hub tells its operator, in the types of its operations. */
import type { z } from 'zod';
import type { adminChannel, adminChannels, adminOverview } from '../../../operations/admin.ts';

export type Overview = z.output<typeof adminOverview.output>;
export type Channels = z.output<typeof adminChannels.output>;
export type ChannelRow = Channels['channels'][number];
export type ChannelDetail = z.output<typeof adminChannel.output>;
export type Asked = z.output<typeof adminChannels.input>;
