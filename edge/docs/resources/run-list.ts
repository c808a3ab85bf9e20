import { METADATA_LIMITS } from "#core/domain/run-request.ts";
import { runStatus } from "#core/domain/run.ts";
import { PACK_TYPE, RUN_ORDERS, RUNS_PER_PAGE } from "../../openapi/listings.ts";
import { RATE } from "../../openapi/components.ts";
import { response, READ } from "../../openapi/describe.ts";
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

const METADATA = {
  name: "metadata",
  in: "query",
  style: "deepObject",
  explode: true,
  description: "Only runs that bear all of these pairs, each written as `metadata[name]=value`.",
  schema: {
    type: "object",
    maxProperties: METADATA_LIMITS.pairs,
    propertyNames: { minLength: 1, maxLength: METADATA_LIMITS.name_chars },
    additionalProperties: { type: "string", maxLength: METADATA_LIMITS.value_chars },
  },
  example: { order: "A-1" },
};

export const listRuns = {
  operationId: "listRuns",
  "x-scope": "read",
  tags: ["runs"],
  summary: "List runs",
  description:
    "The account's runs, newest first, a page at a time. A run that is there when the first page is read is on exactly one page, however many are added meanwhile. A filter that fits few runs may give short or even empty pages: go on until `next_cursor` is null. To see every run once, now and later, ask for `order=accepted` or `order=ended` and go on from `next_position`: nothing can come in before what is listed, while going on by `created_after` may miss runs. A position that the account no longer knows, after the service was restored from a backup, is a 400: begin again without `cursor`.",
  parameters: [
    limit(RUNS_PER_PAGE),
    order(
      "`newest`: newest first. `accepted`, `ended`: the order in which runs were accepted, or ended (those that have), for good.",
      RUN_ORDERS,
    ),
    cursorOrPosition(
      "eyJhdCI6IjIwMjYtMTEtMjFUMDk6MzA6MDAuMDAwMDAwWiIsImlkIjoiMDFhMWZhMzctMjRkNS03N2E1LWI5MmMtY2NmNjAxMzcxNTQxIn0",
    ),
    listParameter(
      "status",
      "Only runs of any of these statuses. Not with `order=accepted`: it changes.",
      runStatus.options,
    ),
    query("pack_type", "Only runs of this pack.", { type: "string", pattern: PACK_TYPE.source }, "decision"),
    ...CREATED,
    METADATA,
  ],
  responses: {
    200: response("A page of runs.", "RunList", { ...RATE, ...NEXT, ...NEXT_POSITION }),
    ...problems("invalid-request", ...READ),
  },
};
