import { DecisionproofError } from "./errors.ts";

interface ServerSentEvent {
  readonly event: string;
  readonly data: string;
}

const MAX_CHARS = 1024 * 1024;

/** What a stream of server-sent events (WHATWG HTML, 9.2) says, however it was split on its way. */
export class EventStreamParser {
  /** The id that was set last, by whichever stream. */
  lastEventId: string | undefined;
  /** How long to wait before the stream is asked for again. */
  retryMs = 2_000;
  #decoder = new TextDecoder();
  #text = "";
  #event = "";
  #data: string[] = [];
  #id: string | undefined;

  constructor(lastEventId?: string) {
    this.lastEventId = lastEventId;
  }

  /** Of a stream that begins: whatever was left incomplete is forgotten. */
  reset(): void {
    this.#decoder = new TextDecoder();
    this.#text = "";
    this.#event = "";
    this.#data = [];
    this.#id = this.lastEventId;
  }

  /** The events that this chunk completes. */
  *push(chunk: Uint8Array): Generator<ServerSentEvent, void, undefined> {
    this.#text += this.#decoder.decode(chunk, { stream: true });
    for (;;) {
      const end = /\r\n|\n|\r/.exec(this.#text);
      // A CR at the end may be the first half of CR LF.
      if (end === null || (end[0] === "\r" && end.index === this.#text.length - 1)) break;
      const line = this.#text.slice(0, end.index);
      this.#text = this.#text.slice(end.index + end[0].length);
      const event = this.#line(line);
      if (event !== undefined) yield event;
    }
    if (this.#text.length > MAX_CHARS) throw new DecisionproofError("an event is too long");
  }

  #line(line: string): ServerSentEvent | undefined {
    if (line === "") return this.#dispatch();
    const [, field = "", value = ""] = /^([^:]*)(?:: ?([^]*))?$/.exec(line) ?? [];
    if (field === "data") this.#data.push(value);
    else if (field === "event") this.#event = value;
    else if (field === "id" && !value.includes("\0")) this.#id = value;
    else if (field === "retry" && /^\d{1,6}$/.test(value)) this.retryMs = Number(value);
    return undefined;
  }

  #dispatch(): ServerSentEvent | undefined {
    const [event, data] = [this.#event, this.#data];
    this.#event = "";
    this.#data = [];
    this.lastEventId = this.#id;
    return data.length === 0 ? undefined : { event, data: data.join("\n") };
  }
}
