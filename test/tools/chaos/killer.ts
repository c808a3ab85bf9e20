import { setTimeout as sleep } from "node:timers/promises";
import { PurgeQueueCommand, SQSClient } from "@aws-sdk/client-sqs";
import { Redis as RawClient } from "ioredis";
import { z } from "zod";
import type { InstanceName } from "../../dev/system.ts";
import { instant, type Scribe, spanFrom } from "./history.ts";
import { redisPast } from "./redis-past.ts";
import type { Shield } from "./regions.ts";
import type { Seeded } from "./seeded.ts";
import { EDGES, REAPERS, TIMES, WORKERS, type World } from "./world.ts";

const PAUSE_MS = { from: 500, to: 10_000 };

/** What is done, and how often as against the others. */
const KINDS = {
  "edge killed": 12,
  "edge told to stop": 4,
  "worker killed": 18,
  "worker told to stop": 9,
  "worker paused past its lease": 9,
  "reaper killed": 9,
  "redis killed": 8,
  "redis flushed": 8,
  "redis put back to an older state": 5,
  "postgres stopped at once": 6,
  "postgres killed": 4,
  "database backend killed": 3,
  "database connections ended": 5,
  "queue emptied": 4,
} as const;
type Kind = keyof typeof KINDS;

export interface Killer {
  readonly kills: ReadonlyMap<string, number>;
  /** Ends, once nothing is paused any more. */
  readonly done: Promise<void>;
}

/** Breaks one thing after the other, as the seed says, until `stop`. */
export function startKiller(world: World, random: Seeded, scribe: Scribe, stop: AbortSignal): Killer {
  const kills = new Map<string, number>();
  const paused = new Set<Promise<void>>();
  const { system } = world;
  const shields = world.shields.map((shield) => ({ shield, past: redisPast(shield) }));
  const anyShield = () => random.pick(shields);

  const end = (name: string, pid: number | null, what: NodeJS.Signals): string | undefined => {
    // It is down already.
    if (pid === null) return undefined;
    process.kill(pid, what);
    return `${name} ${pid}`;
  };
  const signal = (name: InstanceName | "postgres", what: NodeJS.Signals) => end(name, system.pid(name), what);
  const hold = (name: InstanceName): string | undefined => {
    const target = signal(name, "SIGSTOP");
    const pid = Number(target?.split(" ")[1]);
    if (target === undefined) return undefined;
    const wake = sleep(TIMES.lease * random.whole(1_200, 3_000), undefined, { signal: stop })
      .catch(() => undefined)
      .then(() => wakeUp(pid));
    const tracked: Promise<void> = wake.finally(() => paused.delete(tracked));
    paused.add(tracked);
    return target;
  };
  const doings: Record<Kind, () => Promise<string | undefined> | string | undefined> = {
    "edge killed": () => signal(random.pick(EDGES), "SIGKILL"),
    "edge told to stop": () => signal(random.pick(EDGES), "SIGTERM"),
    "worker killed": () => signal(random.pick(WORKERS), "SIGKILL"),
    "worker told to stop": () => signal(random.pick(WORKERS), "SIGTERM"),
    "worker paused past its lease": () => hold(random.pick(WORKERS)),
    "reaper killed": () => signal(random.pick(REAPERS), "SIGKILL"),
    "redis killed": () => {
      const { name, pid } = anyShield().shield;
      return end(name, pid(), "SIGKILL");
    },
    "redis flushed": () => flush(anyShield().shield),
    "redis put back to an older state": () => anyShield().past.putBack(),
    // Postgres's immediate shutdown: no checkpoint, recovery from the log.
    "postgres stopped at once": () => signal("postgres", "SIGQUIT"),
    "postgres killed": () => signal("postgres", "SIGKILL"),
    // Its server ends all others too, and recovers.
    "database backend killed": () => endBackends(world, "kill"),
    "database connections ended": () => endBackends(world, "terminate"),
    "queue emptied": () => emptyQueue(world),
  };
  const round = async () => {
    while (!stop.aborted) {
      await sleep(random.whole(PAUSE_MS.from, PAUSE_MS.to), undefined, { signal: stop }).catch(() => undefined);
      if (stop.aborted) break;
      const replace = random.chance(0.5);
      await Promise.all(shields.map(({ past }) => past.remember(replace)));
      const what = random.choose(KINDS);
      const began = instant();
      const target = await Promise.resolve(doings[what]()).catch(() => undefined);
      if (target === undefined) continue;
      kills.set(what, (kills.get(what) ?? 0) + 1);
      scribe.write({ op: "kill", ...spanFrom(began), what, target });
    }
    await Promise.all(paused);
    for (const { past } of shields) past.close();
  };
  return { kills, done: round() };
}

function wakeUp(pid: number): void {
  try {
    process.kill(pid, "SIGCONT");
  } catch {
    // It was killed meanwhile.
  }
}

async function flush({ name, url }: Shield): Promise<string> {
  const redis = new RawClient(url, { maxRetriesPerRequest: 0 });
  redis.on("error", () => undefined);
  try {
    await redis.flushall();
    return name;
  } finally {
    redis.disconnect();
  }
}

const pids = z.array(z.object({ pid: z.number() }));

async function endBackends({ db }: World, how: "kill" | "terminate"): Promise<string> {
  const others = `FROM pg_stat_activity WHERE backend_type = 'client backend' AND application_name <> 'chaos'
    ORDER BY random() LIMIT `;
  if (how === "terminate") {
    const ended = await db.query(`SELECT pg_terminate_backend(pid) FROM (SELECT pid ${others} 5) AS some`, []);
    return `${ended.length} connections`;
  }
  const [one] = pids.parse(await db.query(`SELECT pid ${others} 1`, []));
  if (one === undefined) throw new Error("nobody is connected");
  process.kill(one.pid, "SIGKILL");
  return `backend ${one.pid}`;
}

async function emptyQueue({ system: { stack } }: World): Promise<string> {
  const sqs = new SQSClient({ region: stack.region, endpoint: stack.sqsEndpoint, credentials: stack });
  await sqs.send(new PurgeQueueCommand({ QueueUrl: stack.queueUrl })).finally(() => sqs.destroy());
  return "queue";
}
