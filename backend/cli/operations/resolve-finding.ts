import { resolveFinding } from "#core/store/audit/list-findings.ts";
import { type Operator, Refused, type Report } from "../operator.ts";

/** Changes no amount: if ledger and balance still disagree, the next audit finds it again. */
export async function resolveWithNote({ db }: Operator, finding_id: string, note: string): Promise<Report> {
  const resolved = await resolveFinding(db, finding_id, note);
  if (resolved === undefined) throw new Refused(`there is no open finding ${finding_id}`);
  const { outcome, ...finding } = resolved;
  if (outcome === "money-held") {
    throw new Refused(
      `run ${finding.run_id} is frozen and its money is held: decide it with \`dpp run decide ${finding.run_id}\``,
    );
  }
  return { text: `finding ${finding_id} (${finding.kind}) is resolved`, json: { finding_id, ...finding, note } };
}
