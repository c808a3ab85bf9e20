import { useState } from "preact/hooks";
import { AuthenticationError } from "../../client/client.ts";
import { KEY_FORM } from "../keeper.ts";
import { Field, PageHead, Trouble } from "../parts.tsx";
import { type Session, signIn } from "../session.ts";

interface SignInProps {
  readonly notice: string | undefined;
  readonly onSignIn: (session: Session) => void;
}

export function SignIn({ notice, onSignIn }: SignInProps) {
  const [key, setKey] = useState("");
  const [shown, setShown] = useState(false);
  const [state, setState] = useState<{ busy: boolean; invalid?: string; error?: unknown }>({ busy: false });
  const submit = (event: Event) => {
    event.preventDefault();
    const given = key.trim();
    if (!KEY_FORM.test(given))
      return setState({ busy: false, invalid: "This is not an API key. One begins with dpp_live_ or dpp_test_." });
    setState({ busy: true });
    signIn(given).then(onSignIn, (error: unknown) =>
      setState(
        error instanceof AuthenticationError
          ? { busy: false, invalid: "This API key is not accepted: it is mistyped, expired or revoked." }
          : { busy: false, error },
      ),
    );
  };
  return (
    <main class="sign-in">
      <form class="panel" onSubmit={submit} noValidate>
        <PageHead title="Sign in to Decisionproof" />
        {notice && (
          <p class="notice" role="status">
            {notice}
          </p>
        )}
        <Field
          label="API key"
          error={state.invalid}
          help="It is kept in this tab only, and forgotten when you sign out or after 30 minutes without use."
        >
          {(attributes) => (
            <div class="joined">
              <input
                {...attributes}
                type={shown ? "text" : "password"}
                value={key}
                autoComplete="off"
                spellcheck={false}
                required
                placeholder="dpp_live_…"
                onInput={(event) => setKey(event.currentTarget.value)}
              />
              <button type="button" aria-pressed={shown} onClick={() => setShown(!shown)}>
                {shown ? "Hide" : "Show"}
              </button>
            </div>
          )}
        </Field>
        {state.error !== undefined && <Trouble error={state.error} />}
        <button class="primary wide" disabled={state.busy}>
          {state.busy ? "Signing in…" : "Sign in"}
        </button>
        <p class="muted small-text">
          No key yet? Ask the person who administers your account to create one.{" "}
          <a href="/docs" target="_blank" rel="noopener">
            Read about the API
          </a>
        </p>
      </form>
    </main>
  );
}
