import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { ApiError, type NewRun as Request, type Pack, type Run } from "../../client/client.ts";
import { clientCodeOf, curlOf } from "../code-samples.ts";
import {
  errorAt,
  type Field as FormField,
  type FieldError,
  fieldsOf,
  inputsOf,
  pointerTo,
  type Schema,
  type Values,
  valuesOf,
} from "../form-fields.ts";
import { FieldControl } from "../form-view.tsx";
import { label, microsOf, usd } from "../formats.ts";
import {
  capOf,
  type Offer,
  offerOf,
  OpenOrders,
  type Order as OpenOrder,
  outcomeOf,
  type Priced,
  pricedAt,
  startOf,
} from "../order.ts";
import { Empty, Facts, Field, Loaded, PageHead, Panel, Trouble } from "../parts.tsx";
import { isPassing } from "../polling.ts";
import { useAction, useQuery, useSession } from "../query.ts";
import { go, hrefOf, Link, type Place } from "../router.tsx";

const ESTIMATE_AFTER_MS = 350;
const ESTIMATE_RETRY_MS = 4_000;

export function NewRun({ place }: { place: Place }) {
  const from = place.query.get("from");
  const asked = place.query.get("pack") ?? undefined;
  const query = useQuery<{ packs: readonly Pack[]; before: Run | undefined }>(
    `new ${from ?? ""}`,
    async (dpp, signal) => {
      const [packs, before] = await Promise.all([
        dpp.packs.list({ signal }),
        from === null ? undefined : dpp.runs.get(from, { include: ["inputs"], signal }),
      ]);
      return { packs, before };
    },
  );
  return (
    <>
      <PageHead title="New run" about="The price is shown as you type. Nothing is charged before you start the run." />
      <Loaded query={query} rows={8}>
        {({ packs, before }) => <Chosen packs={packs} before={before} asked={asked} />}
      </Loaded>
    </>
  );
}

function Chosen({
  packs,
  before,
  asked,
}: {
  packs: readonly Pack[];
  before: Run | undefined;
  asked: string | undefined;
}) {
  const wanted = before?.pack_type ?? asked;
  const [type, setType] = useState(
    packs.find(({ pack_type }) => pack_type === wanted)?.pack_type ?? packs[0]?.pack_type,
  );
  // Here, and not in the form: choosing another pack neither drops an answer nor starts a second run beside it.
  const action = useAction();
  const pack = packs.find(({ pack_type }) => pack_type === type);
  if (pack === undefined) return <Empty title="There are no packs to buy." />;
  return (
    <>
      <fieldset class="panel" disabled={action.busy}>
        <legend class="hidden">Pack</legend>
        <div class="tiles">
          {packs.map(({ pack_type, title, in_plan, prices }) => (
            <label key={pack_type} class="tile">
              <input
                type="radio"
                name="pack"
                value={pack_type}
                checked={pack_type === type}
                disabled={!in_plan}
                onChange={() => {
                  setType(pack_type);
                  action.clear();
                }}
              />
              <span class="strong">{title}</span>
              <span class="muted small-text num">
                {in_plan ? `from ${usd(Object.values(prices)[0]?.unit_price_usd ?? "0")}` : "Not in your plan"}
              </span>
            </label>
          ))}
        </div>
        <p class="help">{pack.summary}</p>
      </fieldset>
      <Order
        key={pack.pack_type}
        pack={pack}
        before={before?.pack_type === pack.pack_type ? before : undefined}
        action={action}
      />
    </>
  );
}

type Action = ReturnType<typeof useAction>;
/** The body as the form has it: with a cap only where one was typed. */
interface Form {
  readonly pack_type: string;
  readonly inputs: unknown;
  readonly [member: string]: unknown;
}

interface More {
  readonly cap: string;
  readonly timebox: string;
  readonly reliability: string;
  readonly metadata: string;
}

/** Starts a run, and goes to it if this page is still there. */
function useStart({ run }: Action) {
  const isHere = useRef(true);
  useEffect(() => () => void (isHere.current = false), []);
  /** The last attempt, unless the API gave a definite answer. */
  const open = useRef<{ readonly text: string; readonly order: OpenOrder }>();
  const start = (form: Form, cap: string) =>
    run(async (dpp) => {
      const text = JSON.stringify(form);
      const orders = new OpenOrders(sessionStorage);
      const order = await orders.open(text, cap);
      open.current = { text, order };
      try {
        const request = { ...form, max_cost_usd: order.cap } as unknown as Request;
        const made = await dpp.runs.create(request, { idempotencyKey: order.key });
        await orders.close(text, order, "accepted");
        if (isHere.current) go(hrefOf(["runs", made.run_id]));
      } catch (error) {
        const outcome = outcomeOf(error);
        if (outcome === "refused" && order.again === undefined) open.current = undefined;
        await orders.close(text, order, outcome);
        throw error;
      }
    });
  return { start, open };
}

interface OrderProps {
  readonly pack: Pack;
  readonly before: Run | undefined;
  readonly action: Action;
}

function Order({ pack, before, action }: OrderProps) {
  const schema = pack.inputs as Schema;
  const [given, setGiven] = useState<Readonly<Record<string, unknown>>>(
    (before?.inputs ?? {}) as Record<string, unknown>,
  );
  const fields = useMemo(() => fieldsOf(schema, given), [schema, given]);
  const [values, setValues] = useState<Values>(() => valuesOf(fields, schema, given));
  const [more, setMore] = useState<More>(() => moreOf(before));
  const [sent, setSent] = useState(false);
  /** The text that Start was pressed for before its price was shown. */
  const [early, setEarly] = useState<string>();
  const { inputs, errors: ownErrors } = inputsOf(fields, values);
  const metadata = metadataOf(more.metadata);
  const form: Form = {
    pack_type: pack.pack_type,
    inputs,
    ...common(more, metadata.pairs),
    ...(more.cap.trim() && { max_cost_usd: more.cap.trim() }),
  };
  const text = JSON.stringify(form);
  const isReadable = ownErrors.length === 0;
  const { minimum } = pack.limits.max_cost_usd;
  const { priced, ask } = useEstimate(text, more.cap, minimum, isReadable);
  const current = pricedAt(priced, text);
  const cap = current?.offer?.cap ?? capOf(more.cap, "", minimum);
  const { busy, error, clear } = action;
  const { start, open } = useStart(action);
  const refused = error instanceof ApiError ? errorsOf(error) : [];
  const formErrors = [...ownErrors, ...metadata.errors];
  // Before the first attempt only what the form itself cannot read is said: nobody likes to be told that an empty form is empty.
  const errors = [...formErrors, ...(sent ? [...refused, ...(current?.errors ?? [])] : [])];
  // What the pack's own example uses comes first; the rest is for those who look for it.
  const example = pack.examples[0]?.run.inputs ?? {};
  const main = fields.filter(({ name, required }) => required || name in example);
  const others = fields.filter((field) => !main.includes(field));
  const isGiven = (name: string) => given[name] !== undefined;
  const control = (field: FormField) => (
    <FieldControl
      key={`${field.name} ${field.kind}`}
      field={field}
      value={values[field.name]}
      values={values}
      errors={errors}
      pointer={pointerTo("inputs", field.name)}
      onChange={(value) => change({ ...values, [field.name]: value })}
    />
  );
  const change = (next: Values) => {
    setValues(next);
    // An attempt under way stays one: clearing it would let a second begin beside it.
    if (!busy) clear();
  };
  const changeMore = (next: More) => {
    setMore(next);
    if (!busy) clear();
  };
  const submit = (event: Event) => {
    event.preventDefault();
    setSent(true);
    const asked = startOf(priced, text, formErrors);
    setEarly(!asked.may && asked.why === "unpriced" ? text : undefined);
    if (asked.may) start(form, asked.offer.cap);
    else if (asked.why === "invalid") focusFirst();
  };
  useEffect(() => {
    if (refused.length > 0) focusFirst();
  }, [error]);
  useEffect(() => {
    if (early === text && current?.errors !== undefined) focusFirst();
  }, [current]);
  return (
    <form class="columns" onSubmit={submit} noValidate>
      <div>
        <Panel
          title="Inputs"
          actions={
            <button
              type="button"
              class="small"
              onClick={() => {
                setGiven(example);
                change(valuesOf(fieldsOf(schema, example), schema, example));
              }}
            >
              Fill in an example
            </button>
          }
        >
          <div class="grid-form">{main.map(control)}</div>
          {others.length > 0 && (
            <details
              class="more-inputs"
              open={others.some(({ name }) => isGiven(name) || errorAt(errors, pointerTo("inputs", name)))}
            >
              <summary>More inputs</summary>
              <div class="grid-form">{others.map(control)}</div>
            </details>
          )}
        </Panel>
        <Panel>
          <details open={errors.some(({ pointer }) => /^\/(timebox_sec|min_reliability_score|metadata)/.test(pointer))}>
            <summary>More settings</summary>
            <MoreFields more={more} errors={errors} pack={pack} onChange={changeMore} />
          </details>
        </Panel>
      </div>
      <div class="sticky">
        <Panel title="Price">
          <Field
            label="Cap (USD)"
            help="The run never costs more. It is held while the run is open."
            error={errorAt(errors, "/max_cost_usd")}
          >
            {(attributes) => (
              <input
                {...attributes}
                inputMode="decimal"
                value={more.cap}
                placeholder={more.cap.trim() === "" ? (priced?.offer?.cap ?? "0.0500") : undefined}
                onInput={(event) => changeMore({ ...more, cap: event.currentTarget.value })}
              />
            )}
          </Field>
          <div aria-live="polite" class="estimate">
            <PriceOf priced={priced} isCurrent={current !== undefined} isAsked={isReadable} onRetry={ask} />
            {early === text && current === undefined && (
              <p class="notice">The price is not known yet. Start the run once it is shown.</p>
            )}
            {early === text && current?.offer !== undefined && (
              <p class="notice">This is the price. Select Start run to accept it.</p>
            )}
          </div>
          {error !== undefined && refused.length === 0 && <Trouble error={error} />}
          {error !== undefined && mayBeAccepted(error) && (
            <p class="notice">
              It may have been accepted. Starting again is safe: the same form is never run or charged twice.
            </p>
          )}
          <button class="primary wide" disabled={busy}>
            {busy ? "Starting…" : "Start run"}
          </button>
          <p class="between small-text">
            <CopySample
              label="Copy as curl"
              build={() => {
                // Under the key and the cap of an attempt without an answer: pasted, it is then the same run.
                const order = open.current?.text === text ? open.current.order : undefined;
                const request = { ...form, max_cost_usd: order?.cap ?? cap };
                return curlOf(location.origin, request, order?.key ?? `console-${crypto.randomUUID()}`);
              }}
            />
            <CopySample
              label="Copy as code"
              build={() => clientCodeOf(location.origin, { ...form, max_cost_usd: cap })}
            />
          </p>
        </Panel>
        {before !== undefined && (
          <p class="muted small-text">
            From <Link href={hrefOf(["runs", before.run_id])}>run {before.run_id.slice(-12)}</Link>
          </p>
        )}
      </div>
    </form>
  );
}

const moreOf = (before: Run | undefined): More => ({
  cap: before?.cost.max_usd ?? "",
  timebox: before ? String(before.timebox_sec) : "",
  reliability: before?.min_reliability_score ? String(before.min_reliability_score) : "",
  metadata: Object.entries(before?.metadata ?? {})
    .map(([name, value]) => `${name}=${value}`)
    .join("\n"),
});

const common = (more: More, metadata: Readonly<Record<string, string>>) => ({
  ...(more.timebox.trim() && { timebox_sec: Number(more.timebox) }),
  ...(more.reliability.trim() && { min_reliability_score: Number(more.reliability) }),
  ...(Object.keys(metadata).length > 0 && { metadata }),
});

function metadataOf(text: string): { pairs: Record<string, string>; errors: FieldError[] } {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  const wrong = lines.some((line) => line.indexOf("=") < 1);
  const pairs = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf("=")).trim(), line.slice(line.indexOf("=") + 1).trim()]),
  );
  return {
    pairs: wrong ? {} : pairs,
    errors: wrong ? [{ pointer: "/metadata", detail: "must be name=value in each line" }] : [],
  };
}

const errorsOf = (error: ApiError): FieldError[] =>
  (error.problem.errors ?? []).flatMap(({ pointer, detail }) =>
    typeof pointer === "string" ? [{ pointer, detail }] : [],
  );

const focusFirst = () => {
  requestAnimationFrame(() => document.querySelector<HTMLElement>("[aria-invalid]")?.focus());
};

/** A connection that broke says nothing of the run; a refusal for haste does. */
const mayBeAccepted = (error: unknown): boolean =>
  outcomeOf(error) === "unknown" && !(error instanceof ApiError && error.status === 429);

const COPIED_MS = 1_500;

/** Built when it is asked for: with an image in it, a sample has millions of characters. */
function CopySample({ label: name, build }: { label: string; build: () => string }) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), COPIED_MS);
    return () => clearTimeout(timer);
  }, [copied]);
  const copy = () => {
    navigator.clipboard.writeText(build()).then(
      () => setCopied(true),
      () => setCopied(false),
    );
  };
  return (
    <button type="button" class="small" onClick={copy}>
      <span aria-live="polite">{copied ? "Copied" : name}</span>
    </button>
  );
}

/** What an estimate that failed says of the form's text. */
function unpriced(text: string, error: unknown): Priced {
  const errors = error instanceof ApiError && error.status === 400 ? errorsOf(error) : [];
  return errors.length > 0 ? { text, errors } : { text, error };
}

/** The price of the form as it stands, asked for when typing pauses. */
function useEstimate(text: string, typed: string, minimum: string, isReadable: boolean) {
  const { dpp, end } = useSession();
  const [priced, setPriced] = useState<Priced>();
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    if (!isReadable) return;
    const { signal, stop, later } = estimating();
    const ask = async (): Promise<void> => {
      const form = JSON.parse(text) as Form;
      const estimate = (cap: string) =>
        dpp.runs.estimate({ ...form, max_cost_usd: cap } as unknown as Request, { signal });
      try {
        const offer = await offerOf(estimate, { typed, likely: priced?.offer?.cap ?? "", minimum });
        if (!signal.aborted) setPriced({ text, offer });
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof ApiError && error.status === 401) return end("The API key is no longer accepted.");
        setPriced(unpriced(text, error));
        if (isPassing(error)) later(ask, (error as Partial<ApiError>).retryAfterMs ?? ESTIMATE_RETRY_MS);
      }
    };
    later(ask, ESTIMATE_AFTER_MS);
    return stop;
  }, [text, isReadable, turn]);
  return { priced, ask: () => setTurn((each) => each + 1) };
}

/** One wait at a time, and what ends it with all that it began. */
function estimating() {
  const controller = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  return {
    signal: controller.signal,
    later: (act: () => Promise<void>, ms: number) => {
      timer = setTimeout(() => void act(), ms);
    },
    stop: () => {
      controller.abort();
      clearTimeout(timer);
    },
  };
}

interface PriceProps {
  readonly priced: Priced | undefined;
  /** Whether `priced` is of the form as it stands, and else whether that is asked for. */
  readonly isCurrent: boolean;
  readonly isAsked: boolean;
  readonly onRetry: () => void;
}

function PriceOf({ priced, isCurrent, isAsked, onRetry }: PriceProps) {
  if (isCurrent && priced?.error !== undefined) return <Trouble error={priced.error} onRetry={onRetry} />;
  if (priced?.offer === undefined) return <p class="muted">Fill in the inputs to see the price.</p>;
  return (
    <div class={isCurrent ? "stack" : "stack muted"}>
      {!isCurrent && (
        <p class="small-text">
          {isAsked
            ? "Updating the price…"
            : "This is not the price of the form as it stands: some inputs cannot be read."}
        </p>
      )}
      <OfferOf offer={priced.offer} />
    </div>
  );
}

function OfferOf({ offer: { estimate: data } }: { offer: Offer }) {
  const { price_usd, least_price_usd, most_price_usd, minimum_fee_usd, units, prices, needs_input } = data;
  return (
    <div class="stack">
      <div>
        <p class="big num">
          {price_usd === null ? `${usd(least_price_usd)} – ${usd(most_price_usd)}` : usd(price_usd)}
        </p>
        <p class="muted small-text">
          {price_usd === null ? "Only the work itself can tell the exact price." : "Exactly, if it succeeds."}
        </p>
      </div>
      <Facts
        of={[
          ...Object.entries(units).map(
            ([unit, count]) => [label(unit), `${count} × ${usd(prices[unit]?.unit_price_usd ?? "0")}`] as const,
          ),
          [
            "If it fails",
            Object.hasOwn(units, "model_kilotoken")
              ? `${usd(minimum_fee_usd)}, or the tokens used`
              : `at most ${usd(minimum_fee_usd)}`,
          ],
        ]}
      />
      {needs_input !== null && needs_input.length > 0 && (
        <p class="notice">
          {microsOf(most_price_usd) === 0n
            ? "Something is missing in the inputs: the answer will say what, and cost nothing."
            : "Something is missing in the inputs. A model fills it in, at the price above."}
        </p>
      )}
      {data.refusal && (
        <div class="trouble" role="alert">
          <div>
            <p class="strong">It would be refused now</p>
            <p>{data.refusal.detail}</p>
          </div>
        </div>
      )}
    </div>
  );
}

interface MoreProps {
  readonly more: More;
  readonly errors: readonly FieldError[];
  readonly pack: Pack;
  readonly onChange: (more: More) => void;
}

const MoreFields = ({ more, errors, pack, onChange }: MoreProps) => (
  <div class="grid-form">
    <Field
      label="Time limit (seconds)"
      optional
      help={`${pack.limits.timebox_sec.default} if left out, ${pack.limits.timebox_sec.maximum} at most.`}
      error={errorAt(errors, "/timebox_sec")}
    >
      {(attributes) => (
        <input
          {...attributes}
          inputMode="numeric"
          value={more.timebox}
          onInput={(event) => onChange({ ...more, timebox: event.currentTarget.value })}
        />
      )}
    </Field>
    <Field
      label="Least reliability"
      optional
      help={`A result below it is a failure. ${pack.reliability}`}
      error={errorAt(errors, "/min_reliability_score")}
    >
      {(attributes) => (
        <input
          {...attributes}
          inputMode="decimal"
          value={more.reliability}
          onInput={(event) => onChange({ ...more, reliability: event.currentTarget.value })}
        />
      )}
    </Field>
    <Field
      label="Metadata"
      optional
      help="Pairs of your own, one a line: order=A-1"
      error={errorAt(errors, "/metadata")}
    >
      {(attributes) => (
        <textarea
          {...attributes}
          rows={3}
          value={more.metadata}
          onInput={(event) => onChange({ ...more, metadata: event.currentTarget.value })}
        />
      )}
    </Field>
  </div>
);
