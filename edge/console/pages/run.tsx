import { useEffect, useRef, useState } from "preact/hooks";
import type { Output, ReceiptClaims, Run } from "../../client/client.ts";
import { clientCodeOf, curlOf } from "../code-samples.ts";
import { bytes, duration, microsOf, percent, usd } from "../formats.ts";
import {
  Copy,
  Dialog,
  download,
  Facts,
  Loaded,
  Loading,
  Money,
  PageHead,
  Panel,
  Status,
  Time,
  Trouble,
} from "../parts.tsx";
import { useAction, useQuery } from "../query.ts";
import { Result, shortJson } from "../results/result.tsx";
import { hrefOf, Link } from "../router.tsx";
import { isOpen, pauseOf } from "../run-filters.ts";
import { type Step, stepsOf } from "../timeline.ts";

const stateOf = ({ money_state, status }: Run): string => (money_state === "AUDIT_REQUIRED" ? money_state : status);

/** A run, read until it is over. Its inputs, which may be megabytes and do not change, are read once. */
function useRun(id: string) {
  const inputs = useRef<Run["inputs"]>();
  return useQuery<Run>(
    `run ${id}`,
    async (dpp, signal) => {
      const known = inputs.current;
      const run = await dpp.runs.get(id, { ...(known ? {} : { include: ["inputs"] }), signal });
      // Retention deletes them.
      if (known) return { ...run, inputs: run.status === "EXPIRED" ? null : known };
      inputs.current = run.inputs;
      return run;
    },
    { every: pauseOf },
  );
}

export function RunPage({ id }: { id: string }) {
  const query = useRun(id);
  return (
    <>
      <p class="small-text">
        <Link href={hrefOf(["runs"])}>Runs</Link>
      </p>
      <PageHead
        title={`Run ${id.slice(-12)}`}
        about={
          <>
            {query.data && <Status of={stateOf(query.data)} />} <code>{id}</code>
          </>
        }
      >
        {query.data && <Actions run={query.data} onChange={query.reload} />}
      </PageHead>
      <Loaded query={query} rows={8}>
        {(run) => <Whole run={run} />}
      </Loaded>
    </>
  );
}

function Actions({ run, onChange }: { run: Run; onChange: () => void }) {
  const [asks, setAsks] = useState(false);
  const { busy, error, run: act, clear } = useAction();
  const request = requestOf(run);
  return (
    <>
      {request && (
        <Copy label="Copy as curl" text={curlOf(location.origin, request, `console-${crypto.randomUUID()}`)} />
      )}
      {request && <Copy label="Copy as code" text={clientCodeOf(location.origin, request)} />}
      {request && (
        <Link class="button small" href={hrefOf(["new"], { from: run.run_id })}>
          Run again
        </Link>
      )}
      {run.links.cancel !== null && (
        <button type="button" class="small danger" onClick={() => setAsks(true)}>
          Cancel run
        </button>
      )}
      {asks && (
        <Dialog
          title="Cancel this run?"
          onClose={() => {
            setAsks(false);
            clear();
          }}
        >
          <p>
            {run.status === "QUEUED"
              ? "Work has not begun. If it is canceled before, it costs nothing."
              : `Work has begun, so it costs the minimum fee, ${usd(run.cost.minimum_fee_usd)}.`}
          </p>
          {error !== undefined && <Trouble error={error} />}
          <div class="dialog-actions">
            <button type="button" onClick={() => setAsks(false)}>
              Keep it
            </button>
            <button
              type="button"
              class="danger"
              disabled={busy}
              onClick={() =>
                act(async (dpp) => {
                  await dpp.runs.cancel(run.run_id);
                  setAsks(false);
                  onChange();
                })
              }
            >
              Cancel run
            </button>
          </div>
        </Dialog>
      )}
    </>
  );
}

/** What was submitted, as a submit takes it; undefined once the inputs are deleted. */
function requestOf({ pack_type, inputs, cost, timebox_sec, min_reliability_score, metadata }: Run) {
  if (!inputs) return undefined;
  return {
    pack_type,
    inputs,
    max_cost_usd: cost.max_usd,
    ...(timebox_sec !== 90 && { timebox_sec }),
    ...(min_reliability_score !== null && { min_reliability_score }),
    ...(Object.keys(metadata).length > 0 && { metadata }),
  };
}

const Whole = ({ run }: { run: Run }) => (
  <div class="columns">
    <div>
      {run.error && (
        <Panel title={run.status === "CANCELED" ? "Why it was canceled" : "Why it failed"}>
          <p>{run.error.detail}</p>
          <p class="muted small-text">
            <code>{run.error.reason_code}</code>
          </p>
        </Panel>
      )}
      {isOpen(run) && <Progress run={run} />}
      {run.result && <ResultOf run={run} />}
      {run.status === "EXPIRED" && (
        <p class="notice">This run is past its plan's retention: its result and inputs are deleted.</p>
      )}
      <Panel title="Inputs">
        {run.inputs ? (
          <pre tabIndex={0} aria-label="Inputs">
            {shortJson(shortened(run.inputs))}
          </pre>
        ) : (
          <p class="muted">The inputs are deleted.</p>
        )}
      </Panel>
    </div>
    <div class="sticky">
      <Panel title="Status" actions={<Status of={stateOf(run)} />}>
        <Timeline steps={stepsOf(run)} />
      </Panel>
      <CostPanel run={run} />
      <Panel title="Details">
        <Facts
          of={[
            ["Pack", `${run.pack_type} ${run.pack_version}`],
            [
              "Key",
              <Link href={hrefOf(["runs"], { key: run.key_id })} title="Its runs">
                <code>…{run.key_id.slice(-12)}</code>
              </Link>,
            ],
            ["Time limit", `${run.timebox_sec} s`],
            run.min_reliability_score !== null && ["At least", `Reliability ${run.min_reliability_score}`],
            ...Object.entries(run.metadata),
          ]}
        />
      </Panel>
      {run.links.receipt !== null && <Receipt run={run} />}
    </div>
  </div>
);

/** Long texts, such as images in base64, would be pages of noise. */
const MAX_TEXT_CHARS = 2_000;
const shortened = (inputs: object): unknown =>
  Object.fromEntries(
    Object.entries(inputs).map(([name, value]) =>
      typeof value === "string" && value.length > MAX_TEXT_CHARS
        ? [name, `${value.slice(0, 200)}… (${value.length} characters)`]
        : [name, value],
    ),
  );

const Timeline = ({ steps }: { steps: readonly Step[] }) => (
  <ol class="timeline">
    {steps.map(({ name, at, note, state }, index) => (
      <li key={name} class={[state, index === steps.length - 1 && "last"].filter(Boolean).join(" ")}>
        <span class="strong">{name}</span>
        {at && <Time of={at} />}
        {note && <p class="muted small-text">{note}</p>}
      </li>
    ))}
  </ol>
);

function Progress({ run }: { run: Run }) {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 500);
    return () => clearInterval(timer);
  }, []);
  const since = Date.parse(run.started_at ?? run.created_at);
  const elapsed = Math.max(0, now - since);
  const share = Math.min(1, elapsed / (run.timebox_sec * 1_000));
  return (
    <Panel title={run.status === "QUEUED" ? "Waiting for a worker" : "At work"}>
      <div
        class="bar"
        role="progressbar"
        aria-label="Time used"
        aria-valuenow={Math.round(share * 100)}
        aria-valuemin={0}
        aria-valuemax={100}
      >
        {run.status === "PROCESSING" && <span style={{ width: percent(share, 1) }} />}
      </div>
      <p class="muted small-text">
        {run.status === "QUEUED"
          ? `Accepted ${duration(elapsed)} ago. Waiting costs nothing.`
          : `${duration(elapsed)} of at most ${run.timebox_sec} s`}
      </p>
    </Panel>
  );
}

function CostPanel({ run: { cost, status } }: { run: Run }) {
  const cap = microsOf(cost.max_usd) ?? 0n;
  const share = (amount: string) => (cap === 0n ? 0 : Number(((microsOf(amount) ?? 0n) * 10_000n) / cap) / 10_000);
  return (
    <Panel title="Cost">
      <div class="between">
        <span class="big">{cost.actual_usd === null ? usd(cost.reserved_usd) : usd(cost.actual_usd)}</span>
        <span class="muted">{cost.actual_usd === null ? "held while it is open" : `of ${usd(cost.max_usd)} cap`}</span>
      </div>
      {cost.actual_usd !== null && (
        <div
          class="bar"
          role="img"
          aria-label={`${percent(share(cost.actual_usd), 1)} of the cap; the minimum fee is at ${percent(share(cost.minimum_fee_usd), 1)}`}
        >
          <span style={{ width: percent(share(cost.actual_usd), 2) }} />
          <i style={{ left: percent(share(cost.minimum_fee_usd), 2) }} />
        </div>
      )}
      <p class="muted small-text">
        Minimum fee {usd(cost.minimum_fee_usd)},{" "}
        {status === "COMPLETED" ? "if it had failed" : "if it fails after work began"}.
      </p>
    </Panel>
  );
}

/** The bytes are downloaded, and their hash is compared, before anything of them is shown. */
function ResultOf({ run }: { run: Run }) {
  const query = useQuery<{ output: Output; text: string }>(`output ${run.run_id}`, async (dpp, signal) => {
    const text = new TextDecoder().decode(await dpp.runs.download(run, { signal }));
    return { output: JSON.parse(text) as Output, text };
  });
  if (query.data === undefined)
    return (
      <Panel title="Result">
        {query.error === undefined ? <Loading rows={5} /> : <Trouble error={query.error} onRetry={query.reload} />}
      </Panel>
    );
  const { output, text } = query.data;
  return (
    <>
      <Result output={output} run={run} />
      <p class="between result-foot">
        <span class="muted small-text">
          {bytes(run.result?.size_bytes ?? 0)} · reliability {run.result?.reliability} · kept until{" "}
          <Time of={run.result_expires_at} />
        </span>
        <button type="button" class="small" onClick={() => download(`${run.run_id}.json`, "application/json", text)}>
          Download result
        </button>
      </p>
    </>
  );
}

function Receipt({ run }: { run: Run }) {
  const query = useQuery<{ receipt: string; claims: ReceiptClaims; bytesMatch: boolean | undefined }>(
    `receipt ${run.run_id}`,
    async (dpp, signal) => {
      const verified = await dpp.runs.receipt(run, { signal });
      // Throws where the bytes have another hash than the run states, which the receipt is compared with.
      const bytesMatch = run.result === null ? undefined : (await dpp.runs.download(run, { signal })).length > 0;
      return { ...verified, bytesMatch };
    },
  );
  return (
    <Panel title="Receipt">
      <Loaded query={query} rows={3}>
        {({ receipt, claims, bytesMatch }) => (
          <div class="stack">
            <p class="muted small-text">Checked in this browser.</p>
            <ul class="checks">
              <Check held>
                Signed by <code>{claims.iss}</code>, key <code>{keyOf(receipt)}</code>
              </Check>
              <Check held={claims.charged_usd === run.cost.actual_usd}>
                Charged <Money of={claims.charged_usd} />, as this run says
              </Check>
              {bytesMatch !== undefined && (
                <Check held={bytesMatch}>
                  SHA-256 of the result's bytes <code>{claims.result_sha256}</code>
                </Check>
              )}
            </ul>
            <button
              type="button"
              class="small"
              onClick={() =>
                download(`receipt-${run.run_id}.json`, "application/json", `${JSON.stringify({ receipt })}\n`)
              }
            >
              Download receipt
            </button>
          </div>
        )}
      </Loaded>
    </Panel>
  );
}

const Check = ({ held, children }: { held: boolean; children: preact.ComponentChildren }) => (
  <li class={held ? undefined : "bad"}>
    <svg viewBox="0 0 16 16" width="16" height="16" role="img" aria-label={held ? "Valid" : "Not valid"}>
      <path
        d={held ? "M3 8.5l3.2 3L13 4.5" : "M4 4l8 8M12 4l-8 8"}
        fill="none"
        stroke="currentColor"
        stroke-width="2"
        stroke-linecap="round"
      />
    </svg>
    <span>{children}</span>
  </li>
);

/** The id of the key in the receipt's header, which the signature was checked with. */
function keyOf(receipt: string): string {
  const header = receipt.split(".")[0] ?? "";
  const { kid } = JSON.parse(atob(header.replaceAll("-", "+").replaceAll("_", "/"))) as { kid?: string };
  return kid ?? "";
}
