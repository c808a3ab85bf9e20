import type { components, operations } from "./schema.ts";

type Schemas = components["schemas"];

/** The packs. */
export type PackType = Schemas["CreateRun"]["pack_type"];

/** The body of a submit. */
export type RunRequest<P extends PackType = PackType> = Extract<Schemas["CreateRun"], { pack_type: P }>;

/** The inputs of a pack. */
export type Inputs<P extends PackType = PackType> = RunRequest<P>["inputs"];

/** The body of a submit, but for the pack. */
export type Order<P extends PackType = PackType> = P extends PackType ? Omit<RunRequest<P>, "pack_type"> : never;

/** The body of a submit; the pack is inferred. */
export type NewRun<P extends PackType = PackType> = Order<P> & { readonly pack_type: P };

/** The result of a run. */
export type Output<P extends PackType = PackType> = Extract<Schemas["Output"], { pack_type: P }>;

/** A run; its `inputs` and `output` are there only where they were asked for. */
export type Run<P extends PackType = PackType> = Omit<Schemas["Run"], "pack_type" | "inputs" | "output"> & {
  pack_type: P;
  inputs?: Inputs<P> | null;
  output?: Output<P> | null;
};

/** A run, or its id. */
export type RunOrId<P extends PackType = PackType> = Run<P> | string;

/** An RFC 9457 problem document; some kinds have members of their own. */
export interface Problem extends Pick<
  Schemas["Problem"],
  "type" | "title" | "status" | "detail" | "instance" | "trace_id" | "errors"
> {
  code: ProblemCode | "unknown";
  [member: string]: unknown;
}
export type ProblemCode = Schemas["Problem"]["code"];
export type Estimate = Schemas["Estimate"];
export type Pack = Schemas["Pack"];
export type Budget = Schemas["Budget"];
export type Usage = Schemas["Usage"];
export type Transfer = Schemas["LedgerPage"]["transfers"][number];
export type LedgerPage = Schemas["LedgerPage"];
export type RunPage = Omit<Schemas["RunList"], "runs"> & { runs: Run[] };
export type ApiKey = Schemas["Key"];
export type ApiKeyPage = Schemas["KeyList"];
export type NewKey = Schemas["NewKey"];
export type RotatedKey = Schemas["RotatedKey"];
export type Webhook = Schemas["Webhook"];
export type WebhookCreated = Schemas["WebhookCreated"];
export type WebhookSecret = Schemas["WebhookSecret"];
export type Delivery = Schemas["WebhookDelivery"];
export type DeliveryPage = Schemas["WebhookDeliveryPage"];
export type WebhookEvent = Schemas["RunEvent"] | Schemas["BudgetEvent"] | Schemas["KeyEvent"] | Schemas["TestEvent"];
/** The public keys that verify receipts. */
export type KeySet = Schemas["KeySet"];

export type CreateKey = Schemas["CreateKey"];
export type RotateKey = Schemas["RotateKey"];
export type UpdateKey = Schemas["UpdateKey"];
export type CreateWebhook = Schemas["CreateWebhook"];

type QueryOf<Name extends keyof operations> = NonNullable<operations[Name]["parameters"]["query"]>;
export type RunQuery = QueryOf<"listRuns">;
export type LedgerQuery = Omit<QueryOf<"listTransfers">, "format">;
export type UsageQuery = QueryOf<"getUsage">;
export type ApiKeyQuery = QueryOf<"listKeys">;
export type DeliveryQuery = QueryOf<"listWebhookDeliveries">;

/** What a receipt states. */
export interface ReceiptClaims {
  /** Who signed. */
  iss: string;
  /** When the run ended, in Unix seconds. */
  iat: number;
  /** The run's id. */
  sub: string;
  tenant_id: string;
  pack_type: string;
  pack_version: string;
  status: "COMPLETED" | "FAILED" | "CANCELED";
  payload_sha256: string;
  result_sha256: string | null;
  result_bytes: number | null;
  reserved_usd: string;
  charged_usd: string;
  minimum_fee_usd: string;
  created_at: string;
  started_at: string | null;
  finished_at: string;
  reason_code: string | null;
}

/** Of any call. */
export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  /** How often a safe request is sent again. */
  readonly maxRetries?: number | undefined;
  /** Of one attempt, its body included. */
  readonly timeoutMs?: number | undefined;
}
