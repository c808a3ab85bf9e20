import { catalog } from "#core/domain/packs/catalog.ts";
import { exampleKey } from "../../../edge/keys/create-key.ts";
import { META } from "../../../edge/mcp/protocol.ts";
import { MODERN } from "../../../edge/mcp/revisions.ts";
import { madeUpKey, type LoneEdge } from "./lone-edge.ts";

type Json = Readonly<Record<string, unknown>>;

/** An operation that takes a body, and one that it takes. */
export interface BodyRoute {
  readonly name: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly example: Json;
  /** Where in the example hostile values are put, by the names that lead there; nowhere for a body that another route reads alike. */
  readonly probed: readonly string[] | undefined;
}

const ID = "01a1fa37-24d5-77a5-b92c-ccf601371541";

const run = (pack_type: string, inputs: unknown): Json => ({
  pack_type,
  inputs,
  max_cost_usd: "1.0000",
  timebox_sec: 60,
  min_reliability_score: 0.5,
  metadata: { order: "A-1" },
  webhook: "https://hooks.example.com/decisionproof",
});

/** Inputs with every field that a pack has, beyond its own example. */
const MORE: Readonly<Record<string, readonly Json[]>> = {
  ocr: [{ image_url: "https://example.com/scan.png", language: "eng" }],
  eval: [
    {
      cases: [{ id: "a", output: "1", expected: { type: "number", minimum: 0, enum: [1, 2] } }],
      metrics: [{ metric: "json_schema", label: "fits", schema: { type: "number" } }],
    },
    {
      cases: [{ id: "a", output: "1", expected: "1" }],
      metrics: [
        { metric: "regex", label: "shape", pattern: String.raw`^\d+$`, flags: "ims", full_match: true },
        { metric: "numeric", absolute: 0, relative: 0.1, threshold: 0.5 },
        { metric: "bleu", order: 2, smoothing: "none", tokenize: "13a", ignore_case: true },
        "regex",
        "levenshtein",
        "rouge_l",
      ],
      threshold: 0.5,
    },
  ],
};

const call = (name: string, more: Json, given: Json, probed?: readonly string[]): BodyRoute => ({
  probed,
  name: `POST /mcp ${name} ${typeof given["pack_type"] === "string" ? given["pack_type"] : ""}`.trim(),
  path: "/mcp",
  headers: { "MCP-Protocol-Version": MODERN, "Mcp-Method": "tools/call", "Mcp-Name": name },
  example: {
    jsonrpc: "2.0",
    id: 1,
    method: "tools/call",
    params: {
      name,
      arguments: { ...given, ...more },
      _meta: {
        [META.version]: MODERN,
        [META.capabilities]: { extensions: {} },
        [META.client]: { name: "a", version: "1" },
      },
    },
  },
});

const runs = [...catalog.values()].flatMap(({ type, examples }) =>
  [...examples.map(({ inputs }) => inputs), ...(MORE[type] ?? [])].map((inputs) => run(type, inputs)),
);

const post = (path: string, example: Json, name = path, probed: BodyRoute["probed"] = []): BodyRoute => ({
  probed,
  name: `POST ${name}`,
  path,
  headers: { "Idempotency-Key": "key-0001-key-0001" },
  example,
});

/** Every route that reads a body: the runs of every pack, over HTTP and MCP, and the others. */
export const BODY_ROUTES: readonly BodyRoute[] = [
  // What all packs have in common is probed in the first.
  ...runs.map((example, index) => {
    return post("/v1/runs", example, `/v1/runs ${String(example["pack_type"])}`, index === 0 ? [] : ["inputs"]);
  }),
  ...runs.map((example) => {
    return {
      ...post("/v1/runs/estimate", example, `/v1/runs/estimate ${String(example["pack_type"])}`),
      probed: undefined,
    };
  }),
  ...runs.map((example) => call("submit_run", { idempotency_key: "key-0001", wait_seconds: 0 }, example)),
  call("get_run", {}, { run_id: ID }, []),
  post(`/v1/runs/${ID}/cancel`, {}, "/v1/runs/{id}/cancel"),
  post("/v1/keys", { ...exampleKey, expires_at: "2030-01-31T00:00:00Z", mode: "test", read_per_minute: 1 }),
  post(`/v1/keys/${ID}/rotate`, { grace_seconds: 60 }, "/v1/keys/{id}/rotate"),
  post("/v1/webhooks", { url: "https://hooks.example.com/", events: ["run.completed"], description: "Orders" }),
  post(`/v1/webhooks/${ID}/rotate`, {}, "/v1/webhooks/{id}/rotate"),
  post(`/v1/webhooks/${ID}/enable`, {}, "/v1/webhooks/{id}/enable"),
  post(`/v1/webhooks/${ID}/deliveries/${ID}/redeliver`, {}, "/v1/webhooks/{id}/deliveries/{delivery_id}/redeliver"),
];

/** Sends a body with a made-up key whose checksum is right, and answers the status. */
export async function send(edge: LoneEdge, route: BodyRoute, body: string | Uint8Array<ArrayBuffer>): Promise<number> {
  const headers = {
    Authorization: `Bearer ${madeUpKey()}`,
    "Content-Type": "application/json",
    Accept: "application/json, text/event-stream",
    ...route.headers,
  };
  const response = await edge.fetch(new Request(`https://api.example${route.path}`, { method: "POST", headers, body }));
  await response.text();
  return response.status;
}
