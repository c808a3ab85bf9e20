import { createContext, type VNode } from "preact";
import { useCallback, useContext, useEffect, useRef, useState } from "preact/hooks";
import { AuthenticationError, type Decisionproof } from "../client/client.ts";
import { boundedCache, type Cache, isPassing, pollerOf, retryDelay } from "./polling.ts";
import type { Session } from "./session.ts";

export interface Known {
  readonly data: unknown;
  readonly at: number;
}

const CACHED = 20;
/** What pages have read: shown at once when they are come back to, and read again. */
export const pageCache = (): Cache<Known> => boundedCache<Known>(CACHED);

/** What the API shows once. */
export interface ShownOnce {
  readonly title: string;
  readonly about: string;
  readonly secret: string;
  readonly notes?: readonly (VNode | undefined)[];
  readonly onClose?: () => void;
}

export interface SessionContext extends Session {
  readonly cache: Cache<Known>;
  /** `why` is left out when the person asks for it. */
  readonly end: (why?: string) => void;
  /** Goes on with another key of the same account. */
  readonly goOnWith: (apiKey: string) => void;
  /** Shows it above every page until it is closed; nothing signs out before. */
  readonly showOnce: (what: ShownOnce) => void;
  /** Keeps the session until what it returns is called. */
  readonly hold: () => () => void;
}
export const SessionOf = createContext<SessionContext | undefined>(undefined);

export function useSession(): SessionContext {
  const session = useContext(SessionOf);
  if (session === undefined) throw new Error("nobody is signed in");
  return session;
}

export const NOT_ACCEPTED = "The API key is no longer accepted.";

export interface Query<T> {
  readonly data: T | undefined;
  /** Of the last attempt; `data` may be from before. */
  readonly error: unknown;
  /** When `data` was read. */
  readonly at: number | undefined;
  readonly reload: () => void;
}

interface QueryOptions<T> {
  /** The pause before it is read again while the page is visible; undefined: it is not. */
  readonly every?: (data: T) => number | undefined;
}

/** What `load` reads, under a key that says all that it depends on. */
export function useQuery<T>(
  key: string,
  load: (dpp: Decisionproof, signal: AbortSignal) => Promise<T>,
  { every }: QueryOptions<T> = {},
): Query<T> {
  const { dpp, cache, end } = useSession();
  const onError = (error: unknown) => {
    if (error instanceof AuthenticationError) end(NOT_ACCEPTED);
  };
  return usePolled({ key, load: (signal) => load(dpp, signal), cache, of: dpp, onError, every });
}

interface Polled<T> extends QueryOptions<T> {
  readonly key: string;
  readonly load: (signal: AbortSignal) => Promise<T>;
  readonly cache: Cache<Known>;
  /** For another one it is read again. */
  readonly of: unknown;
  readonly onError: (error: unknown) => void;
}

/** What is read again and again while the page is visible, with what was read before. */
export function usePolled<T>(polled: Polled<T>): Query<T> {
  const { key, cache, of } = polled;
  const known = cache.get(key) as { readonly data: T; readonly at: number } | undefined;
  const [state, setState] = useState<{ key: string; error: unknown }>({ key, error: undefined });
  const [turn, setTurn] = useState(0);
  const latest = useRef(polled);
  latest.current = polled;

  useEffect(() => {
    const controller = new AbortController();
    const { signal } = controller;
    let failures = 0;
    const read = async (): Promise<number | undefined> => {
      try {
        const data = await latest.current.load(signal);
        if (signal.aborted) return undefined;
        failures = 0;
        cache.set(key, { data, at: Date.now() });
        setState({ key, error: undefined });
        return latest.current.every?.(data);
      } catch (error) {
        if (signal.aborted) return undefined;
        latest.current.onError(error);
        failures += 1;
        setState({ key, error });
        return isPassing(error) ? retryDelay(error, failures) : undefined;
      }
    };
    const poller = pollerOf(read, () => document.visibilityState === "hidden");
    document.addEventListener("visibilitychange", poller.shown, { signal });
    addEventListener("online", poller.read, { signal });
    poller.read();
    return () => {
      controller.abort();
      poller.stop();
    };
  }, [key, turn, of]);

  return {
    data: known?.data,
    at: known?.at,
    error: state.key === key ? state.error : undefined,
    reload: useCallback(() => setTurn((each) => each + 1), []),
  };
}

/** `isShown` says whether the page that asked is still there. */
type Act = (dpp: Decisionproof, isShown: () => boolean) => Promise<void>;

/** Something that changes what the API holds: one at a time, with its error. */
export function useAction(): {
  readonly busy: boolean;
  readonly error: unknown;
  readonly run: (act: Act) => void;
  readonly clear: () => void;
} {
  const { dpp, end, hold } = useSession();
  const [state, setState] = useState<{ busy: boolean; error: unknown }>({ busy: false, error: undefined });
  const isShown = useIsShown();
  // A second click may come before the button is drawn disabled.
  const isBusy = useRef(false);
  const run = (act: Act) => {
    if (isBusy.current) return;
    isBusy.current = true;
    setState({ busy: true, error: undefined });
    // The answer may hold a secret: nothing else may sign out before it is shown.
    const release = hold();
    const settle = (error?: unknown) => {
      isBusy.current = false;
      if (error instanceof AuthenticationError) end(NOT_ACCEPTED);
      if (isShown()) setState({ busy: false, error });
      release();
    };
    act(dpp, isShown).then(() => settle(), settle);
  };
  return { ...state, run, clear: () => setState({ busy: false, error: undefined }) };
}

function useIsShown(): () => boolean {
  const shown = useRef(true);
  useEffect(() => {
    shown.current = true;
    return () => {
      shown.current = false;
    };
  }, []);
  return useCallback(() => shown.current, []);
}
