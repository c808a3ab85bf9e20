import type { ComponentChildren } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { type Keeper, keeperOf } from "./keeper.ts";
import { SHORTCUTS, useShortcuts } from "./keyboard.ts";
import { Broken, NoPage } from "./no-page.tsx";
import { Keys } from "./pages/keys.tsx";
import { Ledger } from "./pages/ledger.tsx";
import { NewRun } from "./pages/new-run.tsx";
import { Overview } from "./pages/overview.tsx";
import { RunPage } from "./pages/run.tsx";
import { Runs } from "./pages/runs.tsx";
import { Settings } from "./pages/settings.tsx";
import { SignIn } from "./pages/sign-in.tsx";
import { WebhookPage, Webhooks } from "./pages/webhooks.tsx";
import { Boundary, Mark, SecretDialog, Shortcuts } from "./parts.tsx";
import { pageCache, type SessionContext, SessionOf, type ShownOnce } from "./query.ts";
import { hrefOf, Link, type Place, usePlace } from "./router.tsx";
import { forget, savedSession, type Session, sessionWith, watchIdle } from "./session.ts";

const NAVIGATION: readonly (readonly [path: string, name: string])[] = [
  ["", "Overview"],
  ["runs", "Runs"],
  ["ledger", "Ledger"],
  ["keys", "API keys"],
  ["webhooks", "Webhooks"],
  ["settings", "Settings"],
];

interface SignedIn extends Session {
  readonly cache: SessionContext["cache"];
}

interface AppState {
  readonly session: SignedIn | undefined;
  readonly notice?: string | undefined;
}

const firstState = (): AppState => {
  const session = savedSession();
  return { session: session && { ...session, cache: pageCache() } };
};

export function App() {
  const [{ session, notice }, setState] = useState(firstState);
  const [shownOnce, setShownOnce] = useState<ShownOnce>();
  const keeper = useMemo(
    () =>
      keeperOf<SignedIn>(session, (next, why) => {
        if (next === undefined) {
          forget();
          setShownOnce(undefined);
        }
        setState({ session: next, notice: why });
      }),
    [],
  );
  const context = useMemo(() => session && contextOf(session, keeper, setShownOnce), [session]);
  useEffect(() => context && watchIdle(() => context.end("Signed out after 30 minutes without use.")), [context]);
  if (context === undefined)
    return <SignIn notice={notice} onSignIn={(next) => keeper.start({ ...next, cache: pageCache() })} />;
  return (
    <SessionOf.Provider value={context}>
      <Frame session={context} onSignOut={() => context.end()} />
      {shownOnce && <SecretDialog {...shownOnce} />}
    </SessionOf.Provider>
  );
}

function contextOf(
  session: SignedIn,
  keeper: Keeper<SignedIn>,
  setShownOnce: (what: ShownOnce | undefined) => void,
): SessionContext {
  const showOnce = (what: ShownOnce) => {
    if (!keeper.isCurrent(session)) return;
    const release = keeper.hold();
    const onClose = () => {
      setShownOnce(undefined);
      what.onClose?.();
      release();
    };
    setShownOnce({ ...what, onClose });
  };
  const goOnWith = (apiKey: string) => {
    if (keeper.isCurrent(session)) keeper.start({ ...sessionWith(apiKey), cache: session.cache });
  };
  return { ...session, showOnce, goOnWith, hold: keeper.hold, end: (why) => keeper.end(session, why) };
}

function Frame({ session, onSignOut }: { session: Session; onSignOut: () => void }) {
  const place = usePlace();
  const main = useRef<HTMLElement>(null);
  const [helps, setHelps] = useState(false);
  useShortcuts({ onHelp: () => setHelps(true), main, create: "new" });
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
            {/* Of the same origin: as a tab of its own it has no part in this tab's storage. */}
            <a href="/docs" target="_blank" rel="noopener">
              API
            </a>
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
        <Boundary at={place.href} fallback={(error) => <Broken error={error} />}>
          <Page place={place} />
        </Boundary>
      </main>
      {helps && <Shortcuts of={SHORTCUTS} onClose={() => setHelps(false)} />}
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

const Nowhere = () => <NoPage to="runs" what="your runs" />;
