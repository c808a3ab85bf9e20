import { useState } from "preact/hooks";
import type { ApiKey, Decisionproof, NewKey } from "../../client/client.ts";
import { capShare } from "../attention.ts";
import { fieldErrorsOf, FormDialog } from "../form-dialog.tsx";
import { errorAt } from "../form-fields.ts";
import { count, microsOf, usd } from "../formats.ts";
import { Empty, Field, Loaded, Meter, PageHead, Status, TableRegion, Time } from "../parts.tsx";
import { useAction, useQuery, useSession } from "../query.ts";
import { hrefOf, Link } from "../router.tsx";
import { Head, unseen } from "../table-head.tsx";

const MAX_KEYS = 1_000;
const SCOPES = [
  ["submit", "Submit and cancel runs"],
  ["read", "Read runs, results, the balance and the ledger"],
  ["admin", "Manage keys and webhooks"],
] as const;

type Asked =
  | { readonly create: true }
  | { readonly edit: ApiKey }
  | { readonly rotate: ApiKey }
  | { readonly revoke: ApiKey };

export function Keys() {
  const session = useSession();
  const query = useQuery("keys", (dpp, signal) => dpp.keys.list({ limit: 100 }, { signal }).toArray(MAX_KEYS));
  const [asked, setAsked] = useState<Asked>();
  const [showsEnded, setShowsEnded] = useState(false);
  // A late answer closes its own dialog alone.
  const close = () => setAsked((now) => (now === asked ? undefined : now));
  const closeAndReload = () => {
    close();
    query.reload();
  };
  const made = (key: NewKey, rotated?: { readonly old: ApiKey; readonly until: string }) => {
    close();
    session.showOnce({ ...secretOf(key, rotated?.until), onClose: query.reload });
    if (rotated?.old.current) session.goOnWith(key.api_key);
  };
  return (
    <>
      <PageHead title="API keys" about="A key with a spending cap can never spend more, whatever its program does.">
        <button type="button" class="primary" onClick={() => setAsked({ create: true })}>
          Create key
        </button>
      </PageHead>
      <Loaded query={query} rows={5}>
        {(keys) => {
          const shown = keys.filter(({ status }) => showsEnded || status === "active");
          return (
            <>
              {keys.length >= MAX_KEYS && (
                <p class="notice">
                  Only the newest {count(MAX_KEYS)} keys are shown, ended ones included. Older keys may still be active:
                  GET /v1/keys lists all of them.
                </p>
              )}
              {shown.length === 0 ? <Empty title="No active keys" /> : <KeyTable keys={shown} onAsk={setAsked} />}
              {keys.some(({ status }) => status !== "active") && (
                <label class="check">
                  <input type="checkbox" checked={showsEnded} onChange={() => setShowsEnded(!showsEnded)} />
                  <span>Show revoked and expired keys</span>
                </label>
              )}
            </>
          );
        }}
      </Loaded>
      {asked && "create" in asked && <CreateKey onClose={close} onLost={closeAndReload} onMade={made} />}
      {asked && "edit" in asked && <EditKey key_={asked.edit} onClose={close} onDone={closeAndReload} />}
      {asked && "rotate" in asked && (
        <RotateKey key_={asked.rotate} onClose={close} onLost={closeAndReload} onMade={made} />
      )}
      {asked && "revoke" in asked && <RevokeKey key_={asked.revoke} onClose={close} onDone={closeAndReload} />}
    </>
  );
}

function secretOf(made: NewKey, oldUntil: string | undefined) {
  const cap = made.spending_cap_usd === null ? undefined : microsOf(made.spending_cap_usd);
  return {
    title: `The key of ${made.name}`,
    about: "Copy it now: it is shown this once, and only its hash is stored.",
    secret: made.api_key,
    notes: [
      cap === undefined ? undefined : <>It can spend {usd(cap, 2)} in all.</>,
      oldUntil === undefined ? undefined : (
        <>
          The old key ends <Time of={oldUntil} />.
        </>
      ),
    ],
  };
}

/** Names are not unique: the end of the id says which key is meant. */
const WhichKey = ({ of: key }: { of: ApiKey }) => (
  <p class="muted">
    {key.mode} key <code>…{key.key_id.slice(-12)}</code>, created <Time of={key.created_at} />
  </p>
);

const KeyTable = ({ keys, onAsk }: { keys: readonly ApiKey[]; onAsk: (asked: Asked) => void }) => (
  <TableRegion label="API keys">
    <table class="rows">
      <Head of={["Name", "Status", "May", "Spending cap", "Expires", unseen("Actions")]} />
      <tbody>
        {keys.map((key) => (
          <tr key={key.key_id}>
            <th scope="row">
              <span class="strong">{key.name}</span> {key.current && <span class="muted">(this one)</span>}
              <div class="muted small-text">
                {key.mode} · <RunsOf of={key} /> · <Time of={key.created_at} />
              </div>
            </th>
            <td>
              <Status of={key.status} />
            </td>
            <td>{key.scopes.join(", ")}</td>
            <td>
              <Cap of={key} />
            </td>
            <td>{key.expires_at === null ? <span class="muted">Never</span> : <Time of={key.expires_at} />}</td>
            <td class="right">
              {key.status === "active" && (
                <span class="row-actions">
                  <button
                    type="button"
                    class="small"
                    aria-label={`Edit ${key.name}`}
                    onClick={() => onAsk({ edit: key })}
                  >
                    Edit
                  </button>
                  <button
                    type="button"
                    class="small"
                    aria-label={`Rotate ${key.name}`}
                    onClick={() => onAsk({ rotate: key })}
                  >
                    Rotate
                  </button>
                  <button
                    type="button"
                    class="small danger"
                    aria-label={`Revoke ${key.name}`}
                    onClick={() => onAsk({ revoke: key })}
                  >
                    Revoke
                  </button>
                </span>
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  </TableRegion>
);

const RunsOf = ({ of: key }: { of: ApiKey }) => (
  <Link href={hrefOf(["runs"], { key: key.key_id })} title={`Runs of ${key.name}`}>
    <code>…{key.key_id.slice(-12)}</code>
  </Link>
);

function Cap({ of: key }: { of: ApiKey }) {
  if (key.spending_cap_usd === null) return <span class="muted">None</span>;
  const share = capShare(key) ?? 0;
  return (
    <div class="cap">
      <span class="num">
        {usd(key.spent_usd ?? "0", 2)} <span class="muted">of {usd(key.spending_cap_usd, 2)}</span>
      </span>
      <Meter part={BigInt(Math.round(share * 10_000))} of={10_000n} label="Cap used" />
    </div>
  );
}

interface CreateKeyProps {
  readonly onClose: () => void;
  /** Its answer is lost: the list says whether it was made. */
  readonly onLost: () => void;
  readonly onMade: (key: NewKey) => void;
}

function CreateKey({ onClose, onLost, onMade }: CreateKeyProps) {
  const [form, setForm] = useState({
    name: "",
    cap: "",
    expires: "",
    scopes: ["submit", "read"] as ("submit" | "read" | "admin")[],
  });
  const action = useAction();
  const errors = fieldErrorsOf(action.error);
  const send = async (dpp: Decisionproof) =>
    onMade(
      await dpp.keys.create({
        name: form.name,
        scopes: form.scopes,
        ...(form.cap.trim() && { spending_cap_usd: form.cap.trim() }),
        ...(form.expires && { expires_at: new Date(`${form.expires}T23:59:59Z`).toISOString() }),
      }),
    );
  const toggle = (scope: "submit" | "read" | "admin") =>
    setForm({
      ...form,
      scopes: form.scopes.includes(scope) ? form.scopes.filter((each) => each !== scope) : [...form.scopes, scope],
    });
  return (
    <FormDialog
      title="Create an API key"
      action={action}
      send={send}
      doing="Create key"
      hasFieldErrors={errors.length > 0}
      unanswered="The key may have been created. Look for it in the list before you create another: its secret cannot be shown again, so revoke it if it is there."
      onClose={onClose}
      onLost={onLost}
    >
      <Field label="Name" help="What uses it, such as the name of a program." error={errorAt(errors, "/name")}>
        {(attributes) => (
          <input
            {...attributes}
            value={form.name}
            onInput={(event) => setForm({ ...form, name: event.currentTarget.value })}
          />
        )}
      </Field>
      <fieldset>
        <legend>It may</legend>
        {SCOPES.map(([scope, what]) => (
          <label key={scope} class="check">
            <input type="checkbox" checked={form.scopes.includes(scope)} onChange={() => toggle(scope)} />
            <span>{what}</span>
          </label>
        ))}
        {errorAt(errors, "/scopes") && <p class="error">{errorAt(errors, "/scopes")}</p>}
      </fieldset>
      <Field
        label="Spending cap (USD)"
        optional
        help="What it and its successors may ever spend. A key without a cap gets none later."
        error={errorAt(errors, "/spending_cap_usd")}
      >
        {(attributes) => (
          <input
            {...attributes}
            inputMode="decimal"
            value={form.cap}
            placeholder="25.00"
            onInput={(event) => setForm({ ...form, cap: event.currentTarget.value })}
          />
        )}
      </Field>
      <Field label="Expires after" optional help="The end of this day in UTC." error={errorAt(errors, "/expires_at")}>
        {(attributes) => (
          <input
            {...attributes}
            type="date"
            value={form.expires}
            onInput={(event) => setForm({ ...form, expires: event.currentTarget.value })}
          />
        )}
      </Field>
    </FormDialog>
  );
}

interface EditKeyProps {
  readonly key_: ApiKey;
  readonly onClose: () => void;
  readonly onDone: () => void;
}

function EditKey({ key_: key, onClose, onDone }: EditKeyProps) {
  const [name, setName] = useState(key.name);
  const [cap, setCap] = useState(key.spending_cap_usd ?? "");
  const action = useAction();
  const errors = fieldErrorsOf(action.error);
  const change = {
    ...(name !== key.name && { name }),
    ...(cap.trim() !== (key.spending_cap_usd ?? "") && { spending_cap_usd: cap.trim() }),
  };
  return (
    <FormDialog
      title={`Edit ${key.name}`}
      action={action}
      send={async (dpp) => {
        await dpp.keys.update(key.key_id, change);
        onDone();
      }}
      doing="Save"
      ready={Object.keys(change).length > 0}
      hasFieldErrors={errors.length > 0}
      onClose={onClose}
    >
      <WhichKey of={key} />
      <Field label="Name" error={errorAt(errors, "/name")}>
        {(attributes) => <input {...attributes} value={name} onInput={(event) => setName(event.currentTarget.value)} />}
      </Field>
      {key.spending_cap_usd === null ? (
        <p class="muted">
          It was created without a spending cap, and what it spent is not counted: create a key with one in its place.
        </p>
      ) : (
        <Field
          label="Spending cap (USD)"
          help={`Of the key and its successors together; ${usd(key.spent_usd ?? "0", 2)} are spent or held.`}
          error={errorAt(errors, "/spending_cap_usd")}
        >
          {(attributes) => (
            <input
              {...attributes}
              inputMode="decimal"
              value={cap}
              onInput={(event) => setCap(event.currentTarget.value)}
            />
          )}
        </Field>
      )}
    </FormDialog>
  );
}

const GRACES = [
  [0, "At once"],
  [3_600, "In an hour"],
  [86_400, "In a day"],
  [604_800, "In a week"],
] as const;

interface RotateKeyProps {
  readonly key_: ApiKey;
  readonly onClose: () => void;
  readonly onLost: () => void;
  readonly onMade: (key: NewKey, rotated: { readonly old: ApiKey; readonly until: string }) => void;
}

function RotateKey({ key_: key, onClose, onLost, onMade }: RotateKeyProps) {
  const [grace, setGrace] = useState(86_400);
  const action = useAction();
  return (
    <FormDialog
      title={`Rotate ${key.name}`}
      action={action}
      send={async (dpp) => {
        const rotated = await dpp.keys.rotate(key.key_id, { grace_seconds: grace });
        onMade(rotated, { old: key, until: rotated.old_expires_at });
      }}
      doing="Rotate key"
      unanswered="The key may have been rotated. Look for its successor in the list: its secret cannot be shown again, so rotate the successor if it is there."
      onClose={onClose}
      onLost={onLost}
    >
      <WhichKey of={key} />
      <p>
        A new key with the same rights and the same cap takes its place.
        {key.current && " It is the key that you are signed in with: you stay signed in with the new one."}
      </p>
      <Field label="The old key ends">
        {(attributes) => (
          <select
            {...attributes}
            value={String(grace)}
            onChange={(event) => setGrace(Number(event.currentTarget.value))}
          >
            {GRACES.map(([seconds, words]) => (
              <option key={seconds} value={String(seconds)}>
                {words}
              </option>
            ))}
          </select>
        )}
      </Field>
    </FormDialog>
  );
}

function RevokeKey({ key_: key, onClose, onDone }: { key_: ApiKey; onClose: () => void; onDone: () => void }) {
  const [typed, setTyped] = useState("");
  const action = useAction();
  return (
    <FormDialog
      title={`Revoke ${key.name}?`}
      action={action}
      send={async (dpp) => {
        await dpp.keys.revoke(key.key_id);
        onDone();
      }}
      doing="Revoke key"
      ready={typed === key.name}
      danger
      onClose={onClose}
    >
      <WhichKey of={key} />
      <p>
        Every request with it is refused from now on, everywhere. Runs that it submitted go on to their end. This cannot
        be undone.
        {key.current && " It is the key that you are signed in with: you will be signed out."}
      </p>
      <Field label={`Type ${key.name} to confirm`}>
        {(attributes) => (
          <input
            {...attributes}
            value={typed}
            autoComplete="off"
            spellcheck={false}
            onInput={(event) => setTyped(event.currentTarget.value)}
          />
        )}
      </Field>
    </FormDialog>
  );
}
