import { isPublicAddress } from "#core/domain/public-address.ts";
import { hostOf, isAddress, isListed } from "#core/domain/public-target.ts";
import { checkTarget } from "./address-guard.ts";
import { failed, type Failed, type Refused } from "#core/ports/fetch.ts";
import { type Address, isPassing, type Lookups } from "./resolve-name.ts";

export type Target =
  | { readonly kind: "ok"; readonly addresses: readonly Address[] }
  | { readonly kind: "unresolved"; readonly failure: Failed; readonly retry: boolean }
  | Refused;

/** Settles as the promise does, or rejects with the signal's reason if that aborts first. */
function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}

/**
 * Resolves a URL's host once and judges every answer: one that is not public refuses them all. The connection must go
 * to these addresses and no others. Hosts in `allowHosts` ("host:port" or "host:*") are not judged.
 */
export async function resolveTarget(
  url: URL,
  { lookup, lookupListed }: Lookups,
  allowHosts: readonly string[],
  signal: AbortSignal,
): Promise<Target> {
  const host = hostOf(url);
  const exempt = isListed(url, allowHosts);
  const checked = exempt ? undefined : checkTarget(url);
  if (checked?.kind === "refused") return checked;
  if (isAddress(host)) return { kind: "ok", addresses: [{ address: host, family: host.includes(":") ? 6 : 4 }] };

  let addresses: readonly Address[];
  try {
    addresses = await unlessAborted((exempt ? lookupListed : lookup)(host, signal), signal);
  } catch (error) {
    signal.throwIfAborted();
    const failure = failed("DNS", "The host name could not be resolved.");
    return { kind: "unresolved", failure, retry: isPassing(error) };
  }
  if (addresses.length === 0) {
    return { kind: "unresolved", failure: failed("DNS", "The host name has no address."), retry: false };
  }
  if (exempt || addresses.every(({ address }) => isPublicAddress(address))) return { kind: "ok", addresses };
  return { kind: "refused", reason_code: "ADDRESS_NOT_ALLOWED", detail: "The host is not publicly reachable." };
}
