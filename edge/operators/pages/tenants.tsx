import { add, count, decimalOf, plural } from "../../console/formats.ts";
import { Empty, Field, Loaded, Money, PageHead, Status, TableRegion } from "../../console/parts.tsx";
import { go, hrefOf, Link, type Place } from "../../console/router.tsx";
import type { Tenant } from "../answers.ts";
import { useCommand } from "../operator.ts";
import { Head, right } from "../../console/table-head.tsx";

const SHOWN = 200;
const SLOW_MS = 60_000;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

const STATUSES = ["active", "suspended", "closed"] as const;

export function Tenants({ place }: { place: Place }) {
  const query = useCommand<{ tenants: readonly Tenant[] }>("tenant list", {}, SLOW_MS);
  const asked = place.query.get("q") ?? "";
  const status = place.query.get("status") ?? "";
  const change = (changed: Readonly<Record<string, string>>) =>
    go(hrefOf(["tenants"], { q: asked, status, ...changed }), { replace: true });
  return (
    <>
      <PageHead title="Tenants" />
      <form class="filters" role="search" aria-label="Filter tenants" onSubmit={(event) => event.preventDefault()}>
        <Field label="Search">
          {(attributes) => (
            <input
              {...attributes}
              data-filter
              value={asked}
              placeholder="Name, id or plan; or a run's id"
              autoComplete="off"
              spellcheck={false}
              onInput={(event) => change({ q: event.currentTarget.value })}
            />
          )}
        </Field>
        <Field label="Status">
          {(attributes) => (
            <select {...attributes} value={status} onChange={(event) => change({ status: event.currentTarget.value })}>
              <option value="">All</option>
              {STATUSES.map((each) => (
                <option key={each} value={each}>
                  {each}
                </option>
              ))}
            </select>
          )}
        </Field>
      </form>
      <Loaded query={query} rows={6}>
        {({ tenants }) => <Found tenants={tenants} asked={asked.trim()} status={status} />}
      </Loaded>
    </>
  );
}

function Found({ tenants, asked, status }: { tenants: readonly Tenant[]; asked: string; status: string }) {
  const needle = asked.toLowerCase();
  const found = tenants.filter(
    (tenant) =>
      (status === "" || tenant.status === status) &&
      [tenant.name, tenant.tenant_id, tenant.plan ?? ""].some((text) => text.toLowerCase().includes(needle)),
  );
  if (found.length === 0)
    return (
      <Empty title={tenants.length === 0 ? "There is no tenant yet" : "No tenant matches"}>
        {UUID.test(asked) ? (
          <Link href={hrefOf(["runs", asked])}>Look for a run with this id</Link>
        ) : (
          tenants.length === 0 && (
            <p>
              <code>npm run dpp -- tenant create</code> makes one.
            </p>
          )
        )}
      </Empty>
    );
  return (
    <>
      <TableRegion label="Tenants">
        <table class="rows">
          <Head of={["Tenant", "Status", "Plan", right("Available")]} />
          <tbody>
            {found.slice(0, SHOWN).map((tenant) => (
              <tr key={tenant.tenant_id}>
                <th scope="row">
                  <Link href={hrefOf(["tenants", tenant.tenant_id])}>{tenant.name}</Link>
                  <div class="muted small-text">
                    <code>{tenant.tenant_id}</code>
                  </div>
                </th>
                <td>
                  <Status of={tenant.status} />
                </td>
                <td>{tenant.plan ?? <span class="muted">None</span>}</td>
                <td class="right">
                  <Money of={tenant.available_usd} />
                </td>
              </tr>
            ))}
            <tr class="total">
              <th scope="row">{plural(found.length, "tenant")}</th>
              <td />
              <td />
              <td class="right">
                <Money of={decimalOf(add(found.map(({ available_usd }) => available_usd)))} />
              </td>
            </tr>
          </tbody>
        </table>
      </TableRegion>
      {found.length > SHOWN && (
        <p class="notice">
          The first {count(SHOWN)} are shown; the sum is of all {count(found.length)}. Search for the others.
        </p>
      )}
    </>
  );
}
