import type { Usage } from "../client/client.ts";
import { daysBetween, microsOf } from "./formats.ts";

/** What a day cost, by pack, in the order of the packs. */
export interface DaySpending {
  readonly day: string;
  readonly parts: readonly bigint[];
}

const charged = ({ charged_usd }: Usage["rows"][number]): bigint => microsOf(charged_usd) ?? 0n;

/** The packs of usage by day and pack, in the order of their names, so that each keeps its place in every period. */
export const packsOf = ({ rows }: Usage): readonly string[] =>
  [...new Set(rows.flatMap(({ pack_type }) => pack_type ?? []))].toSorted();

/** Every day of usage by day and pack, those without a run too. */
export function spentByDay(usage: Usage, packs: readonly string[]): readonly DaySpending[] {
  const spent = new Map(usage.rows.map((row) => [`${row.day} ${row.pack_type}`, charged(row)]));
  return daysBetween(usage.start_date, usage.end_date).map((day) => ({
    day,
    parts: packs.map((pack) => spent.get(`${day} ${pack}`) ?? 0n),
  }));
}
