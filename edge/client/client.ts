import { type Keys, keysOf } from "./keys.ts";
import { type List, listOf } from "./pages.ts";
import { type RunOptions, Runs } from "./runs.ts";
import { type ApiResponse, type ClientOptions, pathTo, type RequestOptions, Transport } from "./transport.ts";
import type {
  Budget,
  CallOptions,
  KeySet,
  LedgerPage,
  LedgerQuery,
  Order,
  Output,
  Pack,
  PackType,
  Transfer,
  Usage,
  UsageQuery,
} from "./types.ts";
import { type Webhooks, webhooksOf } from "./webhooks.ts";

export {
  ApiError,
  AuthenticationError,
  BudgetExceededError,
  ConflictError,
  ConnectionError,
  DecisionproofError,
  NotFoundError,
  PermissionError,
  RateLimitError,
  RunFailedError,
  VerificationError,
} from "./errors.ts";
export type { List } from "./pages.ts";
export { type ExpectedReceipt, verifyReceipt } from "./receipt.ts";
export type { CreateOptions, EventsOptions, GetOptions, RunOptions } from "./runs.ts";
export type { $defs, components, operations, paths, webhooks } from "./schema.ts";
export type { ApiResponse, ClientOptions, Query, RequestOptions } from "./transport.ts";
export type * from "./types.ts";
export {
  type ReceivedWebhook,
  signWebhook,
  type VerifiedWebhook,
  verifyWebhook,
  type VerifyWebhookOptions,
  type WebhookToSign,
} from "./webhook-signature.ts";

/** A client of one account, by one API key. */
export class Decisionproof {
  readonly runs: Runs;
  readonly keys: Keys;
  readonly webhooks: Webhooks;
  readonly #transport: Transport;

  constructor(options: ClientOptions = {}) {
    this.#transport = new Transport(options);
    this.runs = new Runs(this.#transport);
    this.keys = keysOf(this.#transport);
    this.webhooks = webhooksOf(this.#transport);
  }

  /**
   * Buys one piece of work: submits, waits, and returns the result, whose bytes have the hash that the run states. Throws
   * RunFailedError if it ends without one. Aborting cancels the run.
   */
  run<P extends PackType>(pack: P, order: Order<P>, options: RunOptions<P> = {}): Promise<Output<P>> {
    return this.runs.run(pack, order, options);
  }

  readonly packs = {
    /** The catalogue: schemas, prices, limits and an example of each pack. */
    list: async (options: CallOptions = {}): Promise<Pack[]> =>
      (await this.#transport.data<{ packs: Pack[] }>("GET", "/v1/packs", options)).packs,
    get: (pack: PackType, options: CallOptions = {}): Promise<Pack> =>
      this.#transport.data("GET", pathTo("packs", pack), options),
  };

  readonly ledger = {
    /** Every movement of the account's money, newest first unless `order` says otherwise. */
    list: (query: LedgerQuery = {}, options: CallOptions = {}): List<Transfer, LedgerPage> =>
      listOf(this.#transport, "/v1/ledger", "transfers", query, options),
  };

  budget(options: CallOptions = {}): Promise<Budget> {
    return this.#transport.data("GET", "/v1/budget", options);
  }

  /** What runs cost, by day, pack or key, or by day and pack. */
  usage(query: UsageQuery = {}, options: CallOptions = {}): Promise<Usage> {
    return this.#transport.data("GET", "/v1/usage", { ...options, query });
  }

  /** The public keys that verify receipts: keep them to verify without the API. */
  receiptKeys(options: CallOptions = {}): Promise<KeySet> {
    return this.runs.receiptKeys(options);
  }

  /** Any path of the API. The data is parsed where it is JSON, and text where it is not. */
  get<T = unknown>(path: string, options: RequestOptions = {}): Promise<ApiResponse<T>> {
    return this.#transport.send<T>({ ...options, method: "GET", path });
  }

  /** Sent again only with an `idempotencyKey`. */
  post<T = unknown>(path: string, body?: unknown, options: RequestOptions = {}): Promise<ApiResponse<T>> {
    return this.#transport.send<T>({ ...options, method: "POST", path, body });
  }

  delete<T = unknown>(path: string, options: RequestOptions = {}): Promise<ApiResponse<T>> {
    return this.#transport.send<T>({ ...options, method: "DELETE", path });
  }
}
