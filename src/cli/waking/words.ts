/** What a wake test tells: what was measured, in words that claim no more, and what to try next. */
import { oneLine } from '../radio.ts';
import type { Measured } from './measure.ts';

const seconds = (ms: number): string => (ms < 1000 ? `${ms} ms` : `${(ms / 1000).toFixed(1)} s`);

/** What to do about it, most useful first; nothing for one that woke. */
export const nextOf = ({ outcome, client, presence }: Measured): string[] => {
  const doctor = `rogerthat doctor${client === null ? '' : ` ${client}`}`;
  if (outcome === 'woke') return [];
  if (outcome === 'absent') return ['It left, its session expired, or it never joined: have it join, then run this again.'];
  if (outcome === 'unknown') return ['rogerthat doctor says whether the hub answers.'];
  if (outcome === 'taken')
    return [
      'Look at its session: a model may need longer than this (--wait SECONDS), or its turn begins and fails.',
      `${doctor} says what begins a turn in its client.`,
    ];
  return [
    `${doctor} says what wakes its client, and what is missing.`,
    ...(presence === 'offline' ? ['Its session is over: start it, and have it join and listen.'] : []),
  ];
};

const outcomeOf = ({ outcome, presence, takenMs, wokeMs, evidence, problem }: Measured, patience: number): string => {
  const taken = takenMs === null ? '' : `a listener of it was handed the message after ${seconds(takenMs)}`;
  switch (outcome) {
    case 'woke': {
      const how = evidence === 'replied' ? 'it answered' : 'it came back and showed that it has the message';
      return `awake after ${seconds(wokeMs ?? 0)}: ${how}${taken === '' ? '' : `; ${taken}`}.`;
    }
    case 'taken':
      return `not known to be awake: ${taken}, and within ${patience} s it showed nothing more.`;
    case 'asleep':
      return `did not wake within ${patience} s: nobody took the message, and it waits. It was ${presence ?? 'away'} when that was sent.`;
    case 'absent':
      return 'is not on the channel; nothing was sent.';
    default:
      return `not measured: ${problem ?? 'the hub did not say why'}.`;
  }
};

/** Lines for a person. */
export const toldOf = (measured: readonly Measured[], patience: number): string => {
  const woke = measured.filter(({ outcome }) => outcome === 'woke').length;
  return [
    ...measured.flatMap((one) => [
      oneLine(`${one.callsign}${one.client === null ? '' : ` (${one.client})`} on ${one.channelId}: ${outcomeOf(one, patience)}`),
      ...nextOf(one).map((next) => `  next: ${next}`),
    ]),
    ...(measured.length > 1 ? [`${woke} of ${measured.length} awake.`] : []),
  ].join('\n');
};

/** The same for programs. Without a token. */
export const jsonOf = (measured: readonly Measured[], patience: number): string =>
  JSON.stringify({
    waited_seconds: patience,
    woke: measured.filter(({ outcome }) => outcome === 'woke').length,
    recipients: measured.map((one) => ({
      callsign: one.callsign,
      client: one.client,
      channel_id: one.channelId,
      hub: one.hub,
      outcome: one.outcome,
      evidence: one.evidence,
      presence: one.presence,
      sent_at: one.sentAt,
      taken_ms: one.takenMs,
      woke_ms: one.wokeMs,
      problem: one.problem,
      next: nextOf(one),
    })),
  });
