// What every runtime does with the package, as it stands: no types, no test library. Prints what it has done.
import {
  ConnectionError,
  Decisionproof,
  signWebhook,
  VerificationError,
  verifyReceipt,
  verifyWebhook,
} from "@decisionproof/client";

const expect = (held, what) => {
  if (!held) throw new Error(`expected ${what}`);
};
const failure = async (promise) =>
  promise.then(
    () => undefined,
    (error) => error,
  );

/** Buys, follows, verifies, and meets two outages, with a client at this edge. */
export async function tryClient({ edgeUrl, apiKey }) {
  let outages = 2;
  const unsteady = async (url, init) => {
    if (init.method === "POST" && outages-- > 0)
      return new Response("{}", { status: 503, headers: { "retry-after": "0" } });
    return fetch(url, init);
  };
  const dpp = new Decisionproof({ apiKey, baseUrl: edgeUrl, fetch: unsteady });
  const order = { inputs: { text: "Write to ada@example.com." }, max_cost_usd: "0.0500" };

  const output = await dpp.run("compliance", order);
  expect(output.cost.actual_usd === "0.0020" && outages < 0, "a result, after two outages");

  const seen = [];
  const bought = await dpp.run("compliance", order, {
    onProgress: (run) => seen.push(run.status),
    signal: new AbortController().signal,
  });
  expect(seen.at(-1) === "COMPLETED" && bought.run_id !== output.run_id, "events up to the end");

  const { receipt, claims } = await dpp.runs.receipt(output.run_id);
  expect(claims.charged_usd === "0.0020", "a receipt of what was charged");
  const keys = await dpp.receiptKeys();
  const [head, , signature] = receipt.split(".");
  const forged = btoa(JSON.stringify({ ...claims, charged_usd: "0.0001" }))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
  expect((await verifyReceipt(receipt, keys)).sub === output.run_id, "a receipt that verifies offline");
  expect(
    (await failure(verifyReceipt([head, forged, signature].join("."), keys))) instanceof VerificationError,
    "a forged receipt to be refused",
  );

  expect((await dpp.runs.list({ limit: 1 }).toArray(2)).length === 2, "two runs from two pages");
  expect((await failure(dpp.runs.get("01a1fa37-24d5-77a5-b92c-ccf601371541"))).code === "not-found", "a typed problem");
  const nobody = new Decisionproof({ apiKey, baseUrl: "http://127.0.0.1:9", maxRetries: 0 });
  expect((await failure(nobody.budget())) instanceof ConnectionError, "a lost connection to be a ConnectionError");
  const reason = new Error("enough");
  expect((await failure(dpp.budget({ signal: AbortSignal.abort(reason) }))) === reason, "the reason of an abort");

  const secret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
  const body = JSON.stringify({ type: "key.revoked" });
  const headers = await signWebhook({ id: "evt_1", body }, secret);
  const received = (text) => new Request("https://hooks.example/", { method: "POST", body: text, headers });
  expect((await verifyWebhook(received(body), secret)).id === "evt_1", "a webhook that verifies");
  expect(
    (await failure(verifyWebhook(received(`${body} `), secret))) instanceof VerificationError,
    "a forged webhook to be refused",
  );
  return "the client works";
}
