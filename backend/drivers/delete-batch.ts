import { DeleteMessageBatchCommand, type SQSClient } from "@aws-sdk/client-sqs";
import { Outage } from "#core/domain/outage.ts";
import type { LeanSqs } from "./lean-sqs.ts";

const MOST = 10;
/** Long enough to gather the runs of a busy worker, short beside everything else that a run does. */
const GATHER_MS = 10;

interface Waiting {
  readonly handle: string;
  resolve(): void;
  reject(reason: Outage): void;
}

/** Deletes messages up to ten at a time: each call costs more than what it does. */
export class DeleteBatch {
  readonly #client: SQSClient;
  readonly #queue_url: string;
  readonly #lean: LeanSqs;
  #waiting: Waiting[] = [];
  readonly #sent = new Set<Promise<void>>();
  #timer: NodeJS.Timeout | undefined;

  constructor(client: SQSClient, queue_url: string, lean: LeanSqs) {
    this.#client = client;
    this.#queue_url = queue_url;
    this.#lean = lean;
  }

  /** Resolves once the message is deleted; rejects with an {@link Outage} when that is not known. */
  delete(handle: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ handle, resolve, reject });
      if (this.#waiting.length >= MOST) void this.#flush();
      else this.#timer ??= setTimeout(() => void this.#flush(), GATHER_MS);
    });
  }

  /** Sends what still waits, and waits for all that was sent. */
  async drain(): Promise<void> {
    void this.#flush();
    await Promise.allSettled(this.#sent);
  }

  #flush(): Promise<void> {
    const sent = this.#send().finally(() => this.#sent.delete(sent));
    this.#sent.add(sent);
    return sent;
  }

  async #send(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const batch = this.#waiting;
    this.#waiting = [];
    if (batch.length === 0) return;
    try {
      const Entries = batch.map(({ handle }, index) => ({ Id: String(index), ReceiptHandle: handle }));
      const response =
        (await this.#lean.delete(Entries)) ??
        (await this.#client.send(new DeleteMessageBatchCommand({ QueueUrl: this.#queue_url, Entries })));
      const failed = new Set((response.Failed ?? []).map(({ Id }) => Id));
      batch.forEach((each, index) => {
        if (failed.has(String(index))) each.reject(new Outage("sqs", new Error("a message was not deleted")));
        else each.resolve();
      });
    } catch (error) {
      for (const each of batch) each.reject(new Outage("sqs", error));
    }
  }
}
