import { useRef, useState } from "preact/hooks";
import { Explained } from "../console/explained.ts";
import { count, label, usd } from "../console/formats.ts";
import { Buttons, Dialog, Facts, Field, Trouble } from "../console/parts.tsx";
import { give, sentence, SessionOver } from "./connection.ts";
import { useOperator } from "./operator.ts";

interface ChangeField {
  readonly name: string;
  readonly label: string;
  readonly help?: string;
  readonly optional?: boolean;
  readonly placeholder?: string;
  readonly value?: string;
  readonly isMoney?: boolean;
  readonly options?: readonly string[];
}

/** Something that an operator may do: a command of the CLI with what the form asks for. */
export interface Asked {
  readonly title: string;
  /** What it means to those whom it concerns. */
  readonly about: string;
  readonly command: string;
  readonly given: Readonly<Record<string, string | undefined>>;
  readonly fields?: readonly ChangeField[];
  /** What is so now, to compare with what would be. */
  readonly before?: readonly (readonly [name: string, value: string])[];
  readonly doing: string;
  readonly isDangerous?: boolean;
  /** The command can be tried first, with nothing changed. */
  readonly hasDryRun: boolean;
}

type Answer = Readonly<Record<string, unknown>>;
type Step =
  | { readonly at: "form" }
  | { readonly at: "tried"; readonly answer: Answer | undefined }
  | { readonly at: "done"; readonly answer: Answer; readonly warnings: readonly string[] };

/** Asks for a reason, shows what would happen, and does it when that is confirmed. */
function ChangeDialog({ of: asked, onClose, onDone }: { of: Asked; onClose: () => void; onDone: () => void }) {
  const { secret, end } = useOperator();
  const [values, setValues] = useState<Readonly<Record<string, string>>>(() =>
    Object.fromEntries((asked.fields ?? []).map(({ name, value }) => [name, value ?? ""])),
  );
  const [reason, setReason] = useState("");
  const [step, setStep] = useState<Step>({ at: "form" });
  const [state, setState] = useState<{ busy: boolean; error?: unknown }>({ busy: false });
  const request_id = useRef(crypto.randomUUID()).current;
  // A second click may come before the button is drawn disabled.
  const isBusy = useRef(false);

  const missing =
    reason.trim() === "" ||
    (asked.fields ?? []).some(({ name, optional }) => optional !== true && (values[name] ?? "").trim() === "");
  const given = {
    ...asked.given,
    ...Object.fromEntries(Object.entries(values).map(([name, value]) => [name, value.trim()])),
  };
  const send = async (dry_run: boolean): Promise<void> => {
    if (isBusy.current) return;
    isBusy.current = true;
    setState({ busy: true });
    try {
      const change = { request_id, dry_run, reason: reason.trim() };
      const { answer, warnings } = await give<Answer>(secret, asked.command, given, { change });
      if (dry_run) setStep({ at: "tried", answer: answer["answer"] as Answer });
      else {
        setStep({ at: "done", answer, warnings });
        onDone();
      }
      setState({ busy: false });
    } catch (error) {
      if (error instanceof SessionOver) end(error.message);
      setState({ busy: false, error });
    } finally {
      isBusy.current = false;
    }
  };
  const { busy, error } = state;
  const ofField = fieldErrorOf(error, asked.fields ?? []);
  const trouble = error !== undefined && <Trouble error={error} />;

  if (step.at === "done")
    return (
      <Dialog title={`${asked.title}: done`} onClose={onClose}>
        <div class="stack">
          <AnswerFacts of={step.answer} />
          {step.warnings.map((warning) => (
            <p key={warning} class="notice">
              {warning}
            </p>
          ))}
          <p class="muted small-text">It is in the audit trail, with your name and reason.</p>
        </div>
        <div class="dialog-actions">
          <button type="button" class="primary" onClick={onClose}>
            Close
          </button>
        </div>
      </Dialog>
    );
  if (step.at === "tried")
    return (
      <Dialog title={asked.title} onClose={onClose} locked={busy}>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            void send(false);
          }}
        >
          {step.answer === undefined ? (
            <p>
              <span class="strong">Nothing was changed yet.</span> {asked.about}
            </p>
          ) : (
            <>
              <p class="strong" role="status">
                This is what would happen. Nothing was changed yet.
              </p>
              {asked.before && <Facts of={asked.before} />}
              <AnswerFacts of={step.answer} />
            </>
          )}
          <Facts of={[["Reason", reason.trim()]]} />
          {trouble}
          <Buttons
            busy={busy}
            doing={asked.doing}
            onClose={() => {
              setStep({ at: "form" });
              setState({ busy: false });
            }}
            danger={asked.isDangerous}
          />
        </form>
      </Dialog>
    );
  return (
    <Dialog title={asked.title} onClose={onClose} locked={busy}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (missing) return;
          if (asked.hasDryRun) void send(true);
          else setStep({ at: "tried", answer: undefined });
        }}
      >
        <p>{asked.about}</p>
        {asked.before && <Facts of={asked.before} />}
        {(asked.fields ?? []).map((field) => (
          <Input
            key={field.name}
            field={field}
            value={values[field.name] ?? ""}
            error={ofField?.name === field.name ? ofField.detail : undefined}
            onChange={(value) => setValues((now) => ({ ...now, [field.name]: value }))}
          />
        ))}
        <Field label="Reason" help="Kept with your name and the time.">
          {(attributes) => (
            <input
              {...attributes}
              value={reason}
              maxLength={2_000}
              autoComplete="off"
              onInput={(event) => setReason(event.currentTarget.value)}
            />
          )}
        </Field>
        {ofField === undefined && trouble}
        <Buttons busy={busy} ready={!missing} doing={asked.hasDryRun ? "Try it first" : "Go on"} onClose={onClose} />
      </form>
    </Dialog>
  );
}

/** The command line's complaint about an option that is a field of the form. */
function fieldErrorOf(error: unknown, fields: readonly ChangeField[]) {
  if (!(error instanceof Explained)) return undefined;
  const [, name, detail = ""] = /^--([\w-]+) (.*)$/s.exec(error.message) ?? [];
  return fields.some((field) => field.name === name) ? { name, detail: sentence(detail) } : undefined;
}

const Input = ({
  field,
  value,
  error,
  onChange,
}: {
  field: ChangeField;
  value: string;
  error: string | undefined;
  onChange: (value: string) => void;
}) => (
  <Field label={field.label} help={field.help} error={error} optional={field.optional}>
    {(attributes) =>
      field.options === undefined ? (
        <input
          {...attributes}
          value={value}
          autoComplete="off"
          spellcheck={false}
          placeholder={field.placeholder}
          inputMode={field.isMoney ? "decimal" : "text"}
          onInput={(event) => onChange(event.currentTarget.value)}
        />
      ) : (
        <select {...attributes} value={value} onChange={(event) => onChange(event.currentTarget.value)}>
          <option value="">Choose</option>
          {field.options.map((each) => (
            <option key={each} value={each}>
              {each}
            </option>
          ))}
        </select>
      )
    }
  </Field>
);

/** An answer's members with their names; amounts and ids as they are written elsewhere. */
const AnswerFacts = ({ of: answer }: { of: Answer }) => (
  <Facts of={Object.entries(answer).map(([name, value]) => [nameOf(name), shown(name, value)])} />
);

/** What a tenant has is that of before elsewhere on the page. */
const nameOf = (member: string): string =>
  member === "available_usd" ? "Available after" : label(member.replace(/_usd$/, ""));

function shown(name: string, value: unknown) {
  if (typeof value === "number") return count(value);
  if (value === null || value === undefined) return <span class="muted">–</span>;
  if (typeof value === "boolean") return value ? "Yes" : "No";
  if (typeof value !== "string") return <code>{JSON.stringify(value)}</code>;
  if (name.endsWith("_usd")) return <span class="num">{usd(value)}</span>;
  return /_id$|sha256/.test(name) ? <code>{value}</code> : value;
}

/** What is asked for, and the dialog of it. */
export function useChange(onDone: () => void) {
  const [asked, setAsked] = useState<Asked>();
  const dialog = asked && <ChangeDialog of={asked} onClose={() => setAsked(undefined)} onDone={onDone} />;
  return { ask: setAsked, dialog };
}
