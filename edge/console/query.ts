import { createContext } from "preact";
import { useCallback, useContext, useEffect, useRef, useState } from "preact/hooks";
import { ApiError, AuthenticationError, ConnectionError, type Decisionproof } from "../client/client.ts";
import type { Session } from "./session.ts";

interface SessionContext extends Session {
  /** What earlier pages have read: shown at once, and read again. */
  readonly cache: Map<string, { readonly data: unknown; readonly at: number }>;
  readonly end: (why?: string) => void;
}
export const SessionOf = createContext<SessionContext | undefined>(undefined);

export function useSession(): SessionContext {
  const session = useContext(SessionOf);
  if (session === undefined) throw new Error("nobody is signed in");
  return session;
}

export interface Query<T> {
  readonly data: T | undefined;
  /** Of the last attempt; `data` may be from before. */
  readonly error: unknown;
  /** When `data` was read. */
  readonly at: number | undefined;
  readonly reload: () => void;
}

const FIRST_RETRY_MS = 4_000;
const LONGEST_RETRY_MS = 60_000;

/** Whether the same request may succeed later. */
export const isPassing = (error: unknown): boolean =>
  error instanceof ConnectionError || (error instanceof ApiError && (error.status === 429 || error.status >= 500));

/** Waits as long as the API asks for, else longer each time. */
const retryDelay = (error: unknown, failures: number): number => {
  const asked = error instanceof ApiError ? error.retryAfterMs : undefined;
  return asked ?? Math.min(FIRST_RETRY_MS * 2 ** (failures - 1), LONGEST_RETRY_MS);
};

interface QueryOptions<T> {
  /** The pause before it is read again while the page is visible; undefined: it is not. */
  readonly every?: (data: T) => number | undefined;
}

/** What `load` reads, under a key that says all that it depends on. */
export function useQuery<T>(
  key: string,
  load: (dpp: Decisionproof, signal: AbortSignal) => Promise<T>,
  options: QueryOptions<T> = {},
): Query<T> {
  const { dpp, cache, end } = useSession();
  const known = cache.get(key) as { readonly data: T; readonly at: number } | undefined;
  const [state, setState] = useState<{ key: string; error: unknown }>({ key, error: undefined });
  const [turn, setTurn] = useState(0);
  const latest = useRef({ load, options });
  latest.current = { load, options };

  useEffect(() => {
    const controller = new AbortController();
    const { signal } = controller;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let failures = 0;
    const later = (ms: number) => {
      timer = setTimeout(() => void read(), ms);
    };
    const read = async (): Promise<void> => {
      // A hidden page asks for nothing; it goes on when it is shown.
      if (document.visibilityState === "hidden")
        return document.addEventListener("visibilitychange", () => void read(), { once: true, signal });
      try {
        const data = await latest.current.load(dpp, signal);
        if (signal.aborted) return;
        failures = 0;
        cache.set(key, { data, at: Date.now() });
        setState({ key, error: undefined });
        const pause = latest.current.options.every?.(data);
        if (pause !== undefined) later(pause);
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof AuthenticationError) return end("The API key is no longer accepted.");
        failures += 1;
        setState({ key, error });
        if (isPassing(error)) later(retryDelay(error, failures));
      }
    };
    void read();
    const online = () => {
      clearTimeout(timer);
      void read();
    };
    addEventListener("online", online, { signal });
    return () => {
      controller.abort();
      clearTimeout(timer);
    };
  }, [key, turn, dpp]);

  return {
    data: known?.data,
    at: known?.at,
    error: state.key === key ? state.error : undefined,
    reload: useCallback(() => setTurn((each) => each + 1), []),
  };
}

/** Something that changes what the API holds: one at a time, with its error. */
export function useAction(): {
  readonly busy: boolean;
  readonly error: unknown;
  readonly run: (act: (dpp: Decisionproof) => Promise<void>) => void;
  readonly clear: () => void;
} {
  const { dpp, end } = useSession();
  const [state, setState] = useState<{ busy: boolean; error: unknown }>({ busy: false, error: undefined });
  const run = (act: (dpp: Decisionproof) => Promise<void>) => {
    if (state.busy) return;
    setState({ busy: true, error: undefined });
    act(dpp).then(
      () => setState({ busy: false, error: undefined }),
      (error: unknown) => {
        if (error instanceof AuthenticationError) return end("The API key is no longer accepted.");
        setState({ busy: false, error });
      },
    );
  };
  return { ...state, run, clear: () => setState({ busy: false, error: undefined }) };
}
