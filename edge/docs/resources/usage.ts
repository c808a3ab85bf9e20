import { usageGroup } from "#core/store/ledger/find-usage.ts";
import { transferKind } from "#core/domain/transfer.ts";
import { ledgerPage, transferView } from "../../ledger/schemas.ts";
import { LEDGER_ORDERS, TRANSFERS_PER_CSV, TRANSFERS_PER_PAGE } from "../../openapi/listings.ts";
import { usageView } from "../../ledger/usage-schema.ts";
import { COMMON, headerRef, RATE, schemaRef } from "../../openapi/components.ts";
import { response, type Resource, READ } from "../../openapi/describe.ts";
import {
  CREATED,
  cursorOrPosition,
  limit,
  listParameter,
  NEXT,
  NEXT_POSITION,
  order,
  query,
} from "../../openapi/listing.ts";
import { problems } from "../../openapi/problems.ts";

const RUN_ID = "01a1fa37-24d5-77a5-b92c-ccf601371541";
const CSV = `${transferView.keyof().options.join(",")}\r\n1042,RESERVE,available,reserved,1.0000,${RUN_ID},,2026-11-21T09:30:00.000Z\r\n`;
const date = { type: "string", format: "date" };

const getUsage = {
  operationId: "getUsage",
  "x-scope": "read",
  tags: ["usage"],
  summary: "Read usage",
  description:
    "What the runs that ended on these days of UTC add up to, by day, pack or API key. A run counts, whole, on the day on which it ended; runs that are open are not counted yet. Days up to `complete_through` are final; later ones still grow.",
  parameters: [
    query("start_date", "The first day; 29 days before the last one if left out.", date, "2026-11-01"),
    query("end_date", "The last day, included; today if left out. At most 366 days in all.", date, "2026-11-30"),
    query("group_by", "What each row adds up.", { type: "string", enum: usageGroup.options, default: "day" }, "pack"),
  ],
  responses: { 200: response("The usage.", "Usage", RATE), ...problems("invalid-request", ...READ) },
};

const listTransfers = {
  operationId: "listTransfers",
  "x-scope": "read",
  tags: ["usage"],
  summary: "List the ledger",
  description:
    "Every transfer of the account's money, newest first, a page at a time: as JSON, or as CSV for `Accept: text/csv` or `format=csv`. To read every transfer once, now and later, ask for `order=committed` and go on from `next_position` (in the header X-DPP-Next-Position too): a transfer is listed once no other can come in before it, usually within a second; later while an earlier change of the database is still open, but never missed. Going on by `created_after` or by id may miss some: transfers can come to stand in another order than that of their times. A position that the ledger no longer knows, after the service was restored from a backup, is a 400: begin again without `cursor`, and know transfers by `transfer_id`. In the CSV a cell that a spreadsheet would take for a formula begins with an apostrophe.",
  parameters: [
    query("format", "Instead of the Accept header.", { type: "string", enum: ["json", "csv"] }, "csv"),
    limit(
      { ...TRANSFERS_PER_CSV, usual: TRANSFERS_PER_PAGE.usual },
      ` ${TRANSFERS_PER_PAGE.most} is the most for JSON; CSV has ${TRANSFERS_PER_CSV.usual} if left out.`,
    ),
    order(
      "`newest`: newest first. `committed`: the order in which transfers came to stand; only this one may be gone on from.",
      LEDGER_ORDERS,
    ),
    cursorOrPosition("eyJhdCI6IjIwMjYtMTEtMjFUMDk6MzA6MDAuMDAwMDAwWiIsImlkIjoiMTA0MiJ9"),
    listParameter("kind", "Only transfers of any of these kinds.", transferKind.options),
    query(
      "run_id",
      "Only transfers of this run. Not with `order=committed`.",
      { type: "string", format: "uuid" },
      RUN_ID,
    ),
    ...CREATED,
  ],
  responses: {
    200: {
      description: "A page of transfers.",
      headers: {
        ...COMMON,
        ...RATE,
        ...NEXT,
        ...NEXT_POSITION,
        Vary: headerRef("Vary"),
        "Content-Disposition": headerRef("ContentDisposition"),
      },
      content: {
        "application/json": { schema: schemaRef("LedgerPage") },
        "text/csv": { schema: { type: "string" }, example: CSV },
      },
    },
    ...problems("invalid-request", ...READ),
  },
};

export const usage: Resource = {
  tag: { name: "usage", description: "What was used, and every movement of money." },
  paths: { "/v1/ledger": { get: listTransfers }, "/v1/usage": { get: getUsage } },
  answers: { LedgerPage: ledgerPage, Usage: usageView },
};
