import { z } from "zod";
import { formatSum } from "#core/domain/money.ts";
import { Problem } from "#core/domain/problem.ts";
import type { Clock } from "#core/ports/clock.ts";
import { findUsage, usageGroup, type UsageLine, type UsageWanted } from "#core/store/ledger/find-usage.ts";
import { callerOf } from "../admission/authenticate.ts";
import type { EdgeHandler, EdgeRequest } from "../http/context.ts";
import type { usageView } from "./usage-schema.ts";
import { once, readQuery } from "../http/query.ts";
import { read } from "../admission/read.ts";
import type { ShieldDeps } from "../admission/shield.ts";

const DAY_MS = 86_400_000;
const MOST_DAYS = 366;
const USUAL_DAYS = 30;
/** Before any run existed; a year has four digits. */
const FIRST_DAY = "2000-01-01";
const DAYS = "A run counts, with all it reserved and was charged, on the day of UTC on which it ended.";

const isDate = (text: string) => z.iso.date().safeParse(text).success && text >= FIRST_DAY;
const date = z.string().refine(isDate, `must be a date from ${FIRST_DAY} on, as YYYY-MM-DD`);
const query = z.strictObject({
  start_date: once(date).optional(),
  end_date: once(date).optional(),
  group_by: once(z.enum(usageGroup.options, `must be one of ${usageGroup.options.join(", ")}`)).default("day"),
});

interface UsageDeps extends ShieldDeps {
  readonly clock: Clock;
}

/** `GET /v1/usage` */
export function getUsage(deps: UsageDeps): EdgeHandler {
  return async (c) => {
    const caller = callerOf(c);
    const wanted = wantedOf(c, deps.clock.now());
    const { rate, verdict } = await read(deps, caller, () => findUsage(deps.db, caller.key_sha256, wanted));
    if (rate !== undefined) c.set("rate", { policy: "read", state: rate });
    if (verdict instanceof Problem) throw verdict;
    if (verdict.kind !== "found") throw new Error("usage was not found");
    const body: z.input<typeof usageView> = {
      start_date: wanted.from,
      end_date: wanted.to,
      group_by: wanted.group_by,
      rows: verdict.lines.map((line) => ({ ...groupOf(line), ...figures([line]) })),
      totals: figures(verdict.lines),
      complete_through: verdict.complete_through,
      days: DAYS,
    };
    return c.json(body);
  };
}

function wantedOf(c: EdgeRequest, now_ms: number): UsageWanted {
  const { start_date, end_date, group_by } = readQuery(c, query);
  const to = end_date ?? dayOf(now_ms);
  const from = start_date ?? dayOf(Date.parse(to) - (USUAL_DAYS - 1) * DAY_MS);
  const days = (Date.parse(to) - Date.parse(from)) / DAY_MS + 1;
  if (days < 1) throw wrongStart(`must not be after the end date, ${to}`);
  if (days > MOST_DAYS) throw wrongStart(`must be within ${MOST_DAYS} days of the end date, ${to}`);
  return { from, to, group_by };
}

const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

const wrongStart = (detail: string) =>
  new Problem("invalid-request", `The query does not fit: start_date: ${detail}.`, {
    errors: [{ parameter: "start_date", detail }],
  });

function groupOf({ day, pack_type, key_id, key_name }: UsageLine) {
  if (day !== null) return { day };
  if (pack_type !== null) return { pack_type };
  return { ...(key_id !== null && { key_id }), ...(key_name !== null && { key_name }) };
}

function figures(lines: readonly UsageLine[]): z.input<typeof usageView>["totals"] {
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
