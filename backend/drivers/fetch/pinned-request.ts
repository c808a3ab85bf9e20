import type { LookupFunction } from "node:net";
import { Client, type Dispatcher } from "undici";
import type { Address } from "./resolve-name.ts";

const CONNECT_TIMEOUT_MS = 10_000;

// The name was resolved and judged before: the socket gets those addresses and asks nobody again.
function pinned(addresses: readonly Address[]): LookupFunction {
  return (_host, options, callback) => {
    const [first] = addresses;
    if (options.all === true) callback(null, [...addresses]);
    else callback(null, first?.address ?? "", first?.family ?? 0);
  };
}

export type Response = Dispatcher.ResponseData;

/** The first value of a header, or "". */
export function header(headers: Response["headers"], name: string): string {
  const value = headers[name];
  return (Array.isArray(value) ? value[0] : value) ?? "";
}

/**
 * One request over one new connection to one of `addresses`, and no other; Host and TLS name stay those of the URL.
 * Follows nothing. What `use` leaves of the answer is thrown away. Rejects for a connection that fails or is aborted.
 */
export async function pinnedRequest<T>(
  url: URL,
  addresses: readonly Address[],
  request: Pick<Dispatcher.RequestOptions, "method" | "headers" | "body" | "signal">,
  use: (response: Response) => Promise<T>,
): Promise<T> {
  const client = new Client(url.origin, {
    connect: { lookup: pinned(addresses), timeout: CONNECT_TIMEOUT_MS },
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  let body: Response["body"] | undefined;
  try {
    const response = await client.request({ ...request, path: `${url.pathname}${url.search}` });
    ({ body } = response);
    // What is left of a body is thrown away below, and says so as an error.
    body.on("error", () => undefined);
    return await use(response);
  } finally {
    body?.destroy();
    await client.destroy();
  }
}
