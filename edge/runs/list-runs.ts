import { z } from "zod";
import { uuid } from "#core/domain/ids.ts";
import { Problem } from "#core/domain/problem.ts";
import { METADATA_LIMITS } from "#core/domain/run-request.ts";
import { runStatus } from "#core/domain/run.ts";
import { listCommittedRuns } from "#core/store/runs/list-committed-runs.ts";
import { listOwnRuns } from "#core/store/runs/list-own-runs.ts";
import { callerOf } from "../admission/authenticate.ts";
import type { EdgeHandler, EdgeRequest } from "../http/context.ts";
import { cursor, cursorOf, linkToNext, positionCursor } from "../http/cursor.ts";
import { committedList, orderOf } from "../http/committed-list.ts";
import { PACK_TYPE, RUN_ORDERS, RUNS_PER_PAGE } from "../openapi/listings.ts";
import type { runList } from "./schemas.ts";
import { listOf, moment, once, pairs, readQuery, wholeNumber } from "../http/query.ts";
import { read } from "../admission/read.ts";
import { viewOf } from "./view.ts";
import type { ShieldDeps } from "../admission/shield.ts";

const filters = {
  limit: once(wholeNumber(1, RUNS_PER_PAGE.most)).default(RUNS_PER_PAGE.usual),
  order: once(z.enum(RUN_ORDERS, `must be one of ${RUN_ORDERS.join(", ")}`)).optional(),
  status: listOf(z.enum(runStatus.options, `must be one of ${runStatus.options.join(", ")}`)).optional(),
  pack_type: once(z.string().regex(PACK_TYPE, "is no pack type")).optional(),
  created_after: once(moment).optional(),
  created_before: once(moment).optional(),
  metadata: pairs(METADATA_LIMITS).optional(),
};
const newest = z.strictObject({ ...filters, cursor: once(cursor(uuid)).optional() });
const ended = z.strictObject({ ...filters, cursor: once(positionCursor("ended")).optional() });
// A reader would pass over a run whose status comes to match later.
const noStatus = z.array(z.unknown()).max(0, "is not taken with order=accepted, for it changes afterwards").optional();
const accepted = z.strictObject({
  ...filters,
  cursor: once(positionCursor("accepted")).optional(),
  status: noStatus.transform(() => undefined),
});

/** `GET /v1/runs` */
export function listRuns(deps: ShieldDeps): EdgeHandler {
  return async (c) => {
    const order = orderOf(c, RUN_ORDERS);
    return order === "newest" ? listNewest(deps, c) : listCommitted(deps, c, order);
  };
}

async function listNewest(deps: ShieldDeps, c: EdgeRequest): Promise<Response> {
  const caller = callerOf(c);
  const { cursor: after, status: statuses, order: _, ...wanted } = readQuery(c, newest);
  const { rate, verdict } = await read(deps, caller, () =>
    listOwnRuns(deps.db, caller.key_sha256, { ...wanted, after, statuses }),
  );
  if (rate !== undefined) c.set("rate", { policy: "read", state: rate });
  if (verdict instanceof Problem) throw verdict;
  if (verdict.kind !== "found") throw new Error("runs were not listed");
  const next_cursor = verdict.next === undefined ? null : cursorOf(verdict.next);
  const body: z.input<typeof runList> = { runs: verdict.runs.map(viewOf), next_cursor };
  return c.json(body, 200, linkToNext(c, next_cursor));
}

async function listCommitted(deps: ShieldDeps, c: EdgeRequest, by: "accepted" | "ended"): Promise<Response> {
  const caller = callerOf(c);
  const { cursor: after, status: statuses, order: _, ...wanted } = readQuery(c, by === "ended" ? ended : accepted);
  const outcome = await read(deps, caller, () =>
    listCommittedRuns(deps.db, caller.key_sha256, { ...wanted, after, statuses, by }),
  );
  const { entries, headers, ...places } = committedList(c, by, outcome);
  const body: z.input<typeof runList> = { runs: entries.map(viewOf), ...places };
  return c.json(body, 200, headers);
}
