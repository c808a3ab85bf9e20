import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import type { Violation } from "./checker/evidence.ts";
import { readMirrors } from "./collect.ts";
import { EDGES, REAPERS, TIMES, WORKERS, type World } from "./world.ts";

/** Above all waits that may follow each other: grace, lease, claimed, and a signal repeated ever more rarely. */
const LIMIT_MS = 240_000;
const LOOK_MS = 500;

const unrest = z.object({ tenant_id: z.guid(), available: z.string(), open: z.number(), frozen: z.number() });
const SQL = `
  SELECT b.tenant_id, b.available::text,
    count(r.run_id) FILTER (WHERE r.money_state = 'RESERVED')::integer AS open,
    count(r.run_id) FILTER (WHERE r.money_state = 'AUDIT_REQUIRED')::integer AS frozen
  FROM balances b LEFT JOIN runs r ON r.tenant_id = b.tenant_id AND r.status IN ('QUEUED', 'PROCESSING')
  GROUP BY b.tenant_id, b.available`;

/** What still moves; undefined: nothing does. */
async function moving({ db, system, shields }: World): Promise<string | undefined> {
  const processes = [...EDGES, ...WORKERS, ...REAPERS, "postgres" as const].filter((name) => system.pid(name) === null);
  const down = [...processes, ...shields.flatMap((shield) => (shield.pid() === null ? [shield.name] : []))];
  if (down.length > 0) return `${down.join(", ")} not back`;
  const tenants = z.array(unrest).parse(await db.query(SQL, []));
  const open = tenants.reduce((sum, each) => sum + each.open, 0);
  if (open > 0) return `${open} runs open`;
  const mirrors = await readMirrors(
    shields,
    tenants.map((each) => each.tenant_id),
  );
  const apart = mirrors.filter((mirror) => {
    const tenant = tenants.find((each) => each.tenant_id === mirror.tenant_id);
    return mirror.available !== tenant?.available || mirror.open_runs !== tenant.frozen;
  });
  return apart.length > 0 ? `${apart.length} mirrors differ` : undefined;
}

/** Waits until nothing moves, twice with a round of sweeps between; a limit that passes is a violation. */
export async function quiesce(world: World, progress: (line: string) => void): Promise<Violation | undefined> {
  const until = performance.now() + LIMIT_MS;
  let last = "";
  let still = 0;
  while (performance.now() < until) {
    const what = await moving(world).catch((error: unknown) => String(error));
    if (what === undefined) {
      still += 1;
      if (still > 1) return undefined;
      await sleep(4 * TIMES.sweep * 1000);
      continue;
    }
    still = 0;
    if (what !== last) progress(`coming to rest: ${what}`);
    last = what;
    await sleep(LOOK_MS);
  }
  return { rule: "7: it quiesces", subject: `within ${LIMIT_MS / 1000} s`, detail: { last } };
}

/** Runs that are open now; undefined while nobody can tell. */
export async function countOpen({ db }: World): Promise<number | undefined> {
  const sql = "SELECT sum(open_runs)::integer AS open FROM balances";
  const rows = await db.query(sql, []).catch(() => []);
  return z.object({ open: z.number() }).safeParse(rows[0]).data?.open;
}
