import { inCode, inFunction, type Mutant, together } from "./mutant.ts";

const inClose = (name: string, find: string, put = "", backed_by?: string) =>
  inFunction(`close_run: ${name}`, "mark_closed", find, put, backed_by);
const inMoney = (name: string, find: string, put = "", backed_by?: string) =>
  inFunction(`move_money: ${name}`, "move_money", find, put, backed_by);
const inComplete = (name: string, find: string, put = "", backed_by?: string) =>
  inFunction(`complete_runs: ${name}`, "complete_runs", find, put, backed_by);
const inCancel = (name: string, find: string, put = "", backed_by?: string) =>
  inFunction(`end_run: ${name}`, "end_run", find, put, backed_by);

const ONE_AFTER_THE_OTHER =
  "statements of this world run one after the other; a contract test lets batches in opposite orders meet";

const moneyState = inClose(
  "the money state",
  "r.run_id = p_run_id AND r.money_state = 'RESERVED'",
  "r.run_id = p_run_id",
  "status, stage and token: what is closed has left them behind, and nobody but a cancel meets what is frozen",
);
const status = inClose(
  "the status",
  "AND r.status = p_from_status AND",
  "AND",
  "the stage and the token: a requeue clears both",
);
const stage = inClose(
  "the stage",
  "AND r.finalize_stage IS NOT DISTINCT FROM p_from_stage",
  "",
  "the tokens, for all callers but a cancel; and end_run looks at the stage under the lock",
);
const finalizeToken = inClose(
  "the finalize token",
  "THEN r.finalize_token = p_token",
  "THEN true",
  "S3: only the attempt whose receipt stands has anything to close with",
);
const tombstoneStops = inCode(
  "W4: a tombstone stops",
  "backend/worker/finalize.ts",
  'if (verdict.kind === "tombstone") return false;',
  'if (verdict.kind === "tombstone") return true;',
  "the finalize token: the sweep has taken it away",
);
const leaseToken = inClose("the lease token", "THEN r.lease_token = p_token", "THEN true");
const version = inClose(
  "the version",
  "ELSE r.version = p_version",
  "ELSE true",
  "end_run's lock, under which the version was read",
);
const claimedBranch = inCancel(
  "CLAIMED is only asked",
  "ELSIF v_run.finalize_stage = 'CLAIMED' THEN",
  "ELSIF false THEN",
  "the stage test of close_run",
);
const frozenBranch = inCancel(
  "a frozen run is a person's",
  "ELSIF v_run.money_state = 'AUDIT_REQUIRED' THEN",
  "ELSIF false THEN",
  "every UPDATE's own money-state test",
);
const terminalBranch = inCancel(
  "what is over stays over",
  "ELSIF v_run.status NOT IN ('QUEUED', 'PROCESSING') THEN",
  "ELSIF false THEN",
  "the status test of close_run",
);

export const CLOSING_MUTANTS: readonly Mutant[] = [
  moneyState,
  status,
  stage,
  finalizeToken,
  leaseToken,
  version,
  tombstoneStops,
  together("close_run: the finalize token, and the tombstone that stops W4", finalizeToken, tombstoneStops),
  together("close_run: all that says that it is over", status, stage, moneyState),
  together("close_run: the stage, and the cancel that looks at it", stage, claimedBranch),
  inClose(
    "COMPLETED from CLAIMED alone",
    "AND (p_to_status <> 'COMPLETED' OR p_from_stage = 'CLAIMED')",
    "",
    "its callers: none closes as COMPLETED without a receipt",
  ),
  inClose(
    "ends in one of three ways",
    "IF (p_to_status IN ('COMPLETED', 'FAILED', 'CANCELED')) IS NOT TRUE THEN",
    "IF false THEN",
    "its callers: none names another status",
  ),
  inMoney("CHARGE", "('CHARGE', 'revenue', c.charged_micros)", "('CHARGE', 'revenue', c.charged_micros - 1)"),
  inMoney(
    "REFUND",
    "('REFUND', 'available', c.reserved_micros - c.charged_micros)",
    "('REFUND', 'available', 0::bigint)",
  ),
  inMoney("usage", "SET runs = u.runs + excluded.runs,", "SET runs = u.runs,"),
  inMoney("the usage of all runs", "c.key_id, count(*),", "c.key_id, 1,"),
  inMoney("the sum of usage", "sum(c.charged_micros)::bigint\n", "max(c.charged_micros)\n"),
  inMoney(
    "the key's spending",
    "SET committed_micros = s.committed_micros - v_sum.refunded",
    "SET committed_micros = s.committed_micros",
  ),
  inMoney(
    "the sum of a key's spending",
    "sum(c.reserved_micros - c.charged_micros)::bigint AS refunded",
    "max(c.reserved_micros - c.charged_micros) AS refunded",
  ),
  inMoney(
    "only capped keys",
    "WHERE c.key_capped",
    "WHERE true",
    "keys without a cap, which have no row of what they spent",
  ),
  inMoney("the balance", "available = b.available + v_sum.reserved - v_sum.charged", "available = b.available"),
  inMoney("the sum of a balance", "sum(c.reserved_micros)::bigint AS reserved", "max(c.reserved_micros) AS reserved"),
  inMoney("every run of a balance", "count(*)::integer AS runs", "1 AS runs"),
  inMoney(
    "a balance is there",
    "IF NOT FOUND THEN",
    "IF false THEN",
    "every tenant is made with its balance in one statement, and none is ever deleted",
  ),
  inMoney("usage in order", "ORDER BY 1, 2, 3, 4", "", ONE_AFTER_THE_OTHER),
  inMoney("keys in order", "ORDER BY k.spending_id", "", ONE_AFTER_THE_OTHER),
  inMoney("balances in order", "ORDER BY c.tenant_id", "", ONE_AFTER_THE_OTHER),
  inComplete("runs in order", "ORDER BY i.id", "", ONE_AFTER_THE_OTHER),
  inComplete("a run that is lost moves no money", "CONTINUE WHEN v_one.run_id IS NULL;", ""),
  inComplete("each run by its own token", "v_item.token, NULL,", "p_tokens[1], NULL,"),
  claimedBranch,
  frozenBranch,
  terminalBranch,
  together("end_run and close_run: what is over stays over", terminalBranch, status, stage, moneyState, leaseToken),
  together("end_run and close_run: a frozen run is a person's", frozenBranch, claimedBranch, stage, moneyState),
  together(
    "cancel_run: the tenant test",
    inCancel("", "AND r.tenant_id = p_tenant_id\n     FOR UPDATE", "FOR UPDATE"),
    inFunction(
      "",
      "cancel_run",
      "WHERE v.run_id = p_run_id AND v.tenant_id = v_tenant_id;",
      "WHERE v.run_id = p_run_id;",
    ),
  ),
  inCancel(
    "the lock",
    "     FOR UPDATE;",
    ";",
    "the version and token tests of close_run; statements of this world run one after the other, races are contract tests",
  ),
  inFunction(
    "freeze_run: the finalize token",
    "freeze_run",
    "AND r.finalize_token = p_finalize_token",
    "",
    "the stage and the sweep's own look: one attempt has one token",
  ),
  inFunction("freeze_run: the stage", "freeze_run", "AND r.finalize_stage = 'CLAIMED'", "", "the finalize token"),
  inFunction(
    "freeze_run: the money state",
    "freeze_run",
    "AND r.money_state = 'RESERVED'",
    "",
    "status and stage: a closed run has neither",
  ),
  inFunction(
    "freeze_run: the status",
    "freeze_run",
    "AND r.status = 'PROCESSING'",
    "",
    "the stage: only PROCESSING has it",
  ),
];
