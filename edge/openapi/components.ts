import { z } from "zod";
import { keyRequest, rotateRequest } from "#core/domain/key-request.ts";
import { problem } from "../service/problem-schema.ts";
import { exampleOf } from "./example.ts";
import type { Json } from "./json.ts";
import { requestSchemas } from "../runs/request-schemas.ts";
import { exampleKey } from "../docs/requests/keys.ts";
import { webhookRequest } from "../docs/requests/webhooks.ts";

export const schemaRef = (name: string): Json => ({ $ref: `#/components/schemas/${name}` });

function responseSchema(schema: z.ZodType, io: "input" | "output" = "output"): Json {
  // Components share one document, which names the dialect itself.
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io });
  return { ...rest, examples: [exampleOf(rest)] };
}

const header = (description: string, type: "string" | "integer" = "string"): Json => ({
  description,
  schema: { type },
});

export const headerRef = (name: string): Json => ({ $ref: `#/components/headers/${name}` });

/** What every answer bears. */
export const COMMON = { "X-Request-ID": headerRef("RequestId"), traceparent: headerRef("Traceparent") };

/** Where the caller stands, on every answer to a key that is somebody's, while the shield answers; on no 401. */
export const RATE = { RateLimit: headerRef("RateLimit"), "RateLimit-Policy": headerRef("RateLimitPolicy") };

const HEADER_EXAMPLES: Readonly<Record<string, string | number>> = {
  RequestId: "01a1fa37-24d5-77a5-b92c-ccf601371541",
  Traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
  Vary: "Accept",
  VaryPrefer: "Prefer",
  PreferenceApplied: "wait=20",
  ContentDisposition: 'attachment; filename="ledger.csv"',
  RetryAfter: 1,
  WwwAuthenticate: "Bearer",
  Allow: "GET, HEAD",
  RateLimit: '"submit";r=49;t=1',
  RateLimitPolicy: '"submit";q=50;w=60',
  Location: "/v1/runs/01a1fa37-24d5-77a5-b92c-ccf601371541",
  Link: '</v1/runs?cursor=01a1fa37-24d5-77a5-b92c-ccf601371541>; rel="next"',
  NextPosition: "eyJsaXN0IjoibGVkZ2VyIiwiZXBvY2giOjEsIm9yZGVyIjoiMjgxNDc0OTc2NzExNDAwIiwiaWQiOiIxMDQyIn0",
  IdempotencyReplayed: "true",
  CostReserved: "1.0000",
  CostMinimumFee: "0.0200",
  CostActual: "0.0120",
};

const withExamples = (headers: Readonly<Record<string, Json>>): Json =>
  Object.fromEntries(
    Object.entries(headers).map(([name, each]) => [name, { ...each, example: HEADER_EXAMPLES[name] }]),
  );

export function components(answers: readonly Readonly<Record<string, z.ZodType>>[]): Json {
  return {
    securitySchemes: {
      apiKey: { type: "http", scheme: "bearer", description: "An API key: `dpp_live_...` or `dpp_test_...`." },
    },
    parameters: {
      RunId: {
        name: "id",
        in: "path",
        required: true,
        description: "The run's id.",
        schema: { type: "string", format: "uuid" },
        example: "01a1fa37-24d5-77a5-b92c-ccf601371541",
      },
    },
    headers: withExamples({
      RequestId: header("The caller's X-Request-ID, or a fresh one."),
      Traceparent: header("W3C Trace Context: the caller's trace, continued, or a fresh one."),
      VaryPrefer: header("Always `Prefer`."),
      PreferenceApplied: header("`wait=<seconds>` where `Prefer: wait` was followed (RFC 7240)."),
      ContentDisposition: header("With CSV: that it is a file, and its name."),
      Vary: header("What the answer depends on: `Accept`, and `Origin` where other origins are let in."),
      RetryAfter: header("Seconds to wait.", "integer"),
      WwwAuthenticate: header("Always `Bearer`."),
      Allow: header("The methods that this address takes."),
      RateLimit: header('What is left, and the seconds until all of it is back: `"submit";r=49;t=1`. On no 401.'),
      RateLimitPolicy: header('The rate, so many in so many seconds: `"submit";q=50;w=60`. On no 401.'),
      Location: header("Where that which was made is, or the download of a result."),
      Link: header('RFC 8288: the next page as `rel="next"`, where there is one.'),
      NextPosition: header("The `next_position` of a page in the order of commits, once there is one."),
      IdempotencyReplayed: header("`true` when the run was there before."),
      CostReserved: header("USD reserved."),
      CostMinimumFee: header("USD that a failure after work began costs."),
      CostActual: header("USD charged; absent until the run is closed."),
    }),
    schemas: {
      ...requestSchemas(schemaRef),
      CreateKey: { ...responseSchema(keyRequest, "input"), examples: [exampleKey] },
      RotateKey: { ...responseSchema(rotateRequest, "input"), examples: [{ grace_seconds: 3_600 }] },
      CreateWebhook: responseSchema(webhookRequest, "input"),
      Problem: responseSchema(problem),
      ...Object.fromEntries(
        answers.flatMap((resource) => Object.entries(resource).map(([name, schema]) => [name, responseSchema(schema)])),
      ),
    },
  };
}
