import { z } from "zod";

const schema = z.object({
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/, error: "must be the postgres:// URL of the database's owner" }),
  REDIS_URL: z.url({ protocol: /^rediss?$/, error: "must be a redis:// or rediss:// URL" }).optional(),
  DPP_SYNC_GRACE_SECONDS: z.coerce.number().positive().max(86_400).default(90),
});
export type CliConfig = z.infer<typeof schema>;

const devStack = z.object({ database_url: z.string(), redis_url: z.string().optional() });

/** The environment does not say where the stores are; the message names every fault and no value. */
export class Misconfigured extends Error {
  override readonly name = "Misconfigured";
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Where DATABASE_URL is absent the running development stack takes its place, Redis included; `from_dev` says so.
 * `readDevStack` answers the text of `.dev/stack.json`, or undefined when there is none.
 */
export function cliConfig(
  env: Environment,
  readDevStack: () => string | undefined,
): { readonly config: CliConfig; readonly from_dev: boolean } {
  const dev = env["DATABASE_URL"] === undefined ? parseDevStack(readDevStack()) : undefined;
  const stores = dev === undefined ? {} : { DATABASE_URL: dev.database_url, REDIS_URL: dev.redis_url };
  const parsed = schema.safeParse({ ...env, ...stores });
  if (parsed.success) return { config: parsed.data, from_dev: dev !== undefined };
  const faults = parsed.error.issues.map((issue) => `  ${issue.path.join(".")}: ${issue.message}`);
  throw new Misconfigured(`the environment is not fit:\n${faults.join("\n")}`);
}

function parseDevStack(text: string | undefined): z.infer<typeof devStack> | undefined {
  if (text === undefined) return undefined;
  try {
    return devStack.parse(JSON.parse(text));
  } catch {
    throw new Misconfigured(".dev/stack.json cannot be read: start the development stack again, or set DATABASE_URL");
  }
}
