/** Wake-up signals. Losing or repeating one changes no outcome, only its time. */
export interface SignalSender {
  /** Sends each body once; throws {@link Outage} when any was not accepted. */
  send(bodies: readonly string[]): Promise<void>;
}

export interface ReceivedMessage {
  readonly body: string;
  readonly receipt: string;
}

export interface SignalReceiver {
  /** Long poll: waits up to `wait_seconds` for up to `max` (1-10) messages; aborting answers with none. */
  receive(max: number, wait_seconds: number, signal: AbortSignal): Promise<readonly ReceivedMessage[]>;
  /** Hides a message for this long from now; 0 gives it back at once. */
  hide(receipt: string, seconds: number): Promise<void>;
  delete(receipt: string): Promise<void>;
}
