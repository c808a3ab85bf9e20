import { count, label, plural, usd } from "../../console/formats.ts";
import { Copy, Empty, Loaded, Money, PageHead, Panel, Status, TableRegion, Time } from "../../console/parts.tsx";
import type { Query } from "../../console/query.ts";
import { go, hrefOf, Link, type Place } from "../../console/router.tsx";
import type { Balance, Credit, Finding, Key, ListedRun, Plan } from "../answers.ts";
import { type Asked, useChange } from "../change.tsx";
import { useCommand } from "../operator.ts";
import { FindingList } from "./findings.tsx";
import { Head, right, unseen } from "../../console/table-head.tsx";

const LIVE_MS = 5_000;
const SLOW_MS = 15_000;

export function TenantPage({ id, place }: { id: string; place: Place }) {
  const balance = useCommand<Balance>("balance", { tenant: id }, LIVE_MS);
  const credit = useCommand<{ credit: readonly Credit[] }>("credit list", { tenant: id, limit: "50" }, SLOW_MS);
  const keys = useCommand<{ keys: readonly Key[] }>("key list", { tenant: id }, SLOW_MS);
  const plans = useCommand<{ plans: readonly Plan[] }>("plan list");
  const findings = useCommand<{ findings: readonly Finding[] }>("findings list", { tenant: id }, SLOW_MS);
  const reload = () => {
    for (const query of [balance, credit, keys, findings]) query.reload();
  };
  const { ask, dialog } = useChange(reload);
  const tenant = balance.data;
  return (
    <>
      <PageHead title={tenant?.name ?? "Tenant"} about={tenant && <Which of={tenant} />}>
        {tenant && <Actions tenant={tenant} plans={plans.data?.plans ?? []} ask={ask} />}
      </PageHead>
      <Loaded query={balance} rows={3}>
        {(data) => <Cards balance={data} />}
      </Loaded>
      {tenant && (
        <>
          {findings.data !== undefined && findings.data.findings.length > 0 && (
            <>
              <h2 class="list-head">Findings</h2>
              <FindingList findings={findings.data.findings} ask={ask} />
            </>
          )}
          <Runs id={id} status={place.query.get("status") ?? ""} before={place.query.get("before") ?? ""} />
          <Keys query={keys} ask={ask} />
          <CreditList query={credit} />
        </>
      )}
      {dialog}
    </>
  );
}

const Which = ({ of: tenant }: { of: Balance }) => (
  <span>
    <Status of={tenant.status} /> <code>{tenant.tenant_id}</code> <Copy text={tenant.tenant_id} label="Copy id" />
  </span>
);

interface ActionsProps {
  readonly tenant: Balance;
  readonly plans: readonly Plan[];
  readonly ask: (asked: Asked) => void;
}

function Actions({ tenant, plans, ask }: ActionsProps) {
  const { tenant_id, name, status } = tenant;
  const before = [["Available now", usd(tenant.available_usd)]] as const;
  const money = { given: { tenant: tenant_id }, before, hasDryRun: true };
  const usdField = { name: "usd", label: "Amount (USD)", isMoney: true, placeholder: "25.00" };
  const grant = () =>
    ask({
      ...money,
      title: `Grant credit to ${name}`,
      about: "It is available at once. Each id is applied once: the same grant sent again changes nothing.",
      command: "grant",
      fields: [usdField, { name: "id", label: "Id", help: "Of the invoice or payment." }],
      doing: "Grant credit",
    });
  const clawback = () =>
    ask({
      ...money,
      title: `Claw back credit of ${name}`,
      about: "Takes what is available, never below zero; the rest becomes a finding. Each id is applied once.",
      command: "clawback",
      fields: [usdField, { name: "id", label: "Id", help: "Of the dispute or refund." }],
      doing: "Claw back",
      isDangerous: true,
    });
  const plan = () =>
    ask({
      title: `Change the plan of ${name}`,
      about: `It is on ${tenant.plan ?? "no plan"}. Packs, rates and limits of the new plan hold for its next request.`,
      command: "plan set",
      given: { tenant: tenant_id },
      fields: [{ name: "plan", label: "Plan", options: plans.map(({ plan_id }) => plan_id) }],
      doing: "Change plan",
      hasDryRun: false,
    });
  const put = (verb: "suspend" | "resume" | "close", about: string) => () =>
    ask({
      title: `${label(verb)} ${name}`,
      about,
      command: `tenant ${verb}`,
      given: { tenant: tenant_id },
      doing: label(verb),
      isDangerous: verb !== "resume",
      hasDryRun: true,
    });
  const suspend = put(
    "suspend",
    "Its keys are refused with 401. Open runs go on, are charged, and reach its webhooks.",
  );
  const resume = put("resume", "Its keys are taken again.");
  const close = put("close", "Its keys are refused for good. It must have no credit and no open run.");
  return (
    <>
      {status !== "closed" && (
        <button type="button" class="primary" onClick={grant}>
          Grant
        </button>
      )}
      <button type="button" onClick={clawback}>
        Claw back
      </button>
      {status !== "closed" && (
        <button type="button" onClick={plan}>
          Change plan
        </button>
      )}
      {status === "active" && (
        <button type="button" class="danger" onClick={suspend}>
          Suspend
        </button>
      )}
      {status === "suspended" && (
        <>
          <button type="button" onClick={resume}>
            Resume
          </button>
          <button type="button" class="danger" onClick={close}>
            Close
          </button>
        </>
      )}
    </>
  );
}

const Cards = ({ balance }: { balance: Balance }) => (
  <dl class="cards">
    {(
      [
        ["Available", usd(balance.available_usd, 2), `Plan: ${balance.plan ?? "none"}`],
        ["Reserved", usd(balance.reserved_usd, 2), plural(balance.open_runs, "open run")],
        ["Charged", usd(balance.charged_usd, 2), "In all"],
        ["Granted", usd(balance.granted_usd, 2), "Less what was clawed back"],
      ] as const
    ).map(([name, value, note]) => (
      <div key={name} class="card">
        <dt>{name}</dt>
        <dd class="value num">{value}</dd>
        <dd class="note">{note}</dd>
      </div>
    ))}
  </dl>
);

const STATUSES = ["", "QUEUED", "PROCESSING", "COMPLETED", "FAILED", "CANCELED", "EXPIRED"] as const;

function Runs({ id, status, before }: { id: string; status: string; before: string }) {
  const query = useCommand<{ runs: readonly ListedRun[]; next_before: string | null }>(
    "run list",
    { tenant: id, status, before, limit: "20" },
    before === "" ? LIVE_MS : undefined,
  );
  const at = (given: Readonly<Record<string, string>>) => hrefOf(["tenants", id], given);
  return (
    <Panel
      title="Runs"
      flush
      actions={
        <div class="segments" role="group" aria-label="Status">
          {STATUSES.map((each) => (
            <button
              key={each}
              type="button"
              aria-pressed={status === each}
              onClick={() => go(at({ status: each }), { replace: true })}
            >
              {each === "" ? "All" : label(each.toLowerCase())}
            </button>
          ))}
        </div>
      }
    >
      <Loaded query={query} rows={4}>
        {({ runs, next_before }) => (
          <>
            {runs.length === 0 ? <Empty title="No runs" /> : <RunTable runs={runs} />}
            {(before !== "" || next_before !== null || runs.length === 20) && (
              <p class="more foot">
                {before !== "" && <Link href={at({ status })}>Newest</Link>}{" "}
                {(next_before ?? (runs.length === 20 ? runs.at(-1)?.run_id : undefined)) !== undefined && (
                  <Link href={at({ status, before: next_before ?? runs.at(-1)?.run_id ?? "" })}>Older</Link>
                )}
              </p>
            )}
          </>
        )}
      </Loaded>
    </Panel>
  );
}

const RunTable = ({ runs }: { runs: readonly ListedRun[] }) => (
  <TableRegion label="Table of runs">
    <table class="rows">
      <Head of={["Run", "Pack", "Status", right("Cap"), right("Cost"), "Created"]} />
      <tbody>
        {runs.map((run) => (
          <tr key={run.run_id}>
            <th scope="row">
              <Link href={hrefOf(["runs", run.run_id])} title={run.run_id}>
                <code>…{run.run_id.slice(-12)}</code>
              </Link>
            </th>
            <td>{run.pack_type}</td>
            <td>
              <Status of={run.status} /> {run.money_state === "AUDIT_REQUIRED" && <Status of="AUDIT_REQUIRED" />}
              {run.error && <span class="muted small-text"> {run.error.reason_code}</span>}
            </td>
            <td class="right">
              <Money of={run.cost.reserved_usd} />
            </td>
            <td class="right">
              <Money of={run.cost.actual_usd} />
            </td>
            <td>
              <Time of={run.created_at} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  </TableRegion>
);

function Keys({ query, ask }: { query: Query<{ keys: readonly Key[] }>; ask: (asked: Asked) => void }) {
  const revoke = (key: Key) =>
    ask({
      title: `Revoke ${key.name}`,
      about: "Every request with it is refused from now on, everywhere. This cannot be undone.",
      command: "key revoke",
      given: { key_id: key.key_id },
      doing: "Revoke key",
      isDangerous: true,
      hasDryRun: true,
    });
  return (
    <Panel title="API keys" flush>
      <Loaded query={query} rows={2}>
        {({ keys }) =>
          keys.length === 0 ? (
            <Empty title="No keys">
              <p>
                <code>npm run dpp -- key create</code> makes one and prints it, in the terminal.
              </p>
            </Empty>
          ) : (
            <TableRegion label="Table of API keys">
              <table class="rows">
                <Head of={["Name", "Status", "May", "Spending cap", "Expires", unseen("Actions")]} />
                <tbody>
                  {keys.map((key) => (
                    <tr key={key.key_id}>
                      <th scope="row">
                        <span class="strong">{key.name}</span>
                        <div class="muted small-text">
                          {key.mode} · <code>…{key.key_id.slice(-12)}</code>
                        </div>
                      </th>
                      <td>
                        <Status of={key.state} />
                      </td>
                      <td>{key.scopes.join(", ")}</td>
                      <td>
                        {key.spending_cap_usd === null ? (
                          <span class="muted">None</span>
                        ) : (
                          <span class="num">
                            {usd(key.committed_usd ?? "0", 2)} of {usd(key.spending_cap_usd, 2)}
                          </span>
                        )}
                      </td>
                      <td>
                        {key.expires_at === null ? <span class="muted">Never</span> : <Time of={key.expires_at} />}
                      </td>
                      <td class="right">
                        {key.state === "active" && (
                          <button
                            type="button"
                            class="small danger"
                            aria-label={`Revoke ${key.name}`}
                            onClick={() => revoke(key)}
                          >
                            Revoke
                          </button>
                        )}
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </TableRegion>
          )
        }
      </Loaded>
    </Panel>
  );
}

const CreditList = ({ query }: { query: Query<{ credit: readonly Credit[] }> }) => (
  <Panel title="Grants and clawbacks" flush>
    <Loaded query={query} rows={2}>
      {({ credit }) =>
        credit.length === 0 ? (
          <Empty title="It was never granted credit" />
        ) : (
          <>
            <TableRegion label="Table of grants and clawbacks">
              <table class="rows">
                <Head of={["Time", "Kind", "Id", right("Amount")]} />
                <tbody>
                  {credit.map((each) => (
                    <tr key={each.transfer_id}>
                      <td>
                        <Time of={each.created_at} />
                      </td>
                      <td>{label(each.kind.toLowerCase())}</td>
                      <td class="clip" title={each.grant_id}>
                        {each.grant_id}
                      </td>
                      <td class="right">
                        {each.kind === "CLAWBACK" && "−"}
                        <Money of={each.amount_usd} />
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </TableRegion>
            {credit.length === 50 && <p class="more foot muted">The newest {count(50)} are shown.</p>}
          </>
        )
      }
    </Loaded>
  </Panel>
);
