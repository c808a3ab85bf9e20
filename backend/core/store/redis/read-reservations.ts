import { z } from "zod";
import type { Redis, RedisScript } from "../../ports/redis.ts";
import { tenantKeys } from "./keys.ts";
import lua from "./read-reservations.lua";

const script: RedisScript = { name: "read-reservations", lua };
const reply = z.tuple([z.string().regex(/^\d{16}$/)], z.string());

/** The Redis clock in Unix micros, and the runs whose reservations no snapshot has contained yet. */
export async function readReservations(
  redis: Redis,
  tenant_id: string,
): Promise<{ readonly clock_read: string; readonly run_ids: readonly string[] }> {
  const [clock_read, ...run_ids] = reply.parse(await redis.run(script, [tenantKeys(tenant_id).open], []));
  return { clock_read, run_ids: run_ids.filter((run_id) => z.guid().safeParse(run_id).success) };
}
