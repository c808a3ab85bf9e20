import type { CheckedWorld } from "./sound-world.ts";
import { ADA, clawbackAt } from "./history-events.ts";

/** Gives Ada credit, or takes it back, as the product does, as far as the ledger and the balance go. */
export function moveCredit(
  { evidence }: CheckedWorld,
  ms: number,
  kind: "GRANT" | "CLAWBACK",
  amount: number,
  grant_id = "clawback",
): void {
  const balance = evidence.balances.find((each) => each.tenant_id === ADA);
  if (balance === undefined) throw new Error("nothing to doctor");
  const [debit, credit, given] =
    kind === "GRANT" ? ["funding", "available", amount] : ["available", "funding", -amount];
  balance.granted += given;
  balance.available += given;
  for (const mirror of evidence.mirrors) if (mirror.tenant_id === ADA) mirror.available = String(balance.available);
  evidence.transfers.push({ tenant_id: ADA, run_id: null, grant_id, kind, amount, debit, credit });
  const { available, reserved, open_runs } = balance;
  const seq = evidence.states.length;
  evidence.states.push({
    seq,
    tenant_id: ADA,
    available,
    reserved,
    open_runs,
    causes: [grant_id],
    kind,
    at: 1_000_000 + ms,
  });
}

/** What is tampered; the rule of clawbacks must notice. Ada has 84,000 at the time. */
export const TAMPERED_CLAWBACKS: readonly (readonly [what: string, doctor: (world: CheckedWorld) => unknown])[] = [
  ["that was told of and not made", ({ history }) => history.push(clawbackAt(400, 500))],
  ["that nobody asked for", (world) => moveCredit(world, 405, "CLAWBACK", 1_000)],
  ["that took nothing of what was there", ({ history }) => history.push(clawbackAt(400, 0))],
  [
    "that took nothing, and was told of twice",
    ({ history }) =>
      history.push(clawbackAt(400, 0), clawbackAt(400, 0, { outcome: { kind: "unknown", why: "lost" } })),
  ],
  [
    "that took less than was there",
    (world) => {
      moveCredit(world, 405, "CLAWBACK", 999);
      world.history.push(clawbackAt(400, 999));
    },
  ],
  [
    "that took more than was asked for",
    (world) => {
      moveCredit(world, 405, "CLAWBACK", 1_001);
      world.history.push(clawbackAt(400, 1_001));
    },
  ],
  [
    "that took nothing long after there was credit again",
    (world) => {
      moveCredit(world, 405, "CLAWBACK", 84_000, "all");
      world.history.push(clawbackAt(400, 84_000, { clawback_id: "all", amount: 84_000 }));
      moveCredit(world, 505, "GRANT", 84_000, "given again");
      world.history.push(clawbackAt(9_000, 0));
    },
  ],
];
