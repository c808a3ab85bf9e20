import type { ServerResponse } from "node:http";
import type { Reply } from "./aws-emulator.ts";

// Sends wake the pollers at once; the tick is for what only time changes: visibility timeouts and delays that end.
const TICK_MS = 100;

export type SqsCall = (action: string, body: object) => Promise<Reply>;

interface Waiter {
  body: object;
  response: ServerResponse;
  expired: boolean;
  timer: NodeJS.Timeout;
}

interface Line {
  waiters: Waiter[];
  busy: boolean;
  again: boolean;
  tick: NodeJS.Timeout | undefined;
}

const failure = (error: unknown): Reply => ({
  status: 500,
  headers: { "content-type": "application/x-amz-json-1.0" },
  body: Buffer.from(JSON.stringify({ __type: "com.amazonaws.sqs#InternalFailure", message: String(error) })),
});

function messagesOf(reply: Reply): { ReceiptHandle: string }[] {
  if (reply.status !== 200) return [];
  return (JSON.parse(reply.body.toString("utf8")) as { Messages?: { ReceiptHandle: string }[] }).Messages ?? [];
}

/**
 * Long polling over receives that never wait: pollers of one queue stand in line, each sees only what it really takes,
 * and messages taken for a client that has left are made visible again at once.
 */
export class LongPoll {
  readonly #call: SqsCall;
  readonly #lines = new Map<string, Line>();

  constructor(call: SqsCall) {
    this.#call = (action, body) => call(action, body).catch(failure);
  }

  receive(body: { QueueUrl?: string; WaitTimeSeconds?: number }, response: ServerResponse): void {
    const queueUrl = String(body.QueueUrl);
    const wait_ms = (body.WaitTimeSeconds ?? 0) * 1000;
    const line = this.#lines.get(queueUrl) ?? { waiters: [], busy: false, again: false, tick: undefined };
    this.#lines.set(queueUrl, line);
    const waiter: Waiter = {
      body: { ...body, WaitTimeSeconds: 0 },
      response,
      expired: wait_ms <= 0,
      timer: setTimeout(() => this.#expire(queueUrl, waiter), wait_ms),
    };
    if (waiter.expired) line.waiters.unshift(waiter);
    else line.waiters.push(waiter);
    void this.wake(queueUrl);
  }

  /** Serves a queue's pollers until nothing is left to take. */
  async wake(queueUrl: string): Promise<void> {
    const line = this.#lines.get(queueUrl);
    if (!line) return;
    line.again = true;
    if (line.busy) return;
    line.busy = true;
    while (line.again) {
      line.again = false;
      await this.#serve(queueUrl, line);
    }
    line.busy = false;
    if (this.#lines.get(queueUrl) !== line) return;
    if (line.waiters.length > 0) {
      line.tick ??= setInterval(() => void this.wake(queueUrl), TICK_MS);
    } else {
      clearInterval(line.tick);
      this.#lines.delete(queueUrl);
    }
  }

  stop(): void {
    for (const line of this.#lines.values()) {
      clearInterval(line.tick);
      for (const { timer } of line.waiters) clearTimeout(timer);
    }
    this.#lines.clear();
  }

  async #serve(queueUrl: string, line: Line): Promise<void> {
    for (let waiter = line.waiters.shift(); waiter; waiter = line.waiters.shift()) {
      if (waiter.response.destroyed) {
        clearTimeout(waiter.timer);
        continue;
      }
      const reply = await this.#call("ReceiveMessage", waiter.body);
      if (reply.status === 200 && messagesOf(reply).length === 0 && !waiter.expired) {
        line.waiters.unshift(waiter);
        return;
      }
      this.#deliver(queueUrl, waiter, reply);
    }
  }

  #deliver(queueUrl: string, { response, timer }: Waiter, reply: Reply): void {
    clearTimeout(timer);
    if (response.destroyed) {
      void this.#giveBack(queueUrl, reply);
      return;
    }
    response.once("close", () => {
      if (!response.writableFinished) void this.#giveBack(queueUrl, reply);
    });
    response.writeHead(reply.status, { ...reply.headers, "content-length": reply.body.length });
    response.end(reply.body);
  }

  async #giveBack(queueUrl: string, reply: Reply): Promise<void> {
    const entries = messagesOf(reply).map(({ ReceiptHandle }, index) => ({
      Id: String(index),
      ReceiptHandle,
      VisibilityTimeout: 0,
    }));
    if (entries.length === 0) return;
    await this.#call("ChangeMessageVisibilityBatch", { QueueUrl: queueUrl, Entries: entries });
    await this.wake(queueUrl);
  }

  #expire(queueUrl: string, waiter: Waiter): void {
    waiter.expired = true;
    // Its turn comes first, so that whoever stands before it does not make it late.
    const waiters = this.#lines.get(queueUrl)?.waiters ?? [];
    const at = waiters.indexOf(waiter);
    if (at > 0) waiters.unshift(...waiters.splice(at, 1));
    void this.wake(queueUrl);
  }
}
