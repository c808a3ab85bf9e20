import { usd } from "../../console/formats.ts";
import { Copy, Empty, Facts, Loaded, Money, PageHead, Panel, Status, TableRegion, Time } from "../../console/parts.tsx";
import { hrefOf, Link } from "../../console/router.tsx";
import { awaitsDecision, type Finding, isOpenRun, type Run } from "../answers.ts";
import { type Asked, useChange } from "../change.tsx";
import { useCommand } from "../operator.ts";
import { decisionOf, FindingList } from "./findings.tsx";
import { Head, right } from "../../console/table-head.tsx";

const LIVE_MS = 5_000;

export function RunPage({ id }: { id: string }) {
  const query = useCommand<Run>("run show", { run_id: id }, LIVE_MS);
  const { ask, dialog } = useChange(query.reload);
  return (
    <>
      <PageHead
        title="Run"
        about={
          <span>
            <code>{id}</code> <Copy text={id} label="Copy id" />
          </span>
        }
      >
        {query.data && <Actions run={query.data.run} ask={ask} />}
      </PageHead>
      <Loaded query={query} rows={6}>
        {(data) => (
          <>
            <Details run={data.run} />
            {data.run.money_state === "AUDIT_REQUIRED" && <Evidence run={data.run} ask={ask} />}
            <Ledger ledger={data.ledger} />
          </>
        )}
      </Loaded>
      {dialog}
    </>
  );
}

function Actions({ run, ask }: { run: Run["run"]; ask: (asked: Asked) => void }) {
  const { run_id, status, money_state, cost } = run;
  const base = { given: { run_id }, hasDryRun: true, isDangerous: true };
  if (awaitsDecision(status, money_state))
    return (
      <button type="button" class="primary" onClick={() => ask(decisionOf(run_id, usd(cost.reserved_usd)))}>
        Decide the run
      </button>
    );
  if (isOpenRun(status))
    return (
      <button
        type="button"
        class="danger"
        onClick={() =>
          ask({
            ...base,
            title: "Cancel the run",
            about: "It ends at no cost, and its whole cap is available again.",
            command: "run cancel",
            doing: "Cancel run",
          })
        }
      >
        Cancel run
      </button>
    );
  if (money_state !== "SETTLED" || cost.actual_usd === null) return null;
  return (
    <button
      type="button"
      onClick={() =>
        ask({
          ...base,
          title: "Refund the run",
          about: "Gives its charge back as a grant, once; the charge and its receipt stay as they are.",
          command: "run refund",
          before: [["Charged", usd(cost.actual_usd ?? "0")]],
          fields: [
            {
              name: "usd",
              label: "Amount (USD)",
              optional: true,
              isMoney: true,
              help: "All of the charge if left out.",
            },
          ],
          doing: "Refund",
        })
      }
    >
      Refund
    </button>
  );
}

const Details = ({ run }: { run: Run["run"] }) => (
  <Panel title="Details">
    <Facts
      of={[
        [
          "Status",
          <span key="status">
            <Status of={run.status} />{" "}
            {run.money_state === "AUDIT_REQUIRED" ? (
              <Status of="AUDIT_REQUIRED" />
            ) : (
              <span class="muted">{run.money_state}</span>
            )}
          </span>,
        ],
        run.error && ["Why", `${run.error.reason_code}${run.error.detail === null ? "" : `: ${run.error.detail}`}`],
        [
          "Tenant",
          <Link key="tenant" href={hrefOf(["tenants", run.tenant_id])}>
            <code>{run.tenant_id}</code>
          </Link>,
        ],
        ["Pack", `${run.pack_type} ${run.pack_version}`],
        ["Cap", <Money key="cap" of={run.cost.reserved_usd} />],
        ["Cost", <Money key="cost" of={run.cost.actual_usd} />],
        ["Minimum fee", <Money key="fee" of={run.cost.minimum_fee_usd} />],
        ["Attempt", String(run.attempt)],
        run.finalize_stage !== null && ["Stage", run.finalize_stage],
        ["Key", <code key="key">{run.key_id}</code>],
        ["Idempotency key", run.idempotency_key],
        run.result_sha256 !== null && ["Result SHA-256", <code key="sha">{run.result_sha256}</code>],
        ["Created", <Time key="created" of={run.created_at} />],
        run.started_at !== null && ["Started", <Time key="started" of={run.started_at} />],
        run.finished_at !== null && ["Finished", <Time key="finished" of={run.finished_at} />],
        run.result_expires_at !== null && ["Kept until", <Time key="kept" of={run.result_expires_at} />],
      ]}
    />
  </Panel>
);

function Evidence({ run, ask }: { run: Run["run"]; ask: (asked: Asked) => void }) {
  const query = useCommand<{ findings: readonly Finding[] }>("findings list", { tenant: run.tenant_id });
  return (
    <Loaded query={query} rows={2}>
      {({ findings }) => <FindingList findings={findings.filter(({ run_id }) => run_id === run.run_id)} ask={ask} />}
    </Loaded>
  );
}

const Ledger = ({ ledger }: { ledger: Run["ledger"] }) => (
  <Panel title="Ledger" flush>
    {ledger.length === 0 ? (
      <Empty title="No money was moved" />
    ) : (
      <TableRegion label="Movements of money">
        <table class="rows">
          <Head of={["Time", "Kind", "From", "To", right("Amount")]} />
          <tbody>
            {ledger.map((line) => (
              <tr key={line.transfer_id}>
                <td>
                  <Time of={line.created_at} />
                </td>
                <td>{line.kind}</td>
                <td>{line.debit}</td>
                <td>{line.credit}</td>
                <td class="right">
                  <Money of={line.amount_usd} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </TableRegion>
    )}
  </Panel>
);
