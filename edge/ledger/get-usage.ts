import { z } from "zod";
import { formatSum } from "#core/domain/money.ts";
import type { Clock } from "#core/ports/clock.ts";
import { findUsage, usageGroup, type UsageLine, type UsageRequest } from "#core/store/ledger/find-usage.ts";
import type { ShieldDeps } from "../admission/shield.ts";
import { invalidQuery } from "../http/field-errors.ts";
import { operation } from "../http/operation.ts";
import { once, queryOf } from "../http/query.ts";
import { oneOf, parameter } from "../http/query-parameters.ts";
import { usageView } from "./schemas.ts";

const DAY_MS = 86_400_000;
const MAX_DAYS = 366;
const DEFAULT_DAYS = 30;
/** Before any run existed; a year has four digits. */
const FIRST_DAY = "2000-01-01";
const DAYS = "A run counts, with all it reserved and was charged, on the day of UTC on which it ended.";

const isDate = (text: string) => z.iso.date().safeParse(text).success && text >= FIRST_DAY;
const date = z.string().refine(isDate, `must be a date from ${FIRST_DAY} on, as YYYY-MM-DD`);
const DATE = { type: "string", format: "date" };
const GROUPS = usageGroup.options;

export const getUsage = operation({
  id: "getUsage",
  method: "GET",
  path: "/v1/usage",
  scope: "read",
  tag: "usage",
  summary: "Read usage",
  description:
    "What the runs that ended on these days of UTC add up to, by day, pack, API key, or day and pack. A run counts, whole, on the day on which it ended; runs that are open are not counted yet. Days up to `complete_through` are final; later ones still grow.",
  query: queryOf({
    start_date: parameter(
      once(date).optional(),
      "The first day; 29 days before the last one if left out.",
      DATE,
      "2026-11-01",
    ),
    end_date: parameter(
      once(date).optional(),
      "The last day, included; today if left out. At most 366 days in all.",
      DATE,
      "2026-11-30",
    ),
    group_by: parameter(
      once(oneOf(GROUPS)).default("day"),
      "What each row adds up.",
      { type: "string", enum: GROUPS, default: "day" },
      "pack",
    ),
  }),
  responses: { 200: { description: "The usage.", schema: usageView } },
  async handle({ caller, query, read, json }, deps: ShieldDeps & { readonly clock: Clock }) {
    const request = requestOf(query, deps.clock.now());
    const found = await read(() => findUsage(deps.db, caller.key_sha256, request));
    if (found.kind !== "found") throw new Error("usage was not found");
    return json(200, {
      start_date: request.from,
      end_date: request.to,
      group_by: request.group_by,
      rows: found.lines.map((line) => ({ ...groupOf(line), ...amounts([line]) })),
      totals: amounts(found.lines),
      complete_through: found.complete_through,
      days: DAYS,
    });
  },
});

interface UsageQuery {
  readonly start_date: string | undefined;
  readonly end_date: string | undefined;
  readonly group_by: UsageRequest["group_by"];
}

function requestOf({ start_date, end_date, group_by }: UsageQuery, now_ms: number): UsageRequest {
  const to = end_date ?? dayOf(now_ms);
  const from = start_date ?? dayOf(Date.parse(to) - (DEFAULT_DAYS - 1) * DAY_MS);
  const days = (Date.parse(to) - Date.parse(from)) / DAY_MS + 1;
  if (days < 1) throw wrongStart(`must not be after the end date, ${to}`);
  if (days > MAX_DAYS) throw wrongStart(`must be within ${MAX_DAYS} days of the end date, ${to}`);
  return { from, to, group_by };
}

const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

const wrongStart = (detail: string) => invalidQuery([{ parameter: "start_date", detail }]);

function groupOf({ day, pack_type, key_id, key_name }: UsageLine) {
  return {
    ...(day !== null && { day }),
    ...(pack_type !== null && { pack_type }),
    ...(key_id !== null && { key_id }),
    ...(key_name !== null && { key_name }),
  };
}

function amounts(lines: readonly UsageLine[]): z.input<typeof usageView>["totals"] {
  const count = (of: (line: UsageLine) => number) => lines.reduce((sum, line) => sum + of(line), 0);
  const money = (of: (line: UsageLine) => bigint) => formatSum(lines.reduce((sum, line) => sum + of(line), 0n));
  return {
    runs: count(({ runs }) => runs),
    successes: count(({ completed }) => completed),
    failures: count(({ failed }) => failed),
    canceled: count(({ canceled }) => canceled),
    charged_usd: money(({ charged_micros }) => charged_micros),
    reserved_usd: money(({ reserved_micros }) => reserved_micros),
  };
}
