import { readFile } from "node:fs/promises";
import { anyKeySet, type PublicKey } from "#core/domain/receipt-key.ts";
import type { Environment } from "../config.ts";
import { Refused } from "../operator.ts";

const TIMEOUT_MS = 10_000;

/** The keys of a JWK Set in a file or at a URL; by default that of DPP_JWKS. */
export async function readKeySet(where: string | undefined, env: Environment): Promise<readonly PublicKey[]> {
  const from = where ?? env["DPP_JWKS"];
  if (from === undefined) throw new Refused("give the public keys with --jwks FILE or URL, or in DPP_JWKS");
  const text = await (/^https?:\/\//i.test(from) ? fetchText(from) : readText(from));
  let set: unknown;
  try {
    set = JSON.parse(text);
  } catch {
    throw new Refused(`${from} holds no JSON`);
  }
  const keys = anyKeySet.safeParse(set);
  if (!keys.success) throw new Refused(`${from} holds no JWK Set`);
  if (keys.data.length === 0) throw new Refused(`the JWK Set of ${from} holds no Ed25519 key`);
  return keys.data;
}

/** The bytes of a file that a person names. */
export async function readBytes(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (error) {
    throw new Refused(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

export const readText = async (file: string): Promise<string> => new TextDecoder().decode(await readBytes(file));

async function fetchText(url: string): Promise<string> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    if (!response.ok) throw new Error(`it answered ${response.status}`);
    return await response.text();
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    throw new Refused(`${url} could not be fetched: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
}
