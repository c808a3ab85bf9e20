import { Component, type ComponentChildren } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { ApiError, ConnectionError, DecisionproofError } from "../client/client.ts";
import { Explained } from "./explained.ts";
import { duration, shortTime, usd, whenOf } from "./formats.ts";
import { isPassing } from "./polling.ts";
import type { Query, ShownOnce } from "./query.ts";

type Children = ComponentChildren;

/** The heading takes the focus when the page is come to, so that a screen reader reads it. */
export function PageHead({ title, children, about }: { title: string; children?: Children; about?: Children }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · Decisionproof`;
    heading.current?.focus({ preventScroll: true });
    scrollTo(0, 0);
  }, [title]);
  return (
    <div class="page-head">
      <div>
        <h1 tabIndex={-1} ref={heading}>
          {title}
        </h1>
        {about && <p class="muted">{about}</p>}
      </div>
      {children && <div class="actions">{children}</div>}
    </div>
  );
}

export function Panel({
  title,
  children,
  actions,
  flush,
}: {
  title?: string;
  children: Children;
  actions?: Children;
  flush?: boolean;
}) {
  const id = useId();
  return (
    <section class={flush ? "panel flush" : "panel"} aria-labelledby={title === undefined ? undefined : id}>
      {title !== undefined && (
        <header>
          <h2 id={id}>{title}</h2>
          {actions}
        </header>
      )}
      {children}
    </section>
  );
}

const STATUS: Readonly<Record<string, readonly [words: string, tone: string, path: string]>> = {
  QUEUED: ["Queued", "quiet", "M8 4v4l2.5 1.5"],
  PROCESSING: ["Processing", "info", "M8 4a4 4 0 0 1 0 8z"],
  COMPLETED: ["Completed", "good", "M5 8.2l2.2 2.2L11 6"],
  FAILED: ["Failed", "bad", "M5.7 5.7l4.6 4.6M10.3 5.7l-4.6 4.6"],
  CANCELED: ["Canceled", "quiet", "M5 8h6"],
  EXPIRED: ["Expired", "quiet", "M6 5h4l-4 6h4z"],
  AUDIT_REQUIRED: ["Under review", "warn", "M8 4.5v4M8 11v.4"],
  active: ["Active", "good", "M5 8.2l2.2 2.2L11 6"],
  revoked: ["Revoked", "quiet", "M5 8h6"],
  expired: ["Expired", "quiet", "M6 5h4l-4 6h4z"],
  disabled: ["Disabled", "bad", "M5.7 5.7l4.6 4.6M10.3 5.7l-4.6 4.6"],
  delivered: ["Delivered", "good", "M5 8.2l2.2 2.2L11 6"],
  pending: ["Pending", "info", "M8 4v4l2.5 1.5"],
  failing: ["Failing, is tried again", "warn", "M8 4.5v4M8 11v.4"],
  failed: ["Failed", "bad", "M5.7 5.7l4.6 4.6M10.3 5.7l-4.6 4.6"],
  canceled: ["Canceled", "quiet", "M5 8h6"],
  skipped: ["Skipped", "warn", "M8 4.5v4M8 11v.4"],
  suspended: ["Suspended", "warn", "M8 4.5v4M8 11v.4"],
  closed: ["Closed", "quiet", "M5 8h6"],
  done: ["Done", "good", "M5 8.2l2.2 2.2L11 6"],
  refused: ["Refused", "warn", "M8 4.5v4M8 11v.4"],
  PASS: ["Pass", "good", "M5 8.2l2.2 2.2L11 6"],
  REVIEW: ["Review", "warn", "M8 4.5v4M8 11v.4"],
  FAIL: ["Fail", "bad", "M5.7 5.7l4.6 4.6M10.3 5.7l-4.6 4.6"],
};

/** A word and a shape: never the colour alone. */
export function Status({ of }: { of: string }) {
  const [words, tone, path] = STATUS[of] ?? [of, "quiet", "M5 8h6"];
  return (
    <span class={`status ${tone}`}>
      <svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true">
        <circle cx="8" cy="8" r="6.5" fill="none" stroke="currentColor" stroke-width="1.5" />
        <path
          d={path}
          fill="none"
          stroke="currentColor"
          stroke-width="1.6"
          stroke-linecap="round"
          stroke-linejoin="round"
        />
      </svg>
      {words}
    </span>
  );
}

export const Money = ({ of }: { of: string | null | undefined }) =>
  of === null || of === undefined ? <span class="muted">–</span> : <span class="num">{usd(of)}</span>;

export const Time = ({ of }: { of: string | null | undefined }) =>
  of === null || of === undefined ? (
    <span class="muted">–</span>
  ) : (
    <time dateTime={of} title={whenOf(of)} class="num">
      {shortTime(of, Date.now())}
    </time>
  );

export function Copy({ text, label }: { text: string; label: string }) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 1_500);
    return () => clearTimeout(timer);
  }, [copied]);
  const copy = () => {
    navigator.clipboard.writeText(text).then(
      () => setCopied(true),
      () => setCopied(false),
    );
  };
  return (
    <button type="button" class="small" onClick={copy}>
      <span aria-live="polite">{copied ? "Copied" : label}</span>
    </button>
  );
}

export const Empty = ({ title, children }: { title: string; children?: Children }) => (
  <div class="empty">
    <p class="strong">{title}</p>
    {children}
  </div>
);

export const Loading = ({ rows = 4 }: { rows?: number }) => (
  <div class="loading" role="status">
    <span class="hidden">Loading</span>
    {Array.from({ length: rows }, (_, row) => (
      <span key={row} class="bone" />
    ))}
  </div>
);

/** What an error means to a person, and what they can do. */
function wordsOf(error: unknown): { readonly title: string; readonly detail: string } {
  if (error instanceof Explained) return { title: error.title, detail: error.message };
  if (error instanceof ConnectionError)
    return navigator.onLine
      ? { title: "The API did not answer", detail: "The connection broke off or took too long." }
      : { title: "You are offline", detail: "This page goes on when the connection is back." };
  if (error instanceof ApiError) {
    const { detail, title } = error.problem;
    if (error.status === 429) return { title: "Too many requests", detail: waitOf(error) };
    if (error.code === "scope-missing")
      return { title: "This API key may not do this", detail: `${detail} Sign in with a key that has this scope.` };
    if (error.status === 404)
      return { title: "Not found", detail: "It does not exist, or belongs to another account." };
    return { title, detail };
  }
  return { title: "Something went wrong", detail: error instanceof DecisionproofError ? error.message : String(error) };
}

const waitOf = ({ retryAfterMs }: ApiError): string =>
  retryAfterMs === undefined
    ? "The rate of this API key is used up. Wait a little."
    : `The rate of this API key is used up. It is free again in ${duration(Math.max(1_000, retryAfterMs))}.`;

export function Trouble({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const { title, detail } = wordsOf(error);
  const requestId = error instanceof ApiError ? error.requestId : undefined;
  return (
    <div class="trouble" role="alert">
      <div>
        <p class="strong">{title}</p>
        <p>
          {detail}
          {onRetry && isPassing(error) && " This page tries again by itself."}
        </p>
        {requestId && (
          <p class="muted small-text">
            Request <code>{requestId}</code>
          </p>
        )}
      </div>
      {onRetry && (
        <button type="button" onClick={onRetry}>
          Try again
        </button>
      )}
    </div>
  );
}

/** The states of what is read: nothing yet, an error, an error beside what was read before, and the data. */
export function Loaded<T>({
  query,
  rows,
  children,
}: {
  query: Query<T>;
  rows?: number;
  children: (data: T) => Children;
}) {
  const { data, error, at, reload } = query;
  if (data === undefined)
    return error === undefined ? <Loading rows={rows} /> : <Trouble error={error} onRetry={reload} />;
  return (
    <>
      {error !== undefined && (
        <>
          <Trouble error={error} onRetry={reload} />
          {at !== undefined && <p class="muted small-text">Shown as of {whenOf(new Date(at).toISOString())}.</p>}
        </>
      )}
      {children(data)}
    </>
  );
}

interface DialogProps {
  readonly title: string;
  readonly onClose: () => void;
  /** Only its own buttons close it: a secret is on it, or an answer is awaited. */
  readonly locked?: boolean;
  readonly children: Children;
}

/** The browser's own modal dialog: it keeps the focus and gives it back. */
export function Dialog({ title, onClose, locked = false, children }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const shown = dialog.current;
    shown?.showModal();
    return () => shown?.close();
  }, []);
  return (
    <dialog
      ref={dialog}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        if (!locked) onClose();
      }}
      onClose={({ currentTarget }) => {
        // Browsers close it without asking when Esc is pressed twice.
        if (!currentTarget.isConnected || currentTarget.open) return;
        if (locked) currentTarget.showModal();
        else onClose();
      }}
    >
      <h2 id={id}>{title}</h2>
      {children}
    </dialog>
  );
}

export const Mark = () => (
  <svg viewBox="0 0 16 16" width="22" height="22" aria-hidden="true">
    <rect width="16" height="16" rx="4" fill="currentColor" />
    <path d="M4 8.5l3 3 5-7" fill="none" class="tick" stroke-width="2" />
  </svg>
);

interface ShortcutsProps {
  readonly of: readonly (readonly [keys: string, what: string])[];
  readonly onClose: () => void;
}

export const Shortcuts = ({ of, onClose }: ShortcutsProps) => (
  <Dialog title="Keyboard shortcuts" onClose={onClose}>
    <dl class="shortcuts">
      {of.map(([keys, what]) => (
        <div key={keys}>
          <dt>
            {keys.split(" ").map((key) => (
              <kbd key={key}>{key}</kbd>
            ))}
          </dt>
          <dd>{what}</dd>
        </div>
      ))}
    </dl>
    <div class="dialog-actions">
      <button type="button" class="primary" onClick={onClose}>
        Close
      </button>
    </div>
  </Dialog>
);

/** A secret that is shown once; leaving the page with it open asks first. */
export function SecretDialog({ title, about, secret, notes = [], onClose = () => {} }: ShownOnce) {
  useEffect(() => {
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener("beforeunload", ask);
    return () => removeEventListener("beforeunload", ask);
  }, []);
  return (
    <Dialog title={title} onClose={onClose} locked>
      <div class="stack">
        <p>{about}</p>
        <p class="secret">
          <code>{secret}</code>
          <Copy label="Copy" text={secret} />
        </p>
        {notes.map(
          (note, index) =>
            note && (
              <p key={index} class="muted">
                {note}
              </p>
            ),
        )}
      </div>
      <div class="dialog-actions">
        <button type="button" class="primary" onClick={onClose}>
          I have copied it
        </button>
      </div>
    </Dialog>
  );
}

/** The end of a form in a dialog. */
export const Buttons = ({
  busy,
  ready = true,
  doing,
  onClose,
  danger,
}: {
  busy: boolean;
  ready?: boolean;
  doing: string;
  onClose: () => void;
  danger?: boolean;
}) => (
  <div class="dialog-actions">
    <button type="button" onClick={onClose} disabled={busy}>
      Back
    </button>
    <button class={danger ? "danger" : "primary"} disabled={busy || !ready}>
      {busy ? "One moment…" : doing}
    </button>
  </div>
);

/** The end of a dialog whose request got no answer: sending it again might do it twice. */
export const Unanswered = ({ children, onClose }: { children: Children; onClose: () => void }) => (
  <>
    <div class="trouble" role="alert">
      <div>
        <p class="strong">The API did not answer</p>
        <p>{children}</p>
      </div>
    </div>
    <div class="dialog-actions">
      <button type="button" class="primary" onClick={onClose}>
        Close
      </button>
    </div>
  </>
);

interface BoundaryProps {
  /** Where an error belongs to: elsewhere the children are tried again. */
  readonly at: string;
  readonly fallback: (error: unknown) => Children;
  readonly children: Children;
}

/** Shows the fallback where the children cannot be drawn. */
export class Boundary extends Component<
  BoundaryProps,
  { readonly caught?: { readonly error: unknown; readonly at: string } }
> {
  override state: { readonly caught?: { readonly error: unknown; readonly at: string } } = {};

  override componentDidCatch(error: unknown): void {
    this.setState({ caught: { error, at: this.props.at } });
  }

  override render({ at, fallback, children }: BoundaryProps): Children {
    const { caught } = this.state;
    return caught?.at === at ? fallback(caught.error) : children;
  }
}

interface FieldProps {
  readonly label: string;
  readonly help?: Children;
  readonly error?: string | undefined;
  readonly optional?: boolean;
  readonly children: (attributes: { id: string; "aria-describedby"?: string; "aria-invalid"?: boolean }) => Children;
}

/** A control with its label, its help and its error, joined for screen readers. */
export function Field({ label, help, error, optional, children }: FieldProps) {
  const id = useId();
  const described = [help && `${id}-help`, error && `${id}-error`].filter(Boolean).join(" ");
  return (
    <div class={error ? "field invalid" : "field"}>
      <label for={id}>
        {label}
        {optional && <span class="muted"> optional</span>}
      </label>
      {children({
        id,
        ...(described && { "aria-describedby": described }),
        ...(error && { "aria-invalid": true }),
      })}
      {error && (
        <p class="error" id={`${id}-error`}>
          {error}
        </p>
      )}
      {help && (
        <p class="help" id={`${id}-help`}>
          {help}
        </p>
      )}
    </div>
  );
}

/** A table that scrolls by itself where the screen is narrow, by keyboard too. */
export const TableRegion = ({ label, children }: { label: string; children: Children }) => (
  <div class="table-region" role="region" aria-label={label} tabIndex={0}>
    {children}
  </div>
);

export function Meter({ part, of, label }: { part: bigint; of: bigint; label: string }) {
  const share = of === 0n ? 0 : Math.min(1, Number((part * 10_000n) / of) / 10_000);
  return (
    <span class={share >= 0.9 ? "meter high" : "meter"} role="img" aria-label={`${label}: ${Math.round(share * 100)}%`}>
      <span style={{ width: `${share * 100}%` }} />
    </span>
  );
}

export const Facts = ({
  of,
}: {
  of: readonly (readonly [name: string, value: Children] | false | null | undefined)[];
}) => (
  <dl class="facts">
    {of.map(
      (fact) =>
        fact && (
          <div key={fact[0]}>
            <dt>{fact[0]}</dt>
            <dd>{fact[1]}</dd>
          </div>
        ),
    )}
  </dl>
);

/** Gives the browser a file to keep. */
export function download(name: string, type: string, content: string | Uint8Array<ArrayBuffer>): void {
  const url = URL.createObjectURL(new Blob([content], { type }));
  const anchor = document.createElement("a");
  anchor.href = url;
  anchor.download = name;
  anchor.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
