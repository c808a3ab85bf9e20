import { z } from "zod";
import { uuid } from "#core/domain/ids.ts";
import { Problem } from "#core/domain/problem.ts";
import { METADATA_LIMITS } from "#core/domain/run-request.ts";
import { runStatus } from "#core/domain/run.ts";
import { listOwnRuns } from "#core/store/postgres/list-own-runs.ts";
import { callerOf } from "../authenticate.ts";
import type { EdgeHandler } from "../context.ts";
import { cursor, cursorOf, linkToNext } from "../cursor.ts";
import { PACK_TYPE, RUNS_PER_PAGE } from "../docs/answers/listings.ts";
import type { runList } from "../docs/answers/runs.ts";
import { listOf, moment, once, pairs, readQuery, wholeNumber } from "../query.ts";
import { read } from "../read.ts";
import { viewOf } from "../run-response.ts";
import type { ShieldDeps } from "../shield.ts";

const query = z.strictObject({
  limit: once(wholeNumber(1, RUNS_PER_PAGE.most)).default(RUNS_PER_PAGE.usual),
  cursor: once(cursor(uuid)).optional(),
  status: listOf(z.enum(runStatus.options, `must be one of ${runStatus.options.join(", ")}`)).optional(),
  pack_type: once(z.string().regex(PACK_TYPE, "is no pack type")).optional(),
  created_after: once(moment).optional(),
  created_before: once(moment).optional(),
  metadata: pairs(METADATA_LIMITS).optional(),
});

/** `GET /v1/runs` */
export function listRuns(deps: ShieldDeps): EdgeHandler {
  return async (c) => {
    const caller = callerOf(c);
    const { cursor: after, status: statuses, ...filters } = readQuery(c, query);
    const { rate, verdict } = await read(deps, caller, () =>
      listOwnRuns(deps.db, caller.key_sha256, { ...filters, after, statuses }),
    );
    if (rate !== undefined) c.set("rate", { policy: "read", state: rate });
    if (verdict instanceof Problem) throw verdict;
    if (verdict.kind !== "found") throw new Error("runs were not listed");
    const next_cursor = verdict.next === undefined ? null : cursorOf(verdict.next);
    const body: z.input<typeof runList> = { runs: verdict.runs.map(viewOf), next_cursor };
    return c.json(body, 200, linkToNext(c, next_cursor));
  };
}
