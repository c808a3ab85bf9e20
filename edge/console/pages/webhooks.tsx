import { useEffect, useState } from "preact/hooks";
import type { Decisionproof, Delivery, DeliveryPage, Webhook } from "../../client/client.ts";
import { fieldErrorsOf, FormDialog } from "../form-dialog.tsx";
import { isFailing } from "../attention.ts";
import { errorAt } from "../form-fields.ts";
import { label } from "../formats.ts";
import { Empty, Facts, Field, Loaded, PageHead, Panel, Status, TableRegion, Time, Trouble } from "../parts.tsx";
import { isUnknown } from "../polling.ts";
import { type ShownOnce, useAction, useQuery, useSession } from "../query.ts";
import { go, hrefOf, Link } from "../router.tsx";
import { Head, right, unseen } from "../table-head.tsx";

const EVENTS = ["run.completed", "run.failed", "run.canceled", "budget.threshold", "key.revoked"] as const;
type EventName = (typeof EVENTS)[number];
const LIVE_MS = 5_000;
/** How soon a test event is looked for again. */
const TEST_MS = 1_000;
const PAGE = 50;

export function Webhooks() {
  const query = useQuery("webhooks", (dpp, signal) => dpp.webhooks.list({ signal }));
  const { showOnce } = useSession();
  const [creates, setCreates] = useState(false);
  return (
    <>
      <PageHead
        title="Webhooks"
        about="Where your servers are notified when runs end, money runs low or keys are revoked."
      >
        <button type="button" class="primary" onClick={() => setCreates(true)}>
          Create webhook
        </button>
      </PageHead>
      <Loaded query={query}>
        {(webhooks) =>
          webhooks.length === 0 ? (
            <Empty title="No webhooks yet">
              <p class="muted">
                Runs' own addresses work without one:{" "}
                <Link href={hrefOf(["webhooks", "default"])}>see what was sent to them</Link>.
              </p>
            </Empty>
          ) : (
            <>
              <WebhookTable webhooks={webhooks} />
              <p class="small-text">
                <Link href={hrefOf(["webhooks", "default"])}>What was sent to runs' own addresses</Link>
              </p>
            </>
          )
        }
      </Loaded>
      {creates && (
        <CreateWebhook
          onClose={() => setCreates(false)}
          onLost={() => {
            setCreates(false);
            query.reload();
          }}
          onMade={(secret) => {
            setCreates(false);
            showOnce({ ...signingSecret(secret), onClose: query.reload });
          }}
        />
      )}
    </>
  );
}

const eventsOf = ({ events }: Webhook): string => (events.length === 0 ? "All events" : events.join(", "));

const WebhookTable = ({ webhooks }: { webhooks: readonly Webhook[] }) => (
  <TableRegion label="Webhooks">
    <table class="rows">
      <Head of={["Address", "Status", "Events", "Created"]} />
      <tbody>
        {webhooks.map((webhook) => (
          <tr key={webhook.endpoint_id}>
            <th scope="row">
              <Link class="strong" href={hrefOf(["webhooks", webhook.endpoint_id])}>
                {webhook.description ?? webhook.url}
              </Link>
              {webhook.description && <div class="muted small-text">{webhook.url}</div>}
            </th>
            <td>
              <Status of={webhook.status} />
            </td>
            <td class="muted clip">{eventsOf(webhook)}</td>
            <td>
              <Time of={webhook.created_at} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  </TableRegion>
);

interface CreateWebhookProps {
  readonly onClose: () => void;
  /** Its answer is lost: the list says whether it was made. */
  readonly onLost: () => void;
  readonly onMade: (secret: string) => void;
}

function CreateWebhook({ onClose, onLost, onMade }: CreateWebhookProps) {
  const [form, setForm] = useState({ url: "", description: "", include_output: false, events: [] as EventName[] });
  const action = useAction();
  const errors = fieldErrorsOf(action.error);
  const send = async (dpp: Decisionproof) => {
    const { description, ...others } = form;
    const made = await dpp.webhooks.create({
      ...others,
      ...(description.trim() && { description: description.trim() }),
    });
    onMade(made.secret);
  };
  const toggle = (name: EventName) =>
    setForm({
      ...form,
      events: form.events.includes(name) ? form.events.filter((each) => each !== name) : [...form.events, name],
    });
  return (
    <FormDialog
      title="Create a webhook"
      action={action}
      send={send}
      doing="Create webhook"
      hasFieldErrors={errors.length > 0}
      unanswered="The webhook may have been created. Look for it in the list before you create another: if it is there, rotate its secret to see one."
      onClose={onClose}
      onLost={onLost}
    >
      <Field label="Address" help="A public https address." error={errorAt(errors, "/url")}>
        {(attributes) => (
          <input
            {...attributes}
            inputMode="url"
            value={form.url}
            placeholder="https://hooks.example.com/decisionproof"
            onInput={(event) => setForm({ ...form, url: event.currentTarget.value })}
          />
        )}
      </Field>
      <Field label="What it is for" optional error={errorAt(errors, "/description")}>
        {(attributes) => (
          <input
            {...attributes}
            value={form.description}
            onInput={(event) => setForm({ ...form, description: event.currentTarget.value })}
          />
        )}
      </Field>
      <fieldset>
        <legend>Events</legend>
        {EVENTS.map((name) => (
          <label key={name} class="check">
            <input type="checkbox" checked={form.events.includes(name)} onChange={() => toggle(name)} />
            <span>{name}</span>
          </label>
        ))}
        <p class="help">All of them if none is chosen.</p>
        {errorAt(errors, "/events") && <p class="error">{errorAt(errors, "/events")}</p>}
      </fieldset>
      <label class="check">
        <input
          type="checkbox"
          checked={form.include_output}
          onChange={() => setForm({ ...form, include_output: !form.include_output })}
        />
        <span>Send the result with run.completed, where it is small enough</span>
      </label>
    </FormDialog>
  );
}

const signingSecret = (secret: string, until?: string | null): ShownOnce => ({
  title: "The signing secret",
  about:
    "Your server verifies events with it, by any library of Standard Webhooks. It is shown this once: keep it as you keep a password.",
  secret,
  notes: [
    until ? (
      <>
        The secret before it signs too, until <Time of={until} />.
      </>
    ) : undefined,
  ],
});

export function WebhookPage({ id }: { id: string }) {
  const isDefault = id === "default";
  const query = useQuery<Webhook | undefined>(`webhook ${id}`, async (dpp, signal) =>
    isDefault ? undefined : dpp.webhooks.get(id, { signal }),
  );
  const title = isDefault ? "Runs' own addresses" : (query.data?.description ?? "Webhook");
  return (
    <>
      <p class="small-text">
        <Link href={hrefOf(["webhooks"])}>Webhooks</Link>
      </p>
      <PageHead
        title={title}
        about={isDefault ? "Events sent to the address that a run was submitted with." : query.data?.url}
      >
        <WebhookActions id={id} webhook={query.data} onChange={query.reload} />
      </PageHead>
      {query.data?.status === "active" && <TestEvent id={id} onEnd={query.reload} />}
      {!isDefault && (
        <Loaded query={query} rows={3}>
          {(webhook) =>
            webhook && (
              <Panel title="Details" actions={<Status of={webhook.status} />}>
                <Facts
                  of={[
                    ["Events", eventsOf(webhook)],
                    [
                      "Result",
                      webhook.include_output ? "Sent with run.completed, where it is small enough" : "Not sent",
                    ],
                    webhook.disabled_reason !== null && [
                      "Disabled",
                      webhook.disabled_reason === "gone" ? "Its receiver answered 410 Gone." : webhook.disabled_reason,
                    ],
                    ["Created", <Time of={webhook.created_at} />],
                  ]}
                />
              </Panel>
            )
          }
        </Loaded>
      )}
      <Deliveries id={id} />
    </>
  );
}

function WebhookActions({ id, webhook, onChange }: { id: string; webhook: Webhook | undefined; onChange: () => void }) {
  const { showOnce } = useSession();
  const [asks, setAsks] = useState<"rotate" | "delete">();
  const { busy, error, run } = useAction();
  const close = () => setAsks(undefined);
  return (
    <>
      {id === "default" && (
        <button
          type="button"
          class="small"
          disabled={busy}
          onClick={() =>
            run(async (dpp) => {
              const made = await dpp.webhooks.defaultSecret();
              showOnce(signingSecret(made.secret, made.previous_secret_valid_until));
            })
          }
        >
          Show the signing secret
        </button>
      )}
      {webhook?.status === "disabled" && (
        <button
          type="button"
          class="small"
          disabled={busy}
          onClick={() =>
            run(async (dpp) => {
              await dpp.webhooks.enable(id);
              onChange();
            })
          }
        >
          Enable
        </button>
      )}
      {webhook && (
        <>
          <button type="button" class="small" onClick={() => setAsks("rotate")}>
            Rotate secret
          </button>
          <button type="button" class="small danger" onClick={() => setAsks("delete")}>
            Delete
          </button>
        </>
      )}
      {error !== undefined && <Trouble error={error} />}
      {asks === "rotate" && webhook && <RotateSecret id={id} onClose={close} />}
      {asks === "delete" && webhook && <DeleteWebhook webhook={webhook} onClose={close} />}
    </>
  );
}

/** Sends one event on demand, and follows it until it was tried. */
function TestEvent({ id, onEnd }: { id: string; onEnd: () => void }) {
  const [sent, setSent] = useState<Delivery>();
  const { busy, error, run } = useAction();
  const send = () =>
    run(async (dpp) => {
      setSent(undefined);
      setSent(await dpp.webhooks.test(id));
    });
  return (
    <Panel
      title="Try it"
      actions={
        <button type="button" class="small" disabled={busy} onClick={send}>
          Send test event
        </button>
      }
    >
      <p class="muted">
        Sends this webhook an event of the type <code>webhook.test</code>, signed as every other. It costs nothing.
      </p>
      {isUnknown(error) ? (
        <p role="alert">The API did not answer. The event may have been sent: look for it in the deliveries below.</p>
      ) : (
        error !== undefined && <Trouble error={error} />
      )}
      <div aria-live="polite">{sent && <Tried id={id} sent={sent} onEnd={onEnd} key={sent.delivery_id} />}</div>
    </Panel>
  );
}

function Tried({ id, sent, onEnd }: { id: string; sent: Delivery; onEnd: () => void }) {
  const query = useQuery<Delivery>(
    `test ${sent.delivery_id}`,
    async (dpp, signal) => {
      const deliveries = await dpp.webhooks.deliveries(id, { limit: PAGE }, { signal }).toArray(PAGE);
      return deliveries.find(({ delivery_id }) => delivery_id === sent.delivery_id) ?? sent;
    },
    { every: (delivery) => (isTried(delivery) ? undefined : TEST_MS) },
  );
  const delivery = query.data ?? sent;
  const isOver = isTried(delivery);
  useEffect(() => {
    // A receiver that answered 410 has disabled the webhook.
    if (isOver) onEnd();
  }, [isOver]);
  if (query.error !== undefined) return <Trouble error={query.error} onRetry={query.reload} />;
  if (!isOver) return <p>Sending…</p>;
  return (
    <p class="test-outcome">
      <Status of={isFailing(delivery) ? "failing" : delivery.status} /> {answerOf(delivery)}
      {delivery.next_attempt_at !== null && (
        <span class="muted">
          {" "}
          It is tried again at <Time of={delivery.next_attempt_at} />.
        </span>
      )}
    </p>
  );
}

const isTried = ({ attempts, status, last_status, last_error }: Delivery): boolean =>
  status !== "pending" || (attempts > 0 && (last_status !== null || last_error !== null));

function RotateSecret({ id, onClose }: { id: string; onClose: () => void }) {
  const { showOnce } = useSession();
  const action = useAction();
  return (
    <FormDialog
      title="Rotate the signing secret?"
      action={action}
      send={async (dpp) => {
        const made = await dpp.webhooks.rotate(id);
        onClose();
        showOnce(signingSecret(made.secret, made.previous_secret_valid_until));
      }}
      doing="Rotate secret"
      unanswered="The secret may have been rotated; the old one signs for 24 hours more. Rotate it again in that time, and give your server the secret that is shown then."
      onClose={onClose}
    >
      <p>A new secret signs from now on. The old one signs beside it for 24 hours.</p>
    </FormDialog>
  );
}

function DeleteWebhook({ webhook, onClose }: { webhook: Webhook; onClose: () => void }) {
  const action = useAction();
  return (
    <FormDialog
      title="Delete this webhook?"
      action={action}
      send={async (dpp, isShown) => {
        await dpp.webhooks.delete(webhook.endpoint_id);
        if (isShown()) go(hrefOf(["webhooks"]));
      }}
      doing="Delete webhook"
      danger
      onClose={onClose}
    >
      <p>Nothing more is sent to {webhook.url}. What is pending is canceled.</p>
    </FormDialog>
  );
}

const STATUSES = ["pending", "delivered", "failed", "canceled", "skipped"] as const;

function Deliveries({ id }: { id: string }) {
  const [status, setStatus] = useState<(typeof STATUSES)[number]>();
  const query = useQuery<DeliveryPage>(
    `deliveries ${id} ${status ?? ""}`,
    async (dpp, signal) =>
      (
        await dpp.webhooks
          .deliveries(id, { limit: PAGE, ...(status && { status }) }, { signal })
          .pages()
          .next()
      ).value as DeliveryPage,
    { every: () => LIVE_MS },
  );
  return (
    <>
      <div class="between list-head">
        <h2>Deliveries</h2>
        <div class="segments" role="group" aria-label="Status">
          {[undefined, ...STATUSES].map((each) => (
            <button key={each ?? "all"} type="button" aria-pressed={status === each} onClick={() => setStatus(each)}>
              {label(each ?? "all")}
            </button>
          ))}
        </div>
      </div>
      <Loaded query={query} rows={5}>
        {({ deliveries, next_cursor }) =>
          deliveries.length === 0 ? (
            <Empty title={status === undefined ? "Nothing was sent yet" : "No such deliveries"} />
          ) : (
            <>
              <DeliveryTable id={id} deliveries={deliveries} onChange={query.reload} />
              {next_cursor !== null && (
                <p class="muted small-text">
                  The latest {PAGE}. The API has the others: GET /v1/webhooks/{id}/deliveries
                </p>
              )}
            </>
          )
        }
      </Loaded>
    </>
  );
}

function DeliveryTable({
  id,
  deliveries,
  onChange,
}: {
  id: string;
  deliveries: readonly Delivery[];
  onChange: () => void;
}) {
  const { busy, error, run } = useAction();
  return (
    <>
      {error !== undefined && <Trouble error={error} />}
      <TableRegion label="Deliveries">
        <table class="rows">
          <Head
            of={["Event", "Status", "Last answer", right("Attempts"), "Created", "Next attempt", unseen("Actions")]}
          />
          <tbody>
            {deliveries.map((delivery) => (
              <tr key={delivery.delivery_id}>
                <th scope="row">
                  {delivery.type}
                  {delivery.run_id && (
                    <div class="small-text">
                      <Link href={hrefOf(["runs", delivery.run_id])}>
                        <code>{delivery.run_id.slice(-12)}</code>
                      </Link>
                    </div>
                  )}
                </th>
                <td>
                  <Status of={isFailing(delivery) ? "failing" : delivery.status} />
                </td>
                <td>{answerOf(delivery)}</td>
                <td class="right num">{delivery.attempts}</td>
                <td>
                  <Time of={delivery.created_at} />
                </td>
                <td>
                  <Time of={delivery.next_attempt_at} />
                </td>
                <td class="right">
                  {(delivery.status !== "pending" || isFailing(delivery)) && (
                    <button
                      type="button"
                      class="small"
                      aria-label={`Send again: ${delivery.type}`}
                      disabled={busy}
                      onClick={() =>
                        run(async (dpp) => {
                          await dpp.webhooks.redeliver(id, delivery.delivery_id);
                          onChange();
                        })
                      }
                    >
                      Send again
                    </button>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </TableRegion>
    </>
  );
}

const FAULTS: Readonly<Record<string, string>> = {
  "address-not-allowed": "Its address is not public",
  dns: "Its name was not found",
  connection: "Could not connect",
  timeout: "No answer in time",
  "unpaid-limit": "Too many events that cost nothing in this hour",
};

/** What the receiver answered, or why there was no answer. */
function answerOf({ last_status, last_error }: Delivery): string {
  if (last_status !== null) return `HTTP ${last_status}`;
  return last_error === null ? "–" : (FAULTS[last_error] ?? label(last_error));
}
