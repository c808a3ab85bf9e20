import type { ComponentChildren } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { SHORTCUTS, useShortcuts } from "./keyboard.ts";
import { Keys } from "./pages/keys.tsx";
import { Ledger } from "./pages/ledger.tsx";
import { NewRun } from "./pages/new-run.tsx";
import { Overview } from "./pages/overview.tsx";
import { RunPage } from "./pages/run.tsx";
import { Runs } from "./pages/runs.tsx";
import { Settings } from "./pages/settings.tsx";
import { SignIn } from "./pages/sign-in.tsx";
import { WebhookPage, Webhooks } from "./pages/webhooks.tsx";
import { Dialog, Empty, PageHead } from "./parts.tsx";
import { SessionOf } from "./query.ts";
import { hrefOf, Link, type Place, usePlace } from "./router.tsx";
import { forget, savedSession, type Session, watchIdle } from "./session.ts";

const NAVIGATION: readonly (readonly [path: string, name: string])[] = [
  ["", "Overview"],
  ["runs", "Runs"],
  ["ledger", "Ledger"],
  ["keys", "API keys"],
  ["webhooks", "Webhooks"],
  ["settings", "Settings"],
];

export function App() {
  const [session, setSession] = useState<Session | undefined>(savedSession);
  const [notice, setNotice] = useState<string>();
  const end = (why?: string) => {
    forget();
    setNotice(why);
    setSession(undefined);
  };
  const context = useMemo(
    () => session && { ...session, cache: new Map<string, { readonly data: unknown; readonly at: number }>(), end },
    [session],
  );
  useEffect(
    () => (session === undefined ? undefined : watchIdle(() => end("Signed out after 30 minutes without use."))),
    [session],
  );
  if (context === undefined)
    return (
      <SignIn
        notice={notice}
        onSignIn={(next) => {
          setNotice(undefined);
          setSession(next);
        }}
      />
    );
  return (
    <SessionOf.Provider value={context}>
      <Frame session={context} onSignOut={() => end()} />
    </SessionOf.Provider>
  );
}

function Frame({ session, onSignOut }: { session: Session; onSignOut: () => void }) {
  const place = usePlace();
  const main = useRef<HTMLElement>(null);
  const [helps, setHelps] = useState(false);
  useShortcuts({ onHelp: () => setHelps(true), main });
  const [section = ""] = place.path;
  return (
    <div class="frame">
      <a class="skip" href="#content">
        Skip to content
      </a>
      <header class="side">
        <Link class="brand" href={hrefOf([])}>
          <Mark />
          Decisionproof
        </Link>
        <nav aria-label="Console">
          {NAVIGATION.map(([path, name]) => (
            <Link
              key={path}
              href={hrefOf(path === "" ? [] : [path])}
              aria-current={section === path ? "page" : undefined}
            >
              {name}
            </Link>
          ))}
        </nav>
        <Link class="primary button" href={hrefOf(["new"])}>
          New run
        </Link>
        <div class="account">
          <p class="small-text">
            <span class={`mode ${session.mode}`}>{session.mode === "live" ? "Live key" : "Test key"}</span>{" "}
            <code>…{session.hint}</code>
          </p>
          <p class="small-text links">
            <a href="/docs">API</a>
            <button type="button" class="link" onClick={() => setHelps(true)}>
              Shortcuts
            </button>
            <button type="button" class="link" onClick={onSignOut}>
              Sign out
            </button>
          </p>
        </div>
      </header>
      <main id="content" ref={main} tabIndex={-1}>
        <Page place={place} />
      </main>
      {helps && <Shortcuts onClose={() => setHelps(false)} />}
    </div>
  );
}

function Page({ place }: { place: Place }): ComponentChildren {
  const [section = "", id] = place.path;
  if (place.path.length > 2) return <Nowhere />;
  switch (section) {
    case "":
      return <Overview />;
    case "runs":
      return id === undefined ? <Runs place={place} /> : <RunPage key={id} id={id} />;
    case "new":
      return <NewRun key={place.href} place={place} />;
    case "ledger":
      return id === undefined ? <Ledger place={place} /> : <Nowhere />;
    case "keys":
      return id === undefined ? <Keys /> : <Nowhere />;
    case "webhooks":
      return id === undefined ? <Webhooks /> : <WebhookPage key={id} id={id} />;
    case "settings":
      return id === undefined ? <Settings /> : <Nowhere />;
    default:
      return <Nowhere />;
  }
}

const Nowhere = () => (
  <>
    <PageHead title="Page not found" />
    <Empty title="There is no such page.">
      <Link href={hrefOf(["runs"])}>Go to your runs</Link>
    </Empty>
  </>
);

const Mark = () => (
  <svg viewBox="0 0 16 16" width="22" height="22" aria-hidden="true">
    <rect width="16" height="16" rx="4" fill="currentColor" />
    <path d="M4 8.5l3 3 5-7" fill="none" class="tick" stroke-width="2" />
  </svg>
);

const Shortcuts = ({ onClose }: { onClose: () => void }) => (
  <Dialog title="Keyboard shortcuts" onClose={onClose}>
    <dl class="shortcuts">
      {SHORTCUTS.map(([keys, what]) => (
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
