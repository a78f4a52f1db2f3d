/** What a requirement may need of the way in or of the engine, beyond what all of them have. */
export type Need =
  /** Requests of the suite's own making, over sockets. */
  | 'http'
  /** The names and codes that a call has where headers carry its proofs. */
  | 'rest'
  /** An engine that comes back after a restart. */
  | 'durable'
  /** A store of the test's own, whose files it looks into, takes away and puts back. */
  | 'files'
  /** A store in another process, which may be away while the hub is there. */
  | 'remote'
  /** An engine of one process: its files are its own, and what the process held ends with it. The requirement says why. */
  | 'alone'
  /** The operations that only some ways in have. */
  | 'ack'
  | 'admin'
  | 'bands'
  | 'identities'
  | 'info'
  | 'owner'
  | 'receipts'
  | 'stream'
  | 'transcript'
  | 'wait'
  | 'webhooks';
