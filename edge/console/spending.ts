import { daysBetween, microsOf } from "./formats.ts";

/** Charges by day and pack, of a period. */
interface Charges {
  readonly start_date: string;
  readonly end_date: string;
  readonly rows: readonly {
    readonly day?: string | undefined;
    readonly pack_type?: string | undefined;
    readonly charged_usd: string;
  }[];
}

/** What a day cost, by pack, in the order of the packs. */
export interface DaySpending {
  readonly day: string;
  readonly parts: readonly bigint[];
}

const charged = ({ charged_usd }: Charges["rows"][number]): bigint => microsOf(charged_usd) ?? 0n;

/** The packs of usage by day and pack, in the order of their names, so that each keeps its place in every period. */
export const packsOf = ({ rows }: Pick<Charges, "rows">): readonly string[] =>
  [...new Set(rows.flatMap(({ pack_type }) => pack_type ?? []))].toSorted();

/** Every day of usage by day and pack, those without a run too. */
export function spentByDay(usage: Charges, packs: readonly string[]): readonly DaySpending[] {
  const spent = new Map(usage.rows.map((row) => [`${row.day} ${row.pack_type}`, charged(row)]));
  return daysBetween(usage.start_date, usage.end_date).map((day) => ({
    day,
    parts: packs.map((pack) => spent.get(`${day} ${pack}`) ?? 0n),
  }));
}
