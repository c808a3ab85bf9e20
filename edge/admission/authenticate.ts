import { parseApiKey } from "#core/domain/api-key.ts";
import type { EdgeRequest } from "../http/context.ts";
import { unauthorized } from "./problems.ts";
import type { Caller } from "./shield.ts";

const BEARER = /^bearer +(\S+) *$/i;

/**
 * Who calls, by the key's form and checksum alone; whether the key is anybody's is for the stores to say. From here on
 * `answerInvalid` answers an invalid request.
 */
export function callerOf(c: EdgeRequest): Caller {
  const token = BEARER.exec(c.req.header("Authorization") ?? "")?.[1];
  const key = token === undefined ? undefined : parseApiKey(token);
  if (key === undefined) throw unauthorized();
  const caller = { key_sha256: key.sha256, address: addressOf(c) };
  c.set("caller", caller);
  return caller;
}

/** The client's address; of IPv6 the /64, which is what one client has. */
export function addressOf(c: EdgeRequest): string {
  const address = c.req.header("CF-Connecting-IP") ?? "";
  if (!address.includes(":")) return address;
  const [head = "", tail] = address.split("::");
  const groups = head === "" ? [] : head.split(":");
  if (tail !== undefined) groups.push("0", "0", "0", "0");
  return groups.slice(0, 4).join(":");
}
