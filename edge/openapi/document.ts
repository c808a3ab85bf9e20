import { z } from "zod";
import { budget } from "../docs/resources/budget.ts";
import { packs } from "../docs/resources/packs.ts";
import { receipts } from "../docs/resources/receipts.ts";
import { keys } from "../docs/resources/keys.ts";
import { mcp } from "../docs/resources/mcp.ts";
import { runs } from "../docs/resources/runs.ts";
import { service } from "../docs/resources/service.ts";
import { usage } from "../docs/resources/usage.ts";
import { webhooks } from "../docs/resources/webhooks.ts";
import { components } from "./components.ts";
import type { Json } from "./json.ts";
import type { Resource } from "./describe.ts";
import { eventSchemas, webhookRequests } from "../webhooks/events.ts";

const API_VERSION = "1.0.0";
const RESOURCES: readonly Resource[] = [runs, receipts, packs, budget, usage, keys, webhooks, mcp, service];

let described: Json | undefined;

/** The OpenAPI 3.1 document as seen from `origin`. */
export function openapiDocument(origin: string): Json {
  // The same for an isolate's whole life, but for where it is seen from.
  described ??= describeAll();
  return { ...described, servers: [{ url: origin }] };
}

function describeAll(): Json {
  return {
    openapi: "3.1.0",
    info: {
      title: "Decisionproof",
      version: API_VERSION,
      summary: "Paid work for AI agents",
      description:
        "Submit a run, get a verified result, pay exactly what it cost, once. Amounts are decimal strings of USD, times are RFC 3339 in UTC, errors are RFC 9457 problem documents. Submits have a rate of their own; whatever else needs an API key counts against the rate of reads.",
      contact: { name: "Decisionproof" },
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    security: [{ apiKey: [] }],
    tags: RESOURCES.map(({ tag }) => tag),
    paths: Object.fromEntries(
      RESOURCES.flatMap(({ paths }) => Object.entries(paths).map(([path, item]) => [path, withScopes(item)])),
    ),
    webhooks: webhookRequests,
    components: components([...RESOURCES.map(({ answers }) => answers), eventSchemas]),
  };
}

/** The operations of one path, each of which says to people too which scope it needs. */
const withScopes = (item: Json): Json =>
  Object.fromEntries(
    Object.entries(item).map(([key, part]) => {
      const found = operation.safeParse(part).data;
      const scope = found?.["x-scope"];
      if (found === undefined || scope === undefined) return [key, part];
      const needs = scope === "any" ? "Takes any API key." : `Needs the scope \`${scope}\`.`;
      return [key, { ...(part as Json), description: `${found.description} ${needs}` }];
    }),
  );

/** What one operation is called and what it needs, as the document tells it. */
export interface Operation {
  readonly method: string;
  readonly path: string;
  readonly summary: string;
  readonly description: string;
  readonly open: boolean;
}

const operation = z.object({
  summary: z.string(),
  description: z.string(),
  security: z.array(z.unknown()).optional(),
  "x-scope": z.string().optional(),
});
const METHODS = ["get", "post", "put", "patch", "delete"];

/** Every operation of a document, in its order. */
export function listOperations(document: Json): readonly Operation[] {
  return Object.entries(document["paths"] as Json).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const found = operation.safeParse((item as Json)[method]).data;
      if (found === undefined) return [];
      const { summary, description, security } = found;
      return [{ method: method.toUpperCase(), path, summary, description, open: security?.length === 0 }];
    }),
  );
}
