import type { ComponentChildren } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { useShortcuts } from "../console/keyboard.ts";
import { Broken, NoPage } from "../console/no-page.tsx";
import { Boundary, Loading, Mark, PageHead, Shortcuts, Trouble } from "../console/parts.tsx";
import { pageCache } from "../console/query.ts";
import { hrefOf, Link, type Place, usePlace } from "../console/router.tsx";
import { ThemeSwitch } from "../console/theme-switch.tsx";
import { type About, endSession, forgetSession, openSession, SessionOver } from "./connection.ts";
import { OperatorOf, useCommand } from "./operator.ts";
import { Actions } from "./pages/actions.tsx";
import { DeadLetters } from "./pages/dead-letters.tsx";
import { Findings } from "./pages/findings.tsx";
import { Overview } from "./pages/overview.tsx";
import { Revenue } from "./pages/revenue.tsx";
import { RunPage } from "./pages/run.tsx";
import { Switch } from "./pages/switch.tsx";
import { TenantPage } from "./pages/tenant.tsx";
import { Tenants } from "./pages/tenants.tsx";
import type { Switch as SwitchState } from "./answers.ts";

const NAVIGATION: readonly (readonly [path: string, name: string, key: string])[] = [
  ["", "Overview", "o"],
  ["tenants", "Tenants", "t"],
  ["revenue", "Revenue", "r"],
  ["findings", "Findings", "f"],
  ["dead-letters", "Dead letters", "d"],
  ["switch", "Switch", "s"],
  ["audit", "Audit trail", "a"],
];
const GOES = Object.fromEntries(NAVIGATION.map(([path, , key]) => [key, path]));
const SHORTCUTS: readonly (readonly [keys: string, what: string])[] = [
  ["/", "Go to the search"],
  ...NAVIGATION.map(([, name, key]) => [`g ${key}`, name] as const),
  ["?", "This list"],
];

type State =
  | { readonly at: "opening" }
  | { readonly at: "out"; readonly why?: unknown }
  | { readonly at: "in"; readonly secret: string; readonly about: About };

export function App() {
  const [state, setState] = useState<State>({ at: "opening" });
  useEffect(() => {
    openSession().then(
      (session) => setState(session === undefined ? { at: "out" } : { at: "in", ...session }),
      (error: unknown) => {
        if (error instanceof SessionOver) forgetSession();
        setState({ at: "out", why: error });
      },
    );
  }, []);
  const end = (why?: unknown) => {
    forgetSession();
    setState({ at: "out", why });
  };
  const context = useMemo(
    () =>
      state.at === "in" && {
        ...state,
        cache: pageCache(),
        end: (why: string) => end(new SessionOver("Signed out", why)),
      },
    [state],
  );
  if (state.at === "opening")
    return (
      <main class="sign-in">
        <Loading />
      </main>
    );
  if (!context) return <SignedOut why={state.at === "out" ? state.why : undefined} />;
  const signOut = () => {
    endSession(context.secret).then(
      () => end(),
      () => end(),
    );
  };
  return (
    <OperatorOf.Provider value={context}>
      <Frame about={context.about} onSignOut={signOut} />
    </OperatorOf.Provider>
  );
}

const SignedOut = ({ why }: { why: unknown }) => (
  <main class="sign-in">
    <div class="panel stack">
      <PageHead title="Decisionproof operators" />
      {why !== undefined && <Trouble error={why} />}
      <p>
        Open the address that <code>npm run dpp -- ui</code> prints. Each start prints a new one, which opens one
        session in one tab.
      </p>
    </div>
  </main>
);

function Frame({ about, onSignOut }: { about: About; onSignOut: () => void }) {
  const place = usePlace();
  const main = useRef<HTMLElement>(null);
  const [helps, setHelps] = useState(false);
  useShortcuts({ onHelp: () => setHelps(true), main, goes: GOES });
  const [section = ""] = place.path;
  return (
    <div class="frame">
      <a class="skip" href="#content">
        Skip to content
      </a>
      <header class="side">
        <Link class="brand" href={hrefOf([])}>
          <Mark />
          Operators
        </Link>
        <nav aria-label="Operators">
          {NAVIGATION.map(([path, name]) => (
            <Link
              key={path}
              href={hrefOf(path === "" ? [] : [path])}
              aria-current={section === path || (section === "runs" && path === "tenants") ? "page" : undefined}
            >
              {name}
            </Link>
          ))}
        </nav>
        <div class="account">
          <p class="small-text">
            <span class="strong">{about.operator}</span> <span class="muted">{about.version}</span>
          </p>
          <ThemeSwitch auto="Auto" />
          <p class="small-text links">
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
        <Stopped />
        <Boundary at={place.href} fallback={(error) => <Broken error={error} />}>
          <Page place={place} />
        </Boundary>
      </main>
      {helps && <Shortcuts of={SHORTCUTS} onClose={() => setHelps(false)} />}
    </div>
  );
}

const SLOW_MS = 15_000;

/** Nobody forgets a switch that they see on every page. */
function Stopped() {
  const { data } = useCommand<SwitchState>("switch show", {}, SLOW_MS);
  if (data === undefined || data.mode === "normal") return null;
  return (
    <p class="notice stopped" role="status">
      The switch is at <span class="strong">{data.mode}</span>: <Link href={hrefOf(["switch"])}>see what it stops</Link>
    </p>
  );
}

function Page({ place }: { place: Place }): ComponentChildren {
  const [section = "", id] = place.path;
  if (place.path.length > 2) return <Nowhere />;
  if (id !== undefined) {
    if (section === "tenants") return <TenantPage key={id} id={id} place={place} />;
    return section === "runs" ? <RunPage key={id} id={id} /> : <Nowhere />;
  }
  switch (section) {
    case "":
      return <Overview />;
    case "tenants":
      return <Tenants place={place} />;
    case "revenue":
      return <Revenue place={place} />;
    case "findings":
      return <Findings />;
    case "dead-letters":
      return <DeadLetters />;
    case "switch":
      return <Switch />;
    case "audit":
      return <Actions place={place} />;
    default:
      return <Nowhere />;
  }
}

const Nowhere = () => <NoPage to="tenants" what="the tenants" />;
