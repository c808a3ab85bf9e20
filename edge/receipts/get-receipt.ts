import { accepts } from "hono/accepts";
import { Problem } from "#core/domain/problem.ts";
import { isTerminal } from "#core/domain/run.ts";
import { RECEIPT_TYP, receiptPayload } from "#core/domain/signed-receipt.ts";
import type { Signer } from "#core/ports/signer.ts";
import type { ShieldDeps } from "../admission/shield.ts";
import { operation } from "../http/operation.ts";
import { VARY } from "../openapi/headers.ts";
import { findOwnRun } from "../runs/find-own-run.ts";
import { underAudit } from "../runs/problems.ts";
import { runIdParameter } from "../runs/run-id.ts";
import { RECEIPT, receiptView } from "./schemas.ts";

const JSON_TYPE = "application/json";
const JOSE_TYPE = "application/jose";

interface ReceiptDeps extends ShieldDeps {
  /** Who signs, where it is not to be the origin that was asked, which follows the request's Host. */
  readonly origin: string | undefined;
  /** Undefined: this deployment has no key to sign with. */
  readonly signer: Signer | undefined;
}

export const getReceipt = operation({
  id: "getReceipt",
  method: "GET",
  path: "/v1/runs/{id}/receipt",
  scope: "read",
  tag: "receipts",
  summary: "Get a run's signed receipt",
  description:
    "What the run was, gave and cost, as a compact JWS (EdDSA with Ed25519, `typ` `dpp-receipt+jwt`) that anybody can verify offline with the JWK Set. For every run that is over, however it ended, and past its retention too; the same run gives the same receipt. Claims: `iss`, `iat` (when the run ended), `sub` (the run's id), `tenant_id`, `pack_type`, `pack_version`, `status`, `payload_sha256`, `result_sha256`, `result_bytes`, `reserved_usd`, `charged_usd`, `minimum_fee_usd`, `created_at`, `started_at`, `finished_at`, `reason_code`. `payload_sha256` is the SHA-256 of the canonical JSON (RFC 8785) of the submit as it was read: `inputs` with the pack's defaults, `max_cost_usd` with four to six decimal places, `metadata` and `timebox_sec` with their defaults, `pack_type`, and where given `min_reliability_score` and `webhook`, and `webhook_include_output` where true.",
  params: { id: runIdParameter },
  responses: {
    200: {
      description: "The receipt.",
      schema: receiptView,
      content: { [JOSE_TYPE]: { schema: { type: "string" }, example: RECEIPT } },
      headers: VARY,
    },
  },
  problems: ["not-found", "run-not-completed", "run-under-audit"],
  async handle(request, deps: ReceiptDeps) {
    const { c, params, json } = request;
    const run = await findOwnRun(request, deps, params.id);
    if (deps.signer === undefined) throw signsNoReceipts();
    if (run.money_state === "AUDIT_REQUIRED") throw underAudit();
    if (!isTerminal(run.status)) {
      throw new Problem("run-not-completed", `The run is ${run.status}.`, { retry_after_s: 1 });
    }

    const origin = deps.origin ?? new URL(c.req.url).origin;
    const receipt = await deps.signer.sign(receiptPayload(origin, run), RECEIPT_TYP);
    c.header("Vary", "Accept", { append: true });
    const type = accepts(c, { header: "Accept", supports: [JSON_TYPE, JOSE_TYPE], default: JSON_TYPE });
    if (type === JOSE_TYPE) return c.body(receipt, 200, { "Content-Type": JOSE_TYPE });
    return json(200, { receipt, jwks_uri: `${origin}/.well-known/jwks.json` });
  },
});

const signsNoReceipts = () =>
  new Problem("unavailable", "This deployment has no key for signing receipts. Its operator can configure one.", {
    retry_after_s: 60,
  });
