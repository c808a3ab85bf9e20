import { afterAll, expect } from "vitest";
import type { Account } from "../../dev/add-tenant.ts";
import { claimed, complete } from "./close-work.ts";
import { createMoneyWorld } from "./money-world.ts";

/** All that is committed is settled, and more than two transfers are many. */
export const PACE = { settled_seconds: 0, batch_size: 2, full_seconds: 7 * 86_400 };
/** As when the checkpoint was noted long ago. */
export const OLD = { ...PACE, full_seconds: 0.000_001 };

/** A world of the file's own for audits that begin at checkpoints. */
export async function auditedWorld() {
  const world = await createMoneyWorld();
  afterAll(() => world.close());
  const sql = (text: string, ...values: (string | number)[]) => world.owner.query(text, values);
  return {
    world,
    sql,
    completed: async (account: Account): Promise<string> => {
      const work = await claimed(world, account);
      expect(await complete(world, work, 7_000)).toBeDefined();
      return work.run_id;
    },
    checkpoint: async ({ tenant_id }: Account) =>
      (
        await sql("SELECT *, through_transfer::int AS through FROM audit_checkpoints WHERE tenant_id = $1", tenant_id)
      )[0],
  };
}
