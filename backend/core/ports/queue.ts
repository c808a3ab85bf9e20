/** Wake-up signals. Losing or repeating one changes no outcome, only its time. */
export interface SignalSender {
  /** Sends each body once; throws {@link Outage} when any was not accepted. */
  send(bodies: readonly string[]): Promise<void>;
}

export interface ReceivedMessage {
  readonly body: string;
  readonly handle: string;
}

export interface SignalReceiver {
  /** Long poll: waits up to `wait_seconds` for up to `max` (1-10) messages; aborting answers with none. */
  receive(max: number, wait_seconds: number, signal: AbortSignal): Promise<readonly ReceivedMessage[]>;
  /** Hides a message for this long from now; 0 gives it back at once. */
  hide(handle: string, seconds: number): Promise<void>;
  delete(handle: string): Promise<void>;
}

/** A message that was received too often without being deleted. */
export interface DeadLetter {
  readonly body: string;
  /** Looking at it counts too. */
  readonly times_received: number;
  readonly sent_at: Date;
}

/** What the signal queue gave up on: kept as evidence until an operator sends it again. */
export interface DeadLetters {
  /** About how many there are. */
  count(): Promise<number>;
  /** Up to `max` of them; each is given back. */
  peek(max: number): Promise<readonly DeadLetter[]>;
  /** Sends those that `choose` picks to the signal queue, then deletes them here: how many. All others are given back. */
  redrive(choose: (letter: DeadLetter) => boolean): Promise<number>;
}
