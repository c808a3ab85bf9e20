import { z } from "zod";
import { uuid } from "#core/domain/ids.ts";
import { METADATA_LIMITS } from "#core/domain/run-request.ts";
import { runStatus } from "#core/domain/run.ts";
import { viewRun } from "#core/domain/run-view.ts";
import { listCommittedRuns } from "#core/store/runs/list-committed-runs.ts";
import { listOwnRuns } from "#core/store/runs/list-own-runs.ts";
import type { ShieldDeps } from "../admission/shield.ts";
import { committedList, orderOf } from "../http/committed-list.ts";
import { keysetCursor, linkToNext, NO_POSITION, pagesOf, positionCursor } from "../http/cursor.ts";
import { operation } from "../http/operation.ts";
import { once, pairs, queryBy } from "../http/query.ts";
import {
  CREATED,
  cursorOrPosition,
  limit,
  listParameter,
  orderParameter,
  parameter,
} from "../http/query-parameters.ts";
import { NEXT, NEXT_POSITION } from "../openapi/headers.ts";
import { KEY_ID } from "../keys/key-id.ts";
import { PACK_TYPE } from "../packs/schemas.ts";
import { runList } from "./schemas.ts";

const ORDERS = ["newest", "accepted", "ended"] as const;

const metadata = {
  schema: pairs(METADATA_LIMITS).optional(),
  document: {
    style: "deepObject",
    explode: true,
    description: "Only runs with all of these pairs, each written as `metadata[name]=value`.",
    schema: {
      type: "object",
      maxProperties: METADATA_LIMITS.pairs,
      propertyNames: { minLength: 1, maxLength: METADATA_LIMITS.name_chars },
      additionalProperties: { type: "string", maxLength: METADATA_LIMITS.value_chars },
    },
    example: { order: "A-1" },
  },
};

const newest = keysetCursor("runs", uuid);
const EXAMPLE = { at: "2026-11-21T09:30:00.000000Z", id: "01a1fa37-24d5-77a5-b92c-ccf601371541" };
// A reader would pass over a run whose status comes to match later.
const noStatus = z.array(z.unknown()).max(0, "is not allowed with order=accepted").optional();

const query = queryBy(
  {
    limit: limit({ max: 100, default: 20 }),
    order: orderParameter(
      "`newest`: newest first. `accepted`, `ended`: the order in which runs were accepted, or ended (those that have), for good.",
      ORDERS,
    ),
    cursor: cursorOrPosition(newest, pagesOf("runs", {}).cursor(EXAMPLE)),
    status: listParameter(
      "Only runs of any of these statuses. Not with `order=accepted`: it changes.",
      runStatus.options,
    ),
    pack_type: parameter(
      once(z.string().regex(PACK_TYPE, "is not a pack type")).optional(),
      "Only runs of this pack.",
      { type: "string", pattern: PACK_TYPE.source },
      "decision",
    ),
    key_id: parameter(
      once(uuid).optional(),
      "Only runs that this API key submitted, not those of the keys that it was rotated from or to.",
      { type: "string", format: "uuid" },
      KEY_ID,
    ),
    ...CREATED,
    metadata,
  },
  {
    newest: {},
    accepted: {
      cursor: positionCursor("accepted"),
      status: noStatus.transform(() => undefined),
    },
    ended: { cursor: positionCursor("ended") },
  },
  (c) => orderOf(c, ORDERS),
);

export const listRuns = operation({
  id: "listRuns",
  method: "GET",
  path: "/v1/runs",
  scope: "read",
  tag: "runs",
  summary: "List runs",
  description:
    "The account's runs, newest first, a page at a time. A run that is there when the first page is read is on exactly one page, however many are added meanwhile. A filter that matches few runs may give short or empty pages: continue until `next_cursor` is null. To see every run once, now and later, ask for `order=accepted` or `order=ended` and go on from `next_position`: nothing can come in before what is listed, while going on by `created_after` may miss runs. A position that the account no longer knows, after the service was restored from a backup, is a 400: begin again without `cursor`.",
  query,
  responses: {
    200: { description: "A page of runs.", schema: runList, headers: { ...NEXT, ...NEXT_POSITION } },
  },
  async handle({ c, caller, query: asked, read, json }, deps: ShieldDeps) {
    const { status: statuses, pack_type, key_id, created_after, created_before } = asked;
    const filters = { statuses, pack_type, key_id, created_after, created_before, metadata: asked.metadata };
    const { limit: count } = asked;
    if (asked.by === "newest") {
      const pages = pagesOf("runs", filters);
      const after = pages.after(asked.cursor);
      const page = await read(() => listOwnRuns(deps.db, caller.key_sha256, { ...filters, limit: count, after }));
      if (page.kind !== "found") throw new Error("runs were not listed");
      const next_cursor = page.next === undefined ? null : pages.cursor(page.next);
      const body = { runs: page.runs.map((run) => viewRun(run)), next_cursor };
      return json(200, body, linkToNext(c, next_cursor));
    }
    const { by } = asked;
    const pages = pagesOf(by, filters, NO_POSITION);
    const after = pages.after(asked.cursor);
    const page = await read(() =>
      listCommittedRuns(deps.db, caller.key_sha256, { ...filters, limit: count, after, by }),
    );
    const { entries, headers, ...places } = committedList(c, pages, page);
    return json(200, { runs: entries.map((run) => viewRun(run)), ...places }, headers);
  },
});
