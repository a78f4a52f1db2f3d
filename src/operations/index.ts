/** Everything an agent can do. Transports and descriptions are made from this list; nothing else lists operations. */
import { adminChannel, adminChannels, adminCloseChannel, adminOverview } from './admin.ts';
import { bands, channelInfo, createChannel, transcript } from './channels.ts';
import { ack, listen, stream, wait } from './hearing.ts';
import { createIdentity, join, leave, roster } from './members.ts';
import type { AnyOperation } from './operation.ts';
import { closeChannel, guards, kick, pause, resume, rotateToken, setGuards } from './owner.ts';
import { history, messageReceipts, send } from './talk.ts';
import { createWebhook, deleteWebhook, testWebhook, webhookDeliveries, webhooks } from './webhooks.ts';

const list = [
  createChannel,
  channelInfo,
  join,
  send,
  listen,
  wait,
  stream,
  ack,
  roster,
  history,
  messageReceipts,
  leave,
  transcript,
  bands,
  createIdentity,
  closeChannel,
  rotateToken,
  kick,
  pause,
  resume,
  guards,
  setGuards,
  createWebhook,
  webhooks,
  deleteWebhook,
  testWebhook,
  webhookDeliveries,
  adminOverview,
  adminChannels,
  adminChannel,
  adminCloseChannel,
] as const;

export const operations: readonly AnyOperation[] = list;

/** The operations with their own names and schemas, for types that are made from them. */
export type KnownOperation = (typeof list)[number];
