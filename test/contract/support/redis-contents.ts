import type { Redis as RawClient } from "ioredis";

/** Where the simulator's shim keeps what is to expire. */
const EXPIRY = "sim:expiry";

/** All that a database of this server holds, with or without the times in it; and when a simulated world lets it go. */
export async function contents(raw: RawClient, database: number, timed?: "and its times") {
  const without = timed === undefined ? timeless : (hash: Readonly<Record<string, string>>) => hash;
  return inDatabase(raw, database, async () => {
    const values: Record<string, unknown> = {};
    const expiries = new Map<string, number>();
    for (const key of (await raw.keys("*")).toSorted()) {
      if (key === EXPIRY) {
        for (const [name, micros] of Object.entries(await raw.hgetall(key))) expiries.set(name, Number(micros) / 1000);
        continue;
      }
      // A rate is a time and nothing else.
      if (key.includes(":rate:") && timed === undefined) values[key] = "a time";
      else values[key] = (await raw.type(key)) === "hash" ? without(await raw.hgetall(key)) : await raw.get(key);
    }
    return { values, expiries };
  });
}

/** The time to live that the server itself gives, in ms, of each key that has one. */
export function lives(raw: RawClient, database: number): Promise<ReadonlyMap<string, number>> {
  return inDatabase(raw, database, async () => {
    const found = new Map<string, number>();
    for (const key of await raw.keys("*")) {
      const ms = await raw.pttl(key);
      if (ms >= 0) found.set(key, ms);
    }
    return found;
  });
}

async function inDatabase<T>(raw: RawClient, database: number, look: () => Promise<T>): Promise<T> {
  await raw.select(database);
  try {
    return await look();
  } finally {
    await raw.select(0);
  }
}

function timeless(hash: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const known = ([field, value]: [string, string]): [string, string] =>
    field === "synced_at" ? [field, "a time"] : [field, value.replace(/^(\d+:s?)\d{16}$/, "$1a time")];
  return Object.fromEntries(Object.entries(hash).map(known).toSorted());
}
