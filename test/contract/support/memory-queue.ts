import { decodeSignal, encodeSignal } from "#core/domain/message.ts";
import type { ReceivedMessage, SignalReceiver, SignalSender } from "#core/ports/queue.ts";

export interface MemoryQueue extends SignalReceiver, SignalSender {
  /** Every message that was not deleted: whoever received it may have died. */
  all(): readonly ReceivedMessage[];
  /** A message of this run: one that is there, or a stray. */
  of(run_id: string): ReceivedMessage;
  /** Loses every message. */
  purge(): void;
}

const stray = (run_id: string): ReceivedMessage => ({
  body: encodeSignal({ run_id, traceparent: `00-${"a".repeat(32)}-${"b".repeat(16)}-01` }),
  handle: `stray-${run_id}`,
});

/** A queue of one process that keeps each message until it is deleted. */
export function memoryQueue(): MemoryQueue {
  const messages = new Map<string, { readonly body: string; visible: boolean }>();
  let sent = 0;
  const all = () => [...messages].map(([handle, { body }]) => ({ handle, body }));
  return {
    all,
    of: (run_id) => all().find(({ body }) => decodeSignal(body)?.run_id === run_id) ?? stray(run_id),
    purge: () => messages.clear(),
    send: async (bodies) => {
      for (const body of bodies) messages.set(`message-${(sent += 1)}`, { body, visible: true });
    },
    receive: async (max, _seconds, signal) => {
      const found = [...messages].filter(([, message]) => message.visible).slice(0, max);
      for (const [, message] of found) message.visible = false;
      if (found.length === 0 && !signal.aborted) {
        await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
      }
      return found.map(([handle, { body }]) => ({ handle, body }));
    },
    hide: async (handle, seconds) => {
      const message = messages.get(handle);
      if (message !== undefined) message.visible = seconds === 0;
    },
    delete: async (handle) => void messages.delete(handle),
  };
}
