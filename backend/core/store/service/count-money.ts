import { z } from "zod";
import type { Db } from "../../ports/db.ts";
import { counter } from "../columns.ts";
import sql from "./count-money.sql";

/** A sum over tenants may be beyond what one balance can be: it is for a gauge, which is a double. */
const sum = z.string().regex(/^\d+$/).transform(Number);

const columns = z.object({
  plan_id: z.string().nullable(),
  tenants: counter,
  granted: sum,
  charged: sum,
  reserved: sum,
  available: sum,
  of_page: counter,
  last: z.guid(),
});

export interface MoneyPage {
  readonly plans: readonly Omit<z.infer<typeof columns>, "of_page" | "last">[];
  /** Undefined: these were the last ones. */
  readonly last: string | undefined;
}

/** The amounts of the next tenants, by plan. */
export async function countMoney(db: Db, after: string, size: number): Promise<MoneyPage> {
  const plans = (await db.query({ name: "count-money", text: sql }, [after, size])).map((row) => columns.parse(row));
  const [first] = plans;
  return { plans, last: first !== undefined && first.of_page >= size ? first.last : undefined };
}
