import { accepts } from "hono/accepts";
import type { z } from "zod";
import { Problem } from "#core/domain/problem.ts";
import { isTerminal } from "#core/domain/run.ts";
import { RECEIPT_TYP, receiptPayload } from "#core/domain/signed-receipt.ts";
import type { Signer } from "#core/ports/signer.ts";
import { findReceipt } from "#core/store/runs/find-receipt.ts";
import { callerOf } from "../admission/authenticate.ts";
import type { EdgeHandler } from "../http/context.ts";
import type { receiptView } from "./schemas.ts";
import { runIdOf } from "../runs/find-own-run.ts";
import { NO_QUERY, readQuery } from "../http/query.ts";
import { read } from "../admission/read.ts";
import { noSuchRun, signsNoReceipts, underAudit } from "../admission/refusals.ts";
import type { ShieldDeps } from "../admission/shield.ts";

const JSON_TYPE = "application/json";
const JOSE_TYPE = "application/jose";

interface ReceiptDeps extends ShieldDeps {
  /** Who signs, where it is not to be the origin that was asked, which follows the request's Host. */
  readonly origin: string | undefined;
  /** Undefined: this deployment has no key to sign with. */
  readonly signer: Signer | undefined;
}

/** `GET /v1/runs/{id}/receipt`: what the run was, gave and cost, signed. */
export function getReceipt(deps: ReceiptDeps): EdgeHandler {
  return async (c) => {
    const caller = callerOf(c);
    const run_id = runIdOf(c);
    readQuery(c, NO_QUERY);
    const { rate, verdict } = await read(deps, caller, () => findReceipt(deps.db, caller.key_sha256, run_id));
    if (rate !== undefined) c.set("rate", { policy: "read", state: rate });
    if (verdict instanceof Problem) throw verdict;
    if (verdict.kind !== "found") throw noSuchRun();
    const { run } = verdict;
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
    return c.json({ receipt, jwks_uri: `${origin}/.well-known/jwks.json` } satisfies z.input<typeof receiptView>);
  };
}
