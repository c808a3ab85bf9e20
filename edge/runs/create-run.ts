import { idempotencyKey } from "#core/domain/idempotency.ts";
import { formatUsd } from "#core/domain/money.ts";
import { Problem } from "#core/domain/problem.ts";
import { operation } from "../http/operation.ts";
import type { Parameter } from "../http/parameters.ts";
import { COST, headerRef, LOCATION, RATE } from "../openapi/headers.ts";
import { runBody } from "./read-run-request.ts";
import { accepted } from "./schemas.ts";
import { submit, type SubmitDeps } from "./submit.ts";

const POLL_INTERVAL_MS = 1_000;

const idempotencyKeyHeader: Parameter<string> = {
  parse: (value) => {
    const key = idempotencyKey.safeParse(value);
    if (key.success) return key.data;
    throw new Problem("invalid-idempotency-key", undefined, {
      errors: [
        {
          header: "Idempotency-Key",
          detail: "must be one of 8 to 64 printable ASCII characters, no comma followed by a space",
        },
      ],
    });
  },
  document: {
    required: true,
    description:
      "One key per piece of work; every retry sends the same one. Printable ASCII, no space at either end or after a comma.",
    schema: {
      type: "string",
      minLength: 8,
      maxLength: 64,
      pattern: "^(?:[\\x21-\\x7e]*[\\x21-\\x2b\\x2d-\\x7e] +)*[\\x21-\\x7e]+$",
    },
    example: "order-A-1-first",
  },
};

export const createRun = operation({
  id: "createRun",
  method: "POST",
  path: "/v1/runs",
  scope: "submit",
  policy: "submit",
  tag: "runs",
  summary: "Submit a run",
  description:
    "Reserves max_cost_usd, queues the work and responds at once. A max_cost_usd below the minimum price of a success is refused. The same Idempotency-Key with the same body is the same run, however often it is sent and however it is written (the order of members, the zeros of an amount, and defaults spelt out do not count); the unused part of the reservation is released when the run ends.",
  headers: { "Idempotency-Key": idempotencyKeyHeader },
  body: runBody,
  responses: {
    202: {
      description: "The run exists and its money is held.",
      schema: accepted,
      headers: { ...COST, ...RATE, ...LOCATION, "Idempotency-Replayed": headerRef("IdempotencyReplayed") },
    },
  },
  problems: [
    "invalid-request",
    "invalid-idempotency-key",
    "scope-missing",
    "pack-not-in-plan",
    "cost-over-plan-limit",
    "idempotency-conflict",
    "budget-exceeded",
    "max-cost-below-price",
    "rate-limited",
    "too-many-open-runs",
    "unavailable",
    "read-only",
  ],
  async handle({ c, caller, headers, body, defer, unwrap, json }, deps: Omit<SubmitDeps, "defer">) {
    const request = {
      ...body.request,
      idempotency_key: headers["Idempotency-Key"],
      traceparent: c.get("trace").parent,
    };
    const run = unwrap(await submit({ ...deps, defer }, caller, request));
    const href = `/v1/runs/${run.run_id}`;
    const reserved = formatUsd(run.reserved);
    const minimum_fee = formatUsd(run.minimum_fee);
    return json(
      202,
      {
        run_id: run.run_id,
        status: run.status,
        created_at: run.created_at.toISOString(),
        reserved_cost_usd: reserved,
        minimum_fee_usd: minimum_fee,
        poll: { href, recommended_interval_ms: POLL_INTERVAL_MS },
      },
      {
        Location: href,
        "X-DPP-Cost-Reserved": reserved,
        "X-DPP-Cost-Minimum-Fee": minimum_fee,
        ...(run.replayed && { "Idempotency-Replayed": "true" }),
      },
    );
  },
});
