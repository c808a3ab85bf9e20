import { Explained } from "../console/explained.ts";

/** The session's secret is of this tab alone; the address's token is worth nothing once it was exchanged. */
const NAME = "decisionproof.operator";
const TOKEN = /^#([\w-]{20,100})$/;

/** What the process tells of itself. */
export interface About {
  readonly operator: string;
  readonly version: string;
}

/** The process takes this session no more. */
export class SessionOver extends Explained {}

async function post(path: string, body: unknown, secret?: string, signal?: AbortSignal): Promise<unknown> {
  const response = await fetch(path, {
    method: "POST",
    body: JSON.stringify(body),
    headers: { "Content-Type": "application/json", ...(secret && { Authorization: `Bearer ${secret}` }) },
    credentials: "omit",
    cache: "no-store",
    signal,
  }).catch((error: unknown) => {
    if (signal?.aborted) throw error;
    throw new Explained("The process does not answer", "Is `npm run dpp -- ui` still running?", { isPassing: true });
  });
  const answer = (await response.json()) as { readonly detail?: string };
  if (response.ok) return answer;
  const detail = answer.detail ?? `status ${response.status}`;
  if (response.status === 401) throw new SessionOver("Not signed in", sentence(detail));
  throw new Explained("It was not taken", sentence(detail));
}

export const sentence = (text: string): string => {
  const whole = text.slice(0, 1).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(whole) ? whole : `${whole}.`;
};

/** A session from the token in the address, or the one that this tab has; undefined without either. */
export async function openSession(): Promise<{ readonly secret: string; readonly about: About } | undefined> {
  const [, token] = TOKEN.exec(location.hash) ?? [];
  if (token !== undefined) {
    // Neither the history nor a copied address keeps it.
    history.replaceState(null, "", location.pathname);
    const { session, ...about } = (await post("/session", { token })) as About & { readonly session: string };
    sessionStorage.setItem(NAME, session);
    return { secret: session, about };
  }
  const secret = sessionStorage.getItem(NAME);
  return secret === null ? undefined : { secret, about: (await post("/about", {}, secret)) as About };
}

export const forgetSession = (): void => sessionStorage.removeItem(NAME);
export const endSession = (secret: string): Promise<unknown> => post("/end", {}, secret);

type Arguments = Readonly<Record<string, string | undefined>>;

export interface Change {
  /** Made when the form is opened: sent twice, it is done once. */
  readonly request_id: string;
  readonly dry_run: boolean;
  readonly reason: string;
}

interface Done<T> {
  readonly answer: T;
  readonly warnings: readonly string[];
}

const TITLES: Readonly<Record<string, string>> = {
  refused: "Refused",
  arguments: "That is not valid",
  environment: "A setting is missing",
  outage: "A store does not answer",
};

/** Gives one command of the CLI. Throws what it refuses, in its words. */
export async function give<T>(
  secret: string,
  command: string,
  given: Arguments,
  { change, signal }: { readonly change?: Change; readonly signal?: AbortSignal } = {},
): Promise<Done<T>> {
  const filled = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined && value !== ""));
  const body = { command, arguments: filled, ...(change && { change }) };
  const answer = (await post("/command", body, secret, signal)) as
    | (Done<T> & { readonly ok: true })
    | { readonly ok: false; readonly kind: string; readonly message: string };
  if (answer.ok) return answer;
  throw new Explained(TITLES[answer.kind] ?? "Something went wrong", sentence(answer.message), {
    isPassing: answer.kind === "outage",
  });
}

export interface Figures {
  readonly values: Readonly<Record<string, number>>;
  readonly asked: number;
  readonly silent: readonly { readonly host: string; readonly why: string }[];
}

export const readFigures = (secret: string, signal: AbortSignal): Promise<Figures> =>
  post("/figures", {}, secret, signal) as Promise<Figures>;
