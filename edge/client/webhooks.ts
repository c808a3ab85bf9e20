import { NotFoundError } from "./errors.ts";
import { type List, listOf } from "./pages.ts";
import { pathTo, type Transport } from "./transport.ts";
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

const pathOf = (...parts: readonly string[]): string => pathTo("webhooks", ...parts);

/** Webhooks of the account; all of it needs the scope `admin`. */
export const webhooksOf = (transport: Transport) => ({
  list: async (options: CallOptions = {}): Promise<Webhook[]> =>
    (await transport.data<{ webhooks: Webhook[] }>("GET", pathOf(), options)).webhooks,

  /** The `secret` is in this answer alone. Never sent again: after a ConnectionError, list the webhooks. */
  create: (body: CreateWebhook, options: CallOptions = {}): Promise<WebhookCreated> =>
    transport.data("POST", pathOf(), options, body),

  get: (endpoint_id: string, options: CallOptions = {}): Promise<Webhook> =>
    transport.data("GET", pathOf(endpoint_id), options),

  delete: async (endpoint_id: string, options: CallOptions = {}): Promise<void> => {
    try {
      await transport.data("DELETE", pathOf(endpoint_id), options);
    } catch (error) {
      // The attempt before may have deleted it, and its answer was lost.
      if (!(error instanceof NotFoundError && error.attempts > 1)) throw error;
    }
  },

  /** A new secret; the old one signs beside it for 24 hours. Never sent again. */
  rotate: (endpoint_id: string, options: CallOptions = {}): Promise<WebhookSecret> =>
    transport.data("POST", pathOf(endpoint_id, "rotate"), options),

  /** After its receiver answered 410. */
  enable: (endpoint_id: string, options: CallOptions = {}): Promise<Webhook> =>
    transport.data("POST", pathOf(endpoint_id, "enable"), options),

  /** An event `webhook.test` for this one alone; `deliveries` has what became of it. Never sent again. */
  test: (endpoint_id: string, options: CallOptions = {}): Promise<Delivery> =>
    transport.data("POST", pathOf(endpoint_id, "test"), options),

  /** `default` as the id lists those to runs' own addresses. */
  deliveries: (
    endpoint_id: string,
    query: DeliveryQuery = {},
    options: CallOptions = {},
  ): List<Delivery, DeliveryPage> => listOf(transport, pathOf(endpoint_id, "deliveries"), "deliveries", query, options),

  redeliver: (endpoint_id: string, delivery_id: string, options: CallOptions = {}): Promise<Delivery> =>
    transport.data("POST", pathOf(endpoint_id, "deliveries", delivery_id, "redeliver"), options),

  /** What signs the events to runs' own addresses. */
  defaultSecret: (options: CallOptions = {}): Promise<WebhookSecret> =>
    transport.data("GET", pathOf("default", "secret"), options),
});
export type Webhooks = ReturnType<typeof webhooksOf>;
