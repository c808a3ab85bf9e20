import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";

export type Environment = Readonly<Record<string, string | undefined>>;

/** The environment does not say where the stores are; the message names every fault and no value. */
export class Misconfigured extends Error {
  override readonly name = "Misconfigured";
}

/** The development stack was to be used and is not running. */
export class DevStackSilent extends Error {
  override readonly name = "DevStackSilent";
}

const stores = z.object({
  edge_url: z.string().optional(),
  database_url: z.string(),
  redis_url: z.string().optional(),
  sqs_endpoint: z.string().optional(),
  queue_url: z.string().optional(),
  dlq_url: z.string().optional(),
  s3_endpoint: z.string().optional(),
  bucket: z.string().optional(),
  aws_region: z.string().optional(),
  aws_access_key_id: z.string().optional(),
  aws_secret_access_key: z.string().optional(),
});
export type DevStack = z.infer<typeof stores> & { readonly file: string };

export const OR_START_DEV = "or start `npm run dev`";

/** Where `npm run dev` writes what it has started. */
export const devStackFile = (env: Environment): string => join(env["DPP_DEV_DIR"] ?? ".dev", "stack.json");

/** Undefined: there is none. */
export function findDevStack(env: Environment): DevStack | undefined {
  const file = devStackFile(env);
  try {
    return { file, ...stores.parse(JSON.parse(readFileSync(file, "utf8"))) };
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes(codeOf(error))) return undefined;
    throw new Misconfigured(`${file} cannot be read: start \`npm run dev\` again, or set DATABASE_URL`);
  }
}

/** For the person at the terminal, before anything is done. */
export const usingDevStack = ({ file }: DevStack): string =>
  `DATABASE_URL is not set: using the development stack of ${file}`;

/** Runs `use` on the development stack, and says that it is down where its database refuses the connection. */
export async function onDevStack<T>({ file }: DevStack, use: () => Promise<T>): Promise<T> {
  try {
    return await use();
  } catch (error) {
    if (![codeOf(error), codeOf(error instanceof Error && error.cause)].includes("ECONNREFUSED")) throw error;
    throw new DevStackSilent(`the development stack of ${file} does not answer (is \`npm run dev\` running?)`, {
      cause: error,
    });
  }
}

const codeOf = (error: unknown): string => (error instanceof Error && "code" in error ? String(error.code) : "");
