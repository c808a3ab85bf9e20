import { z } from "zod";
import {
  type DevStack,
  devStackFile,
  type Environment,
  findDevStack,
  Misconfigured,
  OR_START_DEV,
} from "./dev-stack.ts";

const schema = z.object({
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/, error: "must be the postgres:// URL of the database's owner" }),
  REDIS_URL: z.url({ protocol: /^rediss?$/, error: "must be a redis:// or rediss:// URL" }).optional(),
  DPP_SYNC_GRACE_SECONDS: z.coerce.number().positive().max(86_400).default(90),
});
export type CliConfig = z.infer<typeof schema>;

/** Where DATABASE_URL is absent the running development stack takes its place, Redis included; `dev` is that one. */
export function cliConfig(env: Environment): { readonly config: CliConfig; readonly dev: DevStack | undefined } {
  const wantsDev = env["DATABASE_URL"] === undefined;
  const dev = wantsDev ? findDevStack(env) : undefined;
  const stores = dev === undefined ? {} : { DATABASE_URL: dev.database_url, REDIS_URL: dev.redis_url };
  const parsed = schema.safeParse({ ...env, ...stores });
  if (parsed.success) return { config: parsed.data, dev };
  const faults = parsed.error.issues.map((issue) => `  ${issue.path.join(".")}: ${issue.message}`);
  if (wantsDev && dev === undefined)
    faults.push(`There is no ${devStackFile(env)}: set DATABASE_URL, ${OR_START_DEV}.`);
  throw new Misconfigured(`the environment is not fit:\n${faults.join("\n")}`);
}
