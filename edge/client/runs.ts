import { type Bytes, chunksOf, fromUtf8, sha256, utf8 } from "./bytes.ts";
import { ConnectionError, DecisionproofError, RunFailedError, VerificationError } from "./errors.ts";
import { EventStreamParser } from "./event-stream.ts";
import { type List, listOf } from "./pages.ts";
import { verifyReceipt } from "./receipt.ts";
import { pathTo, pause, retryAfterMs, type Transport } from "./transport.ts";
import type {
  CallOptions,
  Estimate,
  KeySet,
  NewRun,
  Order,
  Output,
  PackType,
  ReceiptClaims,
  Run,
  RunOrId,
  RunPage,
  RunQuery,
} from "./types.ts";

const MAX_RESULT_BYTES = 8 * 1024 * 1024;
const CANCEL_TIMEOUT_MS = 10_000;
/** One after the other: something between client and API lets none through. */
const MAX_SILENT_STREAMS = 10;

export interface CreateOptions extends CallOptions {
  /** One for each piece of work, 8 to 64 printable ASCII characters; by default a UUID for each call. */
  readonly idempotencyKey?: string | undefined;
}

export interface RunOptions<P extends PackType = PackType> extends CreateOptions {
  /** Called with the run when it was accepted, and with every change that is seen. */
  readonly onProgress?: ((run: Run<P>) => void) | undefined;
}

export interface EventsOptions extends CallOptions {
  /** The `id` of the last event that was seen, to go on after it. */
  readonly lastEventId?: string | undefined;
}

export interface GetOptions extends CallOptions {
  readonly include?: readonly ("inputs" | "output")[] | undefined;
}

const isOver = ({ status }: Run): boolean => status !== "QUEUED" && status !== "PROCESSING";
/** Nothing changes before a person has decided. */
const isHeld = ({ money_state }: Run): boolean => money_state === "AUDIT_REQUIRED";

const idOf = (run: RunOrId): string => (typeof run === "string" ? run : run.run_id);
const pathOf = (run: RunOrId, ...rest: readonly string[]): string => pathTo("runs", idOf(run), ...rest);

export class Runs {
  readonly #transport: Transport;
  #keys: KeySet | undefined;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Submits a run and does not wait for its end. */
  create<P extends PackType>(request: NewRun<P>, options: CreateOptions = {}): Promise<Run<P>> {
    return this.#submit(request, options);
  }

  /** What a submit of this body would cost, and whether it would be accepted; reserves nothing. */
  estimate<P extends PackType>(request: NewRun<P>, options: CallOptions = {}): Promise<Estimate> {
    return this.#transport.data("POST", "/v1/runs/estimate", { ...options, isSafe: true }, request);
  }

  get<P extends PackType>(run: RunOrId<P>, { include, ...options }: GetOptions = {}): Promise<Run<P>> {
    return this.#transport.data("GET", pathOf(run), { ...options, query: { include } });
  }

  /** The account's runs, newest first unless `order` says otherwise. */
  list(query: RunQuery = {}, options: CallOptions = {}): List<Run, RunPage> {
    return listOf(this.#transport, "/v1/runs", "runs", query, options);
  }

  /** The run once it is over, however it ended, or held for review. Aborting stops only the waiting. */
  async wait<P extends PackType>(run: RunOrId<P>, options: CallOptions = {}): Promise<Run<P>> {
    const request = { method: "GET", path: pathOf(run), headers: this.#transport.held(options), ...options } as const;
    for (;;) {
      const { data, headers } = await this.#transport.send<Run<P>>(request);
      if (isOver(data) || isHeld(data)) return data;
      // It was not held open: too many are.
      if (!headers.has("preference-applied")) await pause(retryAfterMs(headers) ?? 1_000, options.signal);
    }
  }

  /** Asks a run to end. A run in progress costs the minimum fee, a queued one nothing. */
  cancel<P extends PackType>(run: RunOrId<P>, options: CallOptions = {}): Promise<Run<P>> {
    return this.#transport.data("POST", pathOf(run, "cancel"), { ...options, isSafe: true });
  }

  /** The run as it is, then as it is after every change that is seen, until it is over. */
  async *events<P extends PackType>(
    run: RunOrId<P>,
    { lastEventId, ...options }: EventsOptions = {},
  ): AsyncGenerator<{ readonly id: string; readonly run: Run<P> }, void, undefined> {
    const parser = new EventStreamParser(lastEventId);
    for (let silent = 0; ; silent++) {
      if (silent > MAX_SILENT_STREAMS)
        throw new ConnectionError("no event came", {
          attempts: silent,
          idempotencyKey: undefined,
        });
      const last = parser.lastEventId;
      const headers = { accept: "text/event-stream", ...(last && { "last-event-id": last }) };
      const stream = await this.#transport.open({ method: "GET", path: pathOf(run, "events"), headers, ...options });
      const { body, status } = stream.response;
      // Over, and its last event was seen.
      if (status === 204 || body === null) return stream.end();
      parser.reset();
      try {
        for await (const chunk of chunksOf(body)) {
          stream.renew();
          silent = 0;
          for (const { event, data } of parser.push(chunk)) {
            if (event !== "status") continue;
            const changed = JSON.parse(data) as Run<P>;
            yield { id: parser.lastEventId ?? "", run: changed };
            if (isOver(changed)) return;
          }
        }
      } catch (error) {
        // A stream that broke is taken up again; what the caller threw into it is the caller's.
        options.signal?.throwIfAborted();
        if (!isBroken(error)) throw error;
      } finally {
        stream.end();
      }
      await pause(parser.retryMs, options.signal);
    }
  }

  /** The bytes of a run's result once it is over, which have the hash that the run states. */
  async download(run: RunOrId, options: CallOptions = {}): Promise<Uint8Array> {
    return this.#download(await this.#ended(run, options), options);
  }

  async #download(known: Run, options: CallOptions): Promise<Bytes> {
    const { result } = known;
    if (result === null) throw new RunFailedError(known);
    const max = Math.min(result.size_bytes, MAX_RESULT_BYTES);
    const request = { method: "GET", path: pathOf(known, "output"), ...options } as const;
    const bytes = await this.#transport.download(request, max);
    if ((await sha256(bytes)) !== result.sha256)
      throw new VerificationError(`the result of ${known.run_id} has another sha256`);
    return bytes;
  }

  /** The result of a run once it is over. Throws RunFailedError where it has none. */
  async output<P extends PackType>(run: RunOrId<P>, options: CallOptions = {}): Promise<Output<P>> {
    const known = await this.#ended(run, options);
    if (known.output && (await isAsStored(known))) return known.output;
    return JSON.parse(fromUtf8(await this.#download(known, options))) as Output<P>;
  }

  async #ended<P extends PackType>(run: RunOrId<P>, options: CallOptions): Promise<Run<P>> {
    return typeof run !== "string" && (isOver(run) || isHeld(run)) ? run : this.wait(run, options);
  }

  /** The receipt of a run that is over, verified: to be kept, for anybody to verify again. */
  async receipt(run: RunOrId, options: CallOptions = {}): Promise<{ receipt: string; claims: ReceiptClaims }> {
    const { receipt } = await this.#transport.data<{ receipt: string }>("GET", pathOf(run, "receipt"), options);
    const expected = {
      run_id: idOf(run),
      ...(typeof run !== "string" && { result_sha256: run.result?.sha256 }),
    };
    const verified = async (keys: KeySet) => ({ receipt, claims: await verifyReceipt(receipt, keys, expected) });
    try {
      if (this.#keys !== undefined) return await verified(this.#keys);
    } catch {
      // The key that signed may be newer than these.
    }
    return verified(await this.receiptKeys(options));
  }

  /** The keys that verify receipts, read again at each call. */
  async receiptKeys(options: CallOptions = {}): Promise<KeySet> {
    this.#keys = await this.#transport.data<KeySet>("GET", "/.well-known/jwks.json", options);
    return this.#keys;
  }

  /** Submits, waits and checks: the result. */
  async run<P extends PackType>(
    pack: P,
    order: Order<P>,
    { onProgress, idempotencyKey = crypto.randomUUID(), ...options }: RunOptions<P> = {},
  ): Promise<Output<P>> {
    const request: NewRun<P> = { ...order, pack_type: pack };
    // A run that may have to be canceled, or shown, must be known before it is over.
    const headers = onProgress || options.signal ? undefined : this.#transport.held(options);
    options.signal?.throwIfAborted();
    let run: Run<P> | undefined;
    try {
      run = await this.#submit(request, { idempotencyKey, ...options }, headers);
      if (onProgress !== undefined)
        for await (const event of this.events(run, options)) {
          run = event.run;
          onProgress(run);
          if (isHeld(run)) break;
        }
      if (!isOver(run) && !isHeld(run)) run = await this.wait(run, options);
      // A key without the scope `read` is not shown the result of what it submits again: this says so.
      if (run.status === "COMPLETED" && run.result === null) run = await this.get(run, options);
      return await this.output(run, options);
    } catch (error) {
      if (options.signal?.aborted === true && !(run && isOver(run))) {
        const last = { timeoutMs: CANCEL_TIMEOUT_MS };
        try {
          // One whose answer was not awaited is found by its key.
          await this.cancel(run ?? (await this.#submit(request, { idempotencyKey, ...last })), last);
        } catch {
          // The run goes on to its end, within its cap.
        }
      }
      throw error;
    }
  }

  #submit<P extends PackType>(
    request: NewRun<P>,
    { idempotencyKey = crypto.randomUUID(), ...options }: CreateOptions,
    headers?: Record<string, string>,
  ): Promise<Run<P>> {
    return this.#transport.data("POST", "/v1/runs", { ...options, headers, idempotencyKey }, request);
  }
}

/** Of reading a stream: neither what it said, nor an error of this client. */
const isBroken = (error: unknown): boolean => !(error instanceof DecisionproofError || error instanceof SyntaxError);

/** Results are canonical JSON (RFC 8785), which JSON.stringify gives back but for members whose names are integers. */
async function isAsStored({ output, result }: Run): Promise<boolean> {
  return (await sha256(utf8(JSON.stringify(output)))) === result?.sha256;
}
