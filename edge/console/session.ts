import { AuthenticationError, Decisionproof } from "../client/client.ts";
import { isIdle, savedForm, savedKey } from "./keeper.ts";

/** The API key is kept in sessionStorage alone, which is of one tab; browsers bring it back with a tab that is reopened. */
const KEY = "decisionproof.api_key";
const CHECK_MS = 10_000;
/** How often use is written down at most. */
const SAVE_MS = 5_000;

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
  const apiKey = savedKey(sessionStorage.getItem(KEY), Date.now());
  if (apiKey !== undefined) return sessionOf(apiKey);
  forget();
  return undefined;
}

/** A session that goes on with this key. */
export function sessionWith(apiKey: string): Session {
  sessionStorage.setItem(KEY, savedForm(apiKey, Date.now()));
  return sessionOf(apiKey);
}

/** Also accepts a key that lacks the scope `read`. */
export async function signIn(apiKey: string): Promise<Session> {
  try {
    await sessionOf(apiKey).dpp.budget();
  } catch (error) {
    if (error instanceof AuthenticationError || !isRefusalOfScope(error)) throw error;
  }
  return sessionWith(apiKey);
}

const isRefusalOfScope = (error: unknown): boolean =>
  typeof error === "object" && error !== null && "status" in error && error.status === 403;

export const forget = (): void => sessionStorage.removeItem(KEY);

function saveUse(now: number): void {
  const apiKey = savedKey(sessionStorage.getItem(KEY), now);
  if (apiKey !== undefined) sessionStorage.setItem(KEY, savedForm(apiKey, now));
}

const USES = ["pointerdown", "keydown", "scroll"] as const;
const RETURNS = ["pageshow", "focus", "visibilitychange"] as const;

/** Calls `end` after half an hour in which nothing was touched. Returns what stops watching. */
export function watchIdle(end: () => void): () => void {
  const watching = new AbortController();
  let usedAt = Date.now();
  let savedAt = 0;
  const check = () => {
    if (isIdle(usedAt, Date.now())) end();
  };
  const use = () => {
    const now = Date.now();
    // A touch after the half hour is too late to renew it.
    if (isIdle(usedAt, now)) return end();
    usedAt = now;
    if (now - savedAt < SAVE_MS) return;
    savedAt = now;
    saveUse(now);
  };
  const options = { passive: true, capture: true, signal: watching.signal };
  for (const event of USES) addEventListener(event, use, options);
  for (const event of RETURNS) addEventListener(event, check, options);
  const timer = setInterval(check, CHECK_MS);
  return () => {
    watching.abort();
    clearInterval(timer);
  };
}
