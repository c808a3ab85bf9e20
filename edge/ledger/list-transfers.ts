import { accepts } from "hono/accepts";
import { z } from "zod";
import { uuid } from "#core/domain/ids.ts";
import { formatUsd } from "#core/domain/money.ts";
import { Problem } from "#core/domain/problem.ts";
import { transferKind } from "#core/domain/transfer.ts";
import { listCommittedTransfers } from "#core/store/ledger/list-committed-transfers.ts";
import { listOwnTransfers, type OwnTransfer } from "#core/store/ledger/list-own-transfers.ts";
import type { ConnectionLimiter, HeldConnection } from "../admission/connection-limiter.ts";
import type { Gate } from "../admission/gate.ts";
import type { ShieldDeps } from "../admission/shield.ts";
import { committedList, orderOf } from "../http/committed-list.ts";
import type { EdgeRequest } from "../http/context.ts";
import { csvText } from "../http/csv.ts";
import { keysetCursor, linkToNext, NO_POSITION, pagesOf, positionCursor } from "../http/cursor.ts";
import { operation } from "../http/operation.ts";
import { once, queryBy } from "../http/query.ts";
import {
  CREATED,
  cursorOrPosition,
  limit,
  limitSchema,
  listParameter,
  orderParameter,
  parameter,
} from "../http/query-parameters.ts";
import { headerRef, NEXT, NEXT_POSITION, VARY } from "../openapi/headers.ts";
import { ledgerPage, transferView } from "./schemas.ts";

const TYPES = { json: "application/json", csv: "text/csv" } as const;
type Format = keyof typeof TYPES;

const PER_PAGE = { max: 200, default: 50 };
const PER_CSV = { max: 10_000, default: 10_000 };
/** A CSV with more rows than this takes some ten of an isolate's 128 MB while it is made. */
const LARGE_CSV_ROWS = 1_000;

interface CsvDeps {
  /** Large CSVs that are being made, by account, or by a key whose account is not known yet. */
  readonly large_csvs: ConnectionLimiter;
}

const ORDERS = ["newest", "committed"] as const;
const TRANSFER_ID = /^[1-9]\d{0,17}$/;

const RUN_ID = "01a1fa37-24d5-77a5-b92c-ccf601371541";
const COLUMNS = transferView.keyof().options;
const EXAMPLE = { at: "2026-11-21T09:30:00.000000Z", id: "1042" };
const CSV = `${COLUMNS.join(",")}\r\n1042,RESERVE,available,reserved,1.0000,${RUN_ID},,2026-11-21T09:30:00.000Z\r\n`;

const newest = { cursor: keysetCursor("transfers", z.string().regex(TRANSFER_ID)) };
const committed = {
  cursor: positionCursor("ledger"),
  run_id: z.array(z.unknown()).max(0, "is not allowed with order=committed").optional(),
};
const asCsv = { limit: limitSchema(PER_CSV) };

const query = queryBy(
  {
    format: parameter(
      once(z.enum(["json", "csv"], "must be json or csv")).optional(),
      "Instead of the Accept header.",
      { type: "string", enum: ["json", "csv"] },
      "csv",
    ),
    limit: {
      ...limit(PER_PAGE),
      document: limit(
        { max: PER_CSV.max, default: PER_PAGE.default },
        ` The maximum is ${PER_PAGE.max} for JSON; the default is ${PER_CSV.default} for CSV.`,
      ).document,
    },
    order: orderParameter(
      "`newest`: newest first. `committed`: the order in which transfers came to stand; only this one can be continued later.",
      ORDERS,
    ),
    cursor: cursorOrPosition(newest.cursor, pagesOf("transfers", {}).cursor(EXAMPLE)),
    kind: listParameter("Only transfers of any of these kinds.", transferKind.options),
    run_id: parameter(
      once(uuid).optional(),
      "Only transfers of this run. Not with `order=committed`.",
      { type: "string", format: "uuid" },
      RUN_ID,
    ),
    ...CREATED,
  },
  { newest, committed, newest_csv: { ...newest, ...asCsv }, committed_csv: { ...committed, ...asCsv } },
  (c) => {
    const order = orderOf(c, ORDERS);
    return formatOf(c) === "csv" ? (`${order}_csv` as const) : order;
  },
);

export const listTransfers = operation({
  id: "listTransfers",
  method: "GET",
  path: "/v1/ledger",
  scope: "read",
  tag: "usage",
  summary: "List the ledger",
  description:
    "Every transfer of the account's money, newest first, a page at a time: as JSON, or as CSV for `Accept: text/csv` or `format=csv`. To read every transfer once, now and later, ask for `order=committed` and go on from `next_position` (in the header X-DPP-Next-Position too): a transfer is listed once no other can come in before it, usually within a second; later while an earlier change of the database is still open, but never missed. Going on by `created_after` or by id may miss some: transfers can come to stand in another order than that of their times. A position that the ledger no longer knows, after the service was restored from a backup, is a 400: begin again without `cursor`, and know transfers by `transfer_id`. In the CSV a cell that a spreadsheet would take for a formula begins with an apostrophe. CSVs of over 1,000 transfers are made one at a time for an account, and a few in all: another is a 429.",
  query,
  vary: "Accept",
  responses: {
    200: {
      description: "A page of transfers.",
      schema: ledgerPage,
      content: { "text/csv": { schema: { type: "string" }, example: CSV } },
      headers: { ...NEXT, ...NEXT_POSITION, ...VARY, "Content-Disposition": headerRef("ContentDisposition") },
    },
  },
  async handle(request, deps: ShieldDeps & CsvDeps) {
    const { c, query: asked, json, caller } = request;
    if (formatOf(c) === "json") {
      const { entries, places, headers } = await pageOf(c, request, deps, asked);
      return json(200, { transfers: entries.map(viewTransfer), ...places }, headers);
    }
    let hold: HeldConnection | undefined;
    const begin = () => {
      if (asked.limit <= LARGE_CSV_ROWS) return;
      const owner = deps.tenants.get(caller.key_sha256)?.tenant_id ?? caller.key_sha256;
      hold = deps.large_csvs.take(owner, c.req.raw.signal);
      if (hold === undefined) throw tooManyCsvs();
    };
    try {
      const { entries, headers } = await pageOf(c, request, deps, asked, begin);
      const rows = entries.map(viewTransfer).map((transfer) => COLUMNS.map((column) => transfer[column]));
      return c.body(csvText([COLUMNS, ...rows]), 200, {
        "Content-Type": `${TYPES.csv}; charset=utf-8; header=present`,
        "Content-Disposition": 'attachment; filename="ledger.csv"',
        ...headers,
      });
    } finally {
      hold?.release();
    }
  },
});

const tooManyCsvs = () =>
  new Problem(
    "rate-limited",
    `This account's last CSV of over ${LARGE_CSV_ROWS} transfers is still being made, or too many are.`,
    {
      retry_after_s: 2,
    },
  );

interface Page {
  readonly entries: readonly OwnTransfer[];
  readonly places: { readonly next_cursor: string | null; readonly next_position?: string | null };
  readonly headers: Record<string, string>;
}

async function pageOf(
  c: EdgeRequest,
  { caller, read }: Gate,
  { db }: Pick<ShieldDeps, "db">,
  asked: ReturnType<typeof query.read>,
  /** Called before anything is read, but after the rates. */
  begin: () => void = () => undefined,
): Promise<Page> {
  const { kind, limit: count, created_after, created_before } = asked;
  const filters = { kinds: kind ?? transferKind.options, limit: count, created_after, created_before };
  if (asked.by === "committed" || asked.by === "committed_csv") {
    const pages = pagesOf("ledger", { kind, created_after, created_before }, NO_POSITION);
    const after = pages.after(asked.cursor);
    const page = await read(async () => {
      begin();
      return listCommittedTransfers(db, caller.key_sha256, { ...filters, after });
    });
    const { entries, headers, ...places } = committedList(c, pages, page);
    return { entries, places, headers };
  }
  const { run_id } = asked;
  const pages = pagesOf("transfers", { kind, run_id, created_after, created_before });
  const after = pages.after(asked.cursor);
  const page = await read(async () => {
    begin();
    return listOwnTransfers(db, caller.key_sha256, { ...filters, after, run_id });
  });
  if (page.kind !== "found") throw new Error("transfers were not listed");
  const next_cursor = page.next === undefined ? null : pages.cursor(page.next);
  return { entries: page.transfers, places: { next_cursor }, headers: linkToNext(c, next_cursor) };
}

/** What the query says, else what is preferred. An invalid format is for the query's schema to report. */
function formatOf(c: EdgeRequest): Format {
  const [asked] = new URL(c.req.url).searchParams.getAll("format");
  if (asked !== undefined) return asked === "csv" ? "csv" : "json";
  const supports = Object.values(TYPES);
  const type = accepts(c, { header: "Accept", supports, default: TYPES.json });
  return type === TYPES.csv ? "csv" : "json";
}

function viewTransfer(transfer: OwnTransfer): z.input<typeof transferView> {
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
