import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { ApiError, type Estimate, type NewRun as Request, type Pack, type Run } from "../../client/client.ts";
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
import { Copy, Empty, Facts, Field, Loaded, PageHead, Panel, Trouble } from "../parts.tsx";
import { useAction, useQuery, useSession } from "../query.ts";
import { go, hrefOf, Link, type Place } from "../router.tsx";

const ESTIMATE_AFTER_MS = 350;

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
  const pack = packs.find(({ pack_type }) => pack_type === type);
  if (pack === undefined) return <Empty title="There are no packs to buy." />;
  return (
    <>
      <fieldset class="panel">
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
                onChange={() => setType(pack_type)}
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
      <Order key={pack.pack_type} pack={pack} before={before?.pack_type === pack.pack_type ? before : undefined} />
    </>
  );
}

interface More {
  readonly cap: string;
  readonly timebox: string;
  readonly reliability: string;
  readonly metadata: string;
}

/** One key for what this form orders: sent again after a lost answer, it is the same run. A changed form is another order. */
function useOrderKey(body: string): string {
  const key = useRef({ body, id: crypto.randomUUID() });
  if (key.current.body !== body) key.current = { body, id: crypto.randomUUID() };
  return `console-${key.current.id}`;
}

function Order({ pack, before }: { pack: Pack; before: Run | undefined }) {
  const schema = pack.inputs as Schema;
  const [given, setGiven] = useState<Readonly<Record<string, unknown>>>(
    (before?.inputs ?? {}) as Record<string, unknown>,
  );
  const fields = useMemo(() => fieldsOf(schema, given), [schema, given]);
  const [values, setValues] = useState<Values>(() => valuesOf(fields, schema, given));
  const [more, setMore] = useState<More>(() => moreOf(before));
  const [sent, setSent] = useState(false);
  const { inputs, errors: ownErrors } = inputsOf(fields, values);
  const metadata = metadataOf(more.metadata);
  const estimate = useEstimate(
    {
      pack_type: pack.pack_type,
      inputs,
      ...common(more, metadata.pairs),
      max_cost_usd: more.cap.trim() || pack.limits.max_cost_usd.maximum,
    },
    ownErrors.length === 0,
  );
  const cap = more.cap.trim() || estimate.data?.most_price_usd || "";
  const request = {
    pack_type: pack.pack_type,
    inputs,
    ...common(more, metadata.pairs),
    max_cost_usd: decimalAtLeast(cap, pack.limits.max_cost_usd.minimum),
  };
  const orderKey = useOrderKey(JSON.stringify(request));
  const { busy, error, run, clear } = useAction();
  const refused = error instanceof ApiError ? errorsOf(error) : [];
  // Before the first attempt only what the form itself cannot read is said: nobody likes to be told that an empty form is empty.
  const errors = [...ownErrors, ...metadata.errors, ...(sent ? [...refused, ...estimate.errors] : [])];
  // What the pack's own example uses comes first; the rest is for those who look for it.
  const { inputs: example } = pack.example as { inputs: Record<string, unknown> };
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
    clear();
  };
  const submit = (event: Event) => {
    event.preventDefault();
    setSent(true);
    if (ownErrors.length + metadata.errors.length + estimate.errors.length > 0) return focusFirst();
    run(async (dpp) => {
      const made = await dpp.runs.create(request as unknown as Request, { idempotencyKey: orderKey });
      go(hrefOf(["runs", made.run_id]));
    });
  };
  useEffect(() => {
    if (refused.length > 0) focusFirst();
  }, [error]);
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
            <MoreFields more={more} errors={errors} pack={pack} onChange={(next) => setMore(next)} />
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
                placeholder={estimate.data?.most_price_usd ?? "0.0500"}
                onInput={(event) => setMore({ ...more, cap: event.currentTarget.value })}
              />
            )}
          </Field>
          <div aria-live="polite" class="estimate">
            <PriceOf estimate={estimate} />
          </div>
          {error !== undefined && refused.length === 0 && <Trouble error={error} />}
          <button class="primary wide" disabled={busy}>
            {busy ? "Starting…" : "Start run"}
          </button>
          <p class="between small-text">
            <Copy label="Copy as curl" text={curlOf(location.origin, request, orderKey)} />
            <Copy label="Copy as code" text={clientCodeOf(location.origin, request)} />
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

/** The cap that is sent where none was written: the price, but never less than the API takes. */
const decimalAtLeast = (cap: string, minimum: string): string => {
  const micros = microsOf(cap);
  return micros !== undefined && micros < (microsOf(minimum) ?? 0n) && cap !== "" ? minimum : cap || minimum;
};

const errorsOf = (error: ApiError): FieldError[] =>
  (error.problem.errors ?? []).flatMap(({ pointer, detail }) =>
    typeof pointer === "string" ? [{ pointer, detail }] : [],
  );

const focusFirst = () => {
  requestAnimationFrame(() => document.querySelector<HTMLElement>("[aria-invalid]")?.focus());
};

interface Estimated {
  readonly data: Estimate | undefined;
  readonly errors: readonly FieldError[];
  readonly error: unknown;
}

/** The price of the body as it stands, asked for when typing pauses. */
function useEstimate(body: object, readable: boolean): Estimated {
  const { dpp, end } = useSession();
  const [state, setState] = useState<Estimated>({ data: undefined, errors: [], error: undefined });
  const text = JSON.stringify(body);
  useEffect(() => {
    if (!readable) return;
    const controller = new AbortController();
    const timer = setTimeout(() => {
      dpp.runs
        .estimate(JSON.parse(text) as Request, { signal: controller.signal })
        .then((data) => setState({ data, errors: [], error: undefined }))
        .catch((error: unknown) => {
          if (controller.signal.aborted) return;
          if (error instanceof ApiError && error.status === 401) return end("The API key is no longer accepted.");
          const errors = error instanceof ApiError && error.status === 400 ? errorsOf(error) : [];
          setState({ data: undefined, errors, error: errors.length === 0 ? error : undefined });
        });
    }, ESTIMATE_AFTER_MS);
    return () => {
      controller.abort();
      clearTimeout(timer);
    };
  }, [text, readable]);
  return state;
}

function PriceOf({ estimate: { data, error } }: { estimate: Estimated }) {
  if (error !== undefined) return <Trouble error={error} />;
  if (data === undefined) return <p class="muted">Fill in the inputs to see the price.</p>;
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
          ["If it fails", `at most ${usd(minimum_fee_usd)}`],
        ]}
      />
      {needs_input !== null && needs_input.length > 0 && (
        <p class="notice">Something is missing in the inputs: the answer will say what, and cost nothing.</p>
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
