import type { Transfer } from "../client/client.ts";
import { microsOf } from "./formats.ts";

export const KINDS = ["GRANT", "CLAWBACK", "RESERVE", "CHARGE", "REFUND"] as const;
type Kind = (typeof KINDS)[number];

export interface Statement {
  readonly byKind: Readonly<Record<Kind, bigint>>;
  /** Newest first. */
  readonly byDay: readonly {
    readonly day: string;
    readonly runs: number;
    readonly charged: bigint;
    readonly credit: bigint;
  }[];
  readonly charged: bigint;
  /** What the account owns more, or less, at the end of the month: credit less charges. */
  readonly change: bigint;
}

type Moved = Pick<Transfer, "kind" | "amount_usd" | "created_at">;

export function statementOf(transfers: readonly Moved[]): Statement {
  const byKind: Record<Kind, bigint> = { GRANT: 0n, CLAWBACK: 0n, RESERVE: 0n, CHARGE: 0n, REFUND: 0n };
  const days = new Map<string, { runs: number; charged: bigint; credit: bigint }>();
  for (const { kind, amount_usd, created_at } of transfers) {
    const micros = microsOf(amount_usd) ?? 0n;
    byKind[kind] += micros;
    if (kind === "RESERVE" || kind === "REFUND") continue;
    const name = created_at.slice(0, 10);
    const day = days.get(name) ?? { runs: 0, charged: 0n, credit: 0n };
    if (kind === "CHARGE") {
      day.runs += 1;
      day.charged += micros;
    } else day.credit += kind === "GRANT" ? micros : -micros;
    days.set(name, day);
  }
  const byDay = [...days].map(([day, figures]) => ({ day, ...figures })).toSorted((a, b) => (a.day < b.day ? 1 : -1));
  return { byKind, byDay, charged: byKind.CHARGE, change: byKind.GRANT - byKind.CLAWBACK - byKind.CHARGE };
}

/** `YYYY-MM` of this century. */
export const isMonth = (text: string): boolean => /^20\d{2}-(?:0[1-9]|1[0-2])$/.test(text);

/** When the month after begins, in UTC. */
export function monthOf(month: string): { readonly next: string } {
  const [year = 0, number = 1] = month.split("-").map(Number);
  return { next: new Date(Date.UTC(year, number, 1)).toISOString() };
}
