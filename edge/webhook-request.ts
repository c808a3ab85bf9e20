import { z } from "zod";
import { uuid } from "#core/domain/ids.ts";
import { type Fault, Problem } from "#core/domain/problem.ts";
import { newWebhookSecret, WEBHOOK_SECRET_BYTES } from "#core/domain/webhook.ts";
import type { WebhookPolicy } from "#core/domain/webhook-url.ts";
import type { Random } from "#core/ports/random.ts";
import type { EdgeRequest } from "./context.ts";
import type { FitDeps } from "./fit.ts";
import type { ShieldDeps } from "./shield.ts";
import type { Outcome } from "./submit.ts";

/** What the routes of webhooks use. */
export type WebhookDeps = ShieldDeps & FitDeps & { readonly random: Random; readonly webhook_policy: WebhookPolicy };

/** In a path: the endpoint of what goes to runs' own addresses. */
const DEFAULT = "default";

export const secretFrom = ({ random }: Pick<WebhookDeps, "random">): string =>
  newWebhookSecret(random.bytes(WEBHOOK_SECRET_BYTES));

/** An id in the path. Throws the 400 problem for what is none. */
export function idOf(c: EdgeRequest, name: "id" | "delivery_id"): string {
  const id = uuid.safeParse(c.req.param(name));
  if (id.success) return id.data;
  throw unfit([{ parameter: name, detail: "is not a UUID" }]);
}

/** The endpoint that the path names; undefined for the default one. */
export const endpointOf = (c: EdgeRequest): string | undefined =>
  c.req.param("id") === DEFAULT ? undefined : idOf(c, "id");

/** The query parameters, each given once. Throws the 400 problem that names what does not fit or is not known. */
export function queryOf<T>(c: EdgeRequest, schema: z.ZodType<T>): T {
  const given = Object.entries(c.req.queries());
  const repeated = given.filter(([, values]) => values.length > 1);
  if (repeated.length > 0)
    throw unfit(repeated.map(([parameter]) => ({ parameter, detail: "is given more than once" })));
  const parsed = schema.safeParse(Object.fromEntries(given.map(([name, [value]]) => [name, value])));
  if (parsed.success) return parsed.data;
  throw unfit(
    parsed.error.issues.flatMap((issue): readonly Fault[] =>
      issue.code === "unrecognized_keys"
        ? issue.keys.map((parameter) => ({ parameter, detail: "is not a known parameter" }))
        : [{ parameter: String(issue.path[0]), detail: issue.message.replace(/^Invalid \w+: /, "") }],
    ),
  );
}

export const noQuery = z.strictObject({});

function unfit(errors: readonly Fault[]): Problem {
  const [first] = errors;
  const name = first !== undefined && "parameter" in first ? first.parameter : "";
  return new Problem("invalid-request", `The parameter ${name.slice(0, 100)} does not fit: ${first?.detail ?? ""}.`, {
    errors: errors.slice(0, 20),
  });
}

/** What was found or done, or the problem thrown; where the caller stands goes with either. */
export function concluded<T>(c: EdgeRequest, { rate, verdict }: Outcome<T>): T {
  if (rate !== undefined) c.set("rate", { policy: "read", state: rate });
  if (verdict instanceof Problem) throw verdict;
  return verdict;
}
