import { NotFoundError } from "./errors.ts";
import { List } from "./pages.ts";
import type { Transport } from "./transport.ts";
import type {
  CallOptions,
  CreateWebhook,
  Delivery,
  DeliveryPage,
  DeliveryQuery,
  Webhook,
  WebhookCreated,
  WebhookSecret,
} from "./types.ts";

const PATH = "/v1/webhooks";
const pathOf = (endpoint_id: string, rest = ""): string => `${PATH}/${encodeURIComponent(endpoint_id)}${rest}`;

/** Webhooks of the account; all of it needs the scope `admin`. */
export class Webhooks {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  async list(options: CallOptions = {}): Promise<Webhook[]> {
    return (await this.#transport.send<{ webhooks: Webhook[] }>({ method: "GET", path: PATH, ...options })).data
      .webhooks;
  }

  /** The `secret` is in this answer alone. Never sent again: after a ConnectionError, list the webhooks. */
  async create(body: CreateWebhook, options: CallOptions = {}): Promise<WebhookCreated> {
    return (await this.#transport.send<WebhookCreated>({ method: "POST", path: PATH, body, ...options })).data;
  }

  async get(endpoint_id: string, options: CallOptions = {}): Promise<Webhook> {
    return (await this.#transport.send<Webhook>({ method: "GET", path: pathOf(endpoint_id), ...options })).data;
  }

  async delete(endpoint_id: string, options: CallOptions = {}): Promise<void> {
    try {
      await this.#transport.send({ method: "DELETE", path: pathOf(endpoint_id), ...options });
    } catch (error) {
      // The attempt before may have deleted it, and its answer was lost.
      if (!(error instanceof NotFoundError && error.attempts > 1)) throw error;
    }
  }

  /** A new secret; the old one signs beside it for 24 hours. Never sent again. */
  async rotate(endpoint_id: string, options: CallOptions = {}): Promise<WebhookSecret> {
    const path = pathOf(endpoint_id, "/rotate");
    return (await this.#transport.send<WebhookSecret>({ method: "POST", path, ...options })).data;
  }

  /** After its receiver answered 410. */
  async enable(endpoint_id: string, options: CallOptions = {}): Promise<Webhook> {
    const path = pathOf(endpoint_id, "/enable");
    return (await this.#transport.send<Webhook>({ method: "POST", path, ...options })).data;
  }

  /** `default` as the id lists those to runs' own addresses. */
  deliveries(endpoint_id: string, query: DeliveryQuery = {}, options: CallOptions = {}): List<Delivery, DeliveryPage> {
    const path = pathOf(endpoint_id, "/deliveries");
    return new List<Delivery, DeliveryPage>(this.#transport, path, ({ deliveries }) => deliveries, query, options);
  }

  async redeliver(endpoint_id: string, delivery_id: string, options: CallOptions = {}): Promise<Delivery> {
    const path = pathOf(endpoint_id, `/deliveries/${encodeURIComponent(delivery_id)}/redeliver`);
    return (await this.#transport.send<Delivery>({ method: "POST", path, ...options })).data;
  }

  /** What signs the events to runs' own addresses. */
  async defaultSecret(options: CallOptions = {}): Promise<WebhookSecret> {
    return (
      await this.#transport.send<WebhookSecret>({ method: "GET", path: pathOf("default", "/secret"), ...options })
    ).data;
  }
}
