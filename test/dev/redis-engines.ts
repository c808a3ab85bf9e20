import { onPath } from "./redis.ts";

/** The Redis servers that scripts are proven on: the embedded one, and the real one where this machine has it. */
export function redisEngines(): readonly ("js" | "auto")[] {
  const real = onPath("redis-server", process.env) ?? onPath("valkey-server", process.env);
  return real === undefined ? ["js"] : ["js", "auto"];
}
