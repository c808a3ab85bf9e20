import { AuthenticationError, Decisionproof } from "../client/client.ts";

/** The API key is kept in sessionStorage alone: a reload keeps it, a closed tab forgets it. */
const KEY = "decisionproof.api_key";
const IDLE_MS = 30 * 60_000;
export const KEY_FORM = /^dpp_(live|test)_[0-9A-Za-z]{32}_[0-9a-f]{8}$/;

export interface Session {
  readonly dpp: Decisionproof;
  readonly mode: "live" | "test";
  /** The last characters, by which its owner knows it. */
  readonly hint: string;
}

function sessionOf(apiKey: string): Session {
  const dpp = new Decisionproof({
    apiKey,
    baseUrl: location.origin,
    maxRetries: 1,
    maxRetryDelayMs: 3_000,
    timeoutMs: 30_000,
    // Nothing but the key says who asks.
    fetch: (url, init) => fetch(url, { ...init, credentials: "omit", cache: "no-store" }),
  });
  return { dpp, mode: apiKey.startsWith("dpp_live_") ? "live" : "test", hint: apiKey.slice(-4) };
}

export function savedSession(): Session | undefined {
  const apiKey = sessionStorage.getItem(KEY);
  return apiKey === null ? undefined : sessionOf(apiKey);
}

/** Undefined: the key is accepted; it may lack the scope `read`. */
export async function signIn(apiKey: string): Promise<Session> {
  const session = sessionOf(apiKey);
  try {
    await session.dpp.budget();
  } catch (error) {
    if (error instanceof AuthenticationError || !isRefusalOfScope(error)) throw error;
  }
  sessionStorage.setItem(KEY, apiKey);
  return session;
}

const isRefusalOfScope = (error: unknown): boolean =>
  typeof error === "object" && error !== null && "status" in error && error.status === 403;

export const forget = (): void => sessionStorage.removeItem(KEY);

/** Calls `end` after half an hour in which nothing was touched. Returns what stops watching. */
export function watchIdle(end: () => void): () => void {
  let timer = setTimeout(end, IDLE_MS);
  const renew = () => {
    clearTimeout(timer);
    timer = setTimeout(end, IDLE_MS);
  };
  const events = ["pointerdown", "keydown", "scroll"] as const;
  for (const event of events) addEventListener(event, renew, { passive: true });
  return () => {
    clearTimeout(timer);
    for (const event of events) removeEventListener(event, renew);
  };
}
