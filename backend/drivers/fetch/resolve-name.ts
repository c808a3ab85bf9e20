import { lookup, Resolver } from "node:dns/promises";

export interface Address {
  readonly address: string;
  readonly family: number;
}

/** Every address of a name, of both families; none when it has no record. What goes on after an abort is lost. */
export type Lookup = (host: string, signal: AbortSignal) => Promise<readonly Address[]>;

/** How names are resolved: public ones, and those in `allowHosts`. */
export interface Lookups {
  readonly lookup: Lookup;
  readonly lookupListed: Lookup;
}

/** Of one query to one name server; the next try waits longer. */
const QUERY = { timeout: 2_000, tries: 2 } as const;

const NO_RECORD: ReadonlySet<string> = new Set(["ENODATA", "ENOTFOUND"]);

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? "";
}

async function answersOf(query: Promise<readonly string[]>, family: number): Promise<readonly Address[]> {
  const found = await query.catch((error: unknown) => {
    if (NO_RECORD.has(codeOf(error))) return [];
    throw error;
  });
  return found.map((address) => ({ address, family }));
}

/**
 * Asks the name servers (the system's, or `servers` as "address:port") for the A and AAAA records of a name: no hosts
 * file, no search domains, no thread held, and nothing goes on after an abort. A name may have no address at all.
 */
export function createDnsLookup(servers?: readonly string[]): Lookup {
  return async (host, signal) => {
    signal.throwIfAborted();
    const resolver = new Resolver(QUERY);
    if (servers !== undefined) resolver.setServers(servers);
    const cancel = () => resolver.cancel();
    signal.addEventListener("abort", cancel, { once: true });
    try {
      const answers = await Promise.allSettled([
        answersOf(resolver.resolve4(host), 4),
        answersOf(resolver.resolve6(host), 6),
      ]);
      const addresses = answers.flatMap((answer) => (answer.status === "fulfilled" ? answer.value : []));
      const broken = answers.find((answer) => answer.status === "rejected");
      // Some name servers know only one kind of record and fail when asked for the other.
      if (addresses.length === 0 && broken !== undefined) throw broken.reason;
      return addresses;
    } finally {
      signal.removeEventListener("abort", cancel);
    }
  };
}

/** True when another try may have an answer. */
export function isPassing(error: unknown): boolean {
  return ["ETIMEOUT", "ESERVFAIL", "ECONNREFUSED", "EAI_AGAIN"].includes(codeOf(error));
}

/** Asks the operating system, hosts file and all: for names that the operator listed, and for those only. */
export const lookupListed: Lookup = (host) => lookup(host, { all: true });
