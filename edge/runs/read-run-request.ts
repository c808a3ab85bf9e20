import { minimumFee } from "#core/domain/money.ts";
import { type Estimate, type PackOffer, priceRange, unfilled } from "#core/domain/pack.ts";
import { catalog } from "#core/domain/packs/catalog.ts";
import { parseRunRequest, payloadOf } from "#core/domain/run-request.ts";
import type { WebhookPolicy } from "#core/domain/webhook-url.ts";
import type { Random } from "#core/ports/random.ts";
import { type Body, bodyDocument, parseJson } from "../http/body.ts";
import { bodyProblem } from "../http/field-errors.ts";
import { modelNotConfigured } from "./problems.ts";
import type { SubmitRequest } from "./submit.ts";
import { newSecret } from "../webhooks/new-secret.ts";

/** The body of a submit, read. */
export interface RunOrder {
  readonly offer: PackOffer;
  readonly estimate: Estimate;
  readonly request: Omit<SubmitRequest, "idempotency_key" | "traceparent">;
}

export interface ReadRunDeps {
  readonly random: Random;
  readonly webhook_policy: WebhookPolicy;
  /**
   * False: nobody fills in what inputs lack, so that the answer, and failing to give it, costs nothing; and what only a
   * model can do is refused.
   */
  readonly has_model: boolean;
}

/** The body of a submit and of an estimate. */
export const runBody: Body<RunOrder, ReadRunDeps> = {
  document: bodyDocument("CreateRun"),
  required: true,
  parse: (bytes, deps) => readRunRequest(deps, parseJson(bytes ?? new Uint8Array())),
};

/** Reads the body of a submit or an estimate. Throws the 400 problem for an invalid one. */
export function readRunRequest(deps: ReadRunDeps, body: unknown): RunOrder {
  const parsed = parseRunRequest(body, deps.webhook_policy);
  if ("error" in parsed) throw bodyProblem(parsed.error);
  const { request } = parsed;
  const offer = catalog.get(request.pack_type);
  if (offer === undefined) throw new Error(`no offer for the pack ${request.pack_type}`);
  const asked = offer.estimate(request.inputs);
  const estimate = deps.has_model ? asked : unfilled(asked);
  const price = priceRange(offer.prices, estimate);
  return {
    offer,
    estimate,
    request: {
      refusal: asked.needs_model && !deps.has_model ? modelNotConfigured() : undefined,
      content: once(() => {
        const { inputs, sha256: payload_sha256 } = payloadOf(request);
        return { payload_sha256, inputs };
      }),
      pack_type: offer.type,
      pack_version: offer.version,
      metadata: request.metadata ?? {},
      reserve: request.max_cost_usd,
      price,
      minimum_fee: minimumFee(request.max_cost_usd, price.certain),
      timebox_sec: request.timebox_sec,
      min_reliability: request.min_reliability_score ?? null,
      webhook:
        request.webhook === undefined
          ? undefined
          : { url: request.webhook, secret: newSecret(deps), include_output: request.webhook_include_output },
    },
  };
}

/** The first call's answer, given again to every later one. */
function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}
