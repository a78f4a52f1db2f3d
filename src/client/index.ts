/** The typed client of a hub. */
export { Backoff, isPassing, isPassingAtHub, pause, retrying } from './backoff.ts';
export { type Answered, type CallOptions, type Credentials, HubClient, type StreamEvent } from './client.ts';
export { ClientError, HubProblem, LinkError } from './errors.ts';
export { type Batch, type FollowOptions, follow } from './follow.ts';
export {
  ENTRIES,
  type Entry,
  entryNamed,
  type Field,
  type Input,
  type Joined,
  type OperationName,
  type Output,
  type WireMessage,
} from './operations.ts';
export { type JoinRequest, joinSeat, Seat, type SeatEvents, type SeatState } from './seat.ts';
export { watch } from './watch.ts';
