import { idOf, idParameter, type Parameter } from "../http/parameters.ts";

const WEBHOOK_ID = "01a1fa2f-41b7-7c02-8d9e-5a6f30c1b283";
/** A delivery's id, as an example. */
export const DELIVERY_ID = "6f1d8a4e-0c57-4b39-9a2e-3d7c51f0e8b6";
/** In a path: the endpoint of what goes to runs' own addresses. */
const DEFAULT = "default";

export const webhookId = idParameter("id", "The webhook's id.", WEBHOOK_ID);
export const deliveryId = idParameter("delivery_id", "The delivery's id.", DELIVERY_ID);

/** Undefined for the default endpoint. */
export const webhookIdOrDefault: Parameter<string | undefined> = {
  parse: (value, name) => (value === DEFAULT ? undefined : idOf("id", name, value)),
  document: {
    description: "The webhook's id, or `default`.",
    schema: { anyOf: [{ type: "string", format: "uuid" }, { const: DEFAULT }] },
    example: WEBHOOK_ID,
  },
};
