import { Empty, Facts, Loaded, PageHead, Panel, Status, Time } from "../../console/parts.tsx";
import { plural } from "../../console/formats.ts";
import { hrefOf, Link } from "../../console/router.tsx";
import { awaitsDecision, type Finding } from "../answers.ts";
import { type Asked, useChange } from "../change.tsx";
import { useCommand } from "../operator.ts";

const SLOW_MS = 15_000;

export function Findings() {
  const query = useCommand<{ findings: readonly Finding[] }>("findings list", {}, SLOW_MS);
  const { ask, dialog } = useChange(query.reload);
  return (
    <>
      <PageHead title="Findings" about="What the audit found to disagree, with its evidence. A person decides." />
      <Loaded query={query} rows={5}>
        {({ findings }) =>
          findings.length === 0 ? (
            <Empty title="Nothing to decide">
              <p class="muted">Ledger, balances, runs and results agree, as far as the audit has come.</p>
            </Empty>
          ) : (
            <>
              <p class="muted by">{plural(findings.length, "open finding")}, oldest first</p>
              <FindingList findings={findings} ask={ask} />
            </>
          )
        }
      </Loaded>
      {dialog}
    </>
  );
}

export const FindingList = ({ findings, ask }: { findings: readonly Finding[]; ask: (asked: Asked) => void }) => (
  <>
    {findings.map((finding) => (
      <Panel
        key={finding.finding_id}
        title={`${finding.kind} (finding ${finding.finding_id})`}
        actions={<Decide finding={finding} ask={ask} />}
      >
        <div class="finding">
          <Facts
            of={[
              ["Since", <Time key="since" of={finding.created_at} />],
              [
                "Tenant",
                <Link key="tenant" href={hrefOf(["tenants", finding.tenant_id])}>
                  <code>{finding.tenant_id}</code>
                </Link>,
              ],
              finding.run_id === null
                ? ["About", finding.subject]
                : [
                    "Run",
                    <span key="run">
                      <Link href={hrefOf(["runs", finding.run_id])}>
                        <code>{finding.run_id}</code>
                      </Link>{" "}
                      {finding.status && <Status of={finding.status} />}{" "}
                      {finding.money_state === "AUDIT_REQUIRED" && <Status of="AUDIT_REQUIRED" />}
                    </span>,
                  ],
            ]}
          />
          <div>
            <h3>Evidence</h3>
            <pre class="evidence" tabIndex={0}>
              {JSON.stringify(finding.detail, undefined, 2)}
            </pre>
          </div>
        </div>
      </Panel>
    ))}
  </>
);

/** A run whose money is held is decided; any other finding is closed. */
const Decide = ({ finding, ask }: { finding: Finding; ask: (asked: Asked) => void }) =>
  finding.run_id !== null && awaitsDecision(finding.status, finding.money_state) ? (
    <button type="button" class="small primary" onClick={() => ask(decisionOf(finding.run_id ?? ""))}>
      Decide the run
    </button>
  ) : (
    <button
      type="button"
      class="small"
      onClick={() =>
        ask({
          title: `Resolve finding ${finding.finding_id}`,
          about:
            "Changes no amount: what still disagrees is found again by the next audit. A run that is over is unfrozen by its last finding.",
          command: "findings resolve",
          given: { finding: finding.finding_id },
          doing: "Resolve",
          hasDryRun: true,
        })
      }
    >
      Resolve
    </button>
  );

/** What ends a frozen run, at what a person says it costs. */
export const decisionOf = (run_id: string, reserved?: string): Asked => ({
  title: "Decide the run",
  about: "It becomes FAILED at the charge that you name, from 0 to what it reserved, and its findings are resolved.",
  command: "run decide",
  given: { run_id },
  ...(reserved !== undefined && { before: [["Reserved", reserved]] }),
  fields: [{ name: "charge", label: "Charge (USD)", isMoney: true, placeholder: "0" }],
  doing: "Decide",
  isDangerous: true,
  hasDryRun: true,
});
