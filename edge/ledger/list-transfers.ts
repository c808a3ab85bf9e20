import { accepts } from "hono/accepts";
import { z } from "zod";
import { uuid } from "#core/domain/ids.ts";
import { formatUsd } from "#core/domain/money.ts";
import { Problem } from "#core/domain/problem.ts";
import { transferKind } from "#core/domain/transfer.ts";
import { listCommittedTransfers } from "#core/store/ledger/list-committed-transfers.ts";
import { listOwnTransfers, type OwnTransfer } from "#core/store/ledger/list-own-transfers.ts";
import { callerOf } from "../admission/authenticate.ts";
import type { EdgeHandler, EdgeRequest } from "../http/context.ts";
import { csvText } from "../http/csv.ts";
import { committedList, orderOf } from "../http/committed-list.ts";
import { cursor, cursorOf, linkToNext, positionCursor } from "../http/cursor.ts";
import { type ledgerPage, transferView } from "./schemas.ts";
import { LEDGER_ORDERS, TRANSFERS_PER_CSV, TRANSFERS_PER_PAGE } from "../openapi/listings.ts";
import { listOf, moment, once, readQuery, wholeNumber } from "../http/query.ts";
import { read } from "../admission/read.ts";
import type { ShieldDeps } from "../admission/shield.ts";

const TYPES = { json: "application/json", csv: "text/csv" } as const;
type Format = keyof typeof TYPES;

const format = once(z.enum(["json", "csv"], "must be json or csv")).optional();
const TRANSFER_ID = /^[1-9]\d{0,17}$/;

const filtersWith = (limits: { readonly most: number; readonly usual: number }) => ({
  format,
  limit: once(wholeNumber(1, limits.most)).default(limits.usual),
  order: once(z.enum(LEDGER_ORDERS, `must be one of ${LEDGER_ORDERS.join(", ")}`)).optional(),
  kind: listOf(z.enum(transferKind.options, `must be one of ${transferKind.options.join(", ")}`)).default(
    transferKind.options,
  ),
  created_after: once(moment).optional(),
  created_before: once(moment).optional(),
});
const noRun = z.array(z.unknown()).max(0, "is not taken with order=committed").optional();
const queriesWith = (limits: { readonly most: number; readonly usual: number }) => ({
  newest: z.strictObject({
    ...filtersWith(limits),
    cursor: once(cursor(z.string().regex(TRANSFER_ID))).optional(),
    run_id: once(uuid).optional(),
  }),
  committed: z.strictObject({
    ...filtersWith(limits),
    cursor: once(positionCursor("ledger")).optional(),
    run_id: noRun,
  }),
});
const QUERIES = { json: queriesWith(TRANSFERS_PER_PAGE), csv: queriesWith(TRANSFERS_PER_CSV) };

interface Listed {
  readonly transfers: readonly OwnTransfer[];
  readonly places: { readonly next_cursor: string | null; readonly next_position?: string | null };
  readonly headers: Record<string, string>;
}

/** `GET /v1/ledger`: a page as JSON, or as a file for a spreadsheet. */
export function listTransfers(deps: ShieldDeps): EdgeHandler {
  return async (c) => {
    c.header("Vary", "Accept");
    const form = formatOf(c);
    const list = orderOf(c, LEDGER_ORDERS) === "newest" ? listNewest : listCommitted;
    const { transfers: found, places, headers } = await list(deps, c, form);
    const transfers = found.map(viewOf);
    if (form === "csv") return csvResponse(c, transfers, headers);
    const body: z.input<typeof ledgerPage> = { transfers, ...places };
    return c.json(body, 200, headers);
  };
}

async function listNewest(deps: ShieldDeps, c: EdgeRequest, form: Format): Promise<Listed> {
  const caller = callerOf(c);
  const { cursor: after, kind: kinds, format: _form, order: _order, ...filters } = readQuery(c, QUERIES[form].newest);
  const { rate, verdict } = await read(deps, caller, () =>
    listOwnTransfers(deps.db, caller.key_sha256, { ...filters, after, kinds }),
  );
  if (rate !== undefined) c.set("rate", { policy: "read", state: rate });
  if (verdict instanceof Problem) throw verdict;
  if (verdict.kind !== "found") throw new Error("transfers were not listed");
  const next_cursor = verdict.next === undefined ? null : cursorOf(verdict.next);
  return { transfers: verdict.transfers, places: { next_cursor }, headers: linkToNext(c, next_cursor) };
}

async function listCommitted(deps: ShieldDeps, c: EdgeRequest, form: Format): Promise<Listed> {
  const caller = callerOf(c);
  const { cursor: after, kind: kinds, limit, created_after, created_before } = readQuery(c, QUERIES[form].committed);
  const outcome = await read(deps, caller, () =>
    listCommittedTransfers(deps.db, caller.key_sha256, { after, kinds, limit, created_after, created_before }),
  );
  const { entries, headers, ...places } = committedList(c, "ledger", outcome);
  return { transfers: entries, places, headers };
}

/** What the query says, else what is preferred. Whatever is wrong with the query is told by its schema. */
function formatOf(c: EdgeRequest): Format {
  const [asked] = new URL(c.req.url).searchParams.getAll("format");
  if (asked !== undefined) return asked === "csv" ? "csv" : "json";
  const supports = Object.values(TYPES);
  const type = accepts(c, { header: "Accept", supports, default: TYPES.json });
  return type === TYPES.csv ? "csv" : "json";
}

type TransferView = z.input<typeof transferView>;

function viewOf(transfer: OwnTransfer): TransferView {
  return {
    transfer_id: transfer.transfer_id,
    kind: transfer.kind,
    debit: transfer.debit,
    credit: transfer.credit,
    amount_usd: formatUsd(transfer.amount_micros),
    run_id: transfer.run_id,
    grant_id: transfer.grant_id,
    created_at: transfer.created_at.toISOString(),
  };
}

const COLUMNS = transferView.keyof().options;

function csvResponse(c: EdgeRequest, transfers: readonly TransferView[], headers: Record<string, string>): Response {
  const rows = transfers.map((transfer) => COLUMNS.map((column) => transfer[column]));
  return c.body(csvText([COLUMNS, ...rows]), 200, {
    "Content-Type": `${TYPES.csv}; charset=utf-8; header=present`,
    "Content-Disposition": 'attachment; filename="ledger.csv"',
    ...headers,
  });
}
