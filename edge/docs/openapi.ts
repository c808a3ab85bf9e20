import { budget } from "./areas/budget.ts";
import { packs } from "./areas/packs.ts";
import { receipts } from "./areas/receipts.ts";
import { keys } from "./areas/keys.ts";
import { mcp } from "./areas/mcp.ts";
import { runs } from "./areas/runs.ts";
import { service } from "./areas/service.ts";
import { usage } from "./areas/usage.ts";
import { webhooks } from "./areas/webhooks.ts";
import { components, type Json } from "./components.ts";
import type { Area } from "./describe.ts";
import { eventSchemas, webhookRequests } from "./webhook-events.ts";

const API_VERSION = "1.0.0";
const AREAS: readonly Area[] = [runs, receipts, packs, budget, usage, keys, webhooks, mcp, service];

/** The OpenAPI 3.1 document as seen from `origin`. */
export function openapiDocument(origin: string): Json {
  return {
    openapi: "3.1.0",
    info: {
      title: "Decisionproof",
      version: API_VERSION,
      summary: "Paid work for AI agents",
      description:
        "Submit a run, get a verified result, pay exactly what it cost, once. Amounts are decimal strings of USD, times are RFC 3339 in UTC, errors are RFC 9457 problem documents.",
      contact: { name: "Decisionproof" },
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: origin }],
    security: [{ apiKey: [] }],
    tags: AREAS.map(({ tag }) => tag),
    paths: Object.assign({}, ...AREAS.map(({ paths }) => paths)) as Json,
    webhooks: webhookRequests,
    components: components([...AREAS.map(({ answers }) => answers), eventSchemas]),
  };
}
