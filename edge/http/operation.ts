import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { z } from "zod";
import type { Scope } from "#core/domain/plan.ts";
import type { ProblemSlug } from "#core/domain/problem.ts";
import { callerOf } from "../admission/authenticate.ts";
import type { Policy } from "../admission/denied-key-cache.ts";
import { type Gate, gateOf, unwrap } from "../admission/gate.ts";
import type { Outcome } from "../admission/outcome.ts";
import { type ReadBodyDeps, readValid } from "../admission/read-body.ts";
import type { ShieldDeps } from "../admission/shield.ts";
import type { Json } from "../openapi/json.ts";
import type { Tag } from "../openapi/tags.ts";
import { type Body, bytesOf } from "./body.ts";
import type { EdgeHandler, EdgeRequest } from "./context.ts";
import { type Defer, deferTo } from "./defer.ts";
import { type Parameters, readHeaders, readPath, type Values } from "./parameters.ts";
import { NO_QUERY, type Query } from "./query.ts";

export type Method = "GET" | "POST" | "PATCH" | "DELETE";

/** One response: JSON of this schema, and the media types in `content`. */
export interface ResponseSpec {
  readonly description: string;
  readonly schema?: z.ZodType;
  readonly content?: Json;
  readonly headers?: Json;
}
type Responses = Readonly<Record<number, ResponseSpec>>;

/** Makes the JSON of one of the operation's own responses. */
type MakeJson<R extends Responses> = <S extends JsonStatus<R>>(
  status: S,
  body: R[S] extends { readonly schema: infer Z extends z.ZodType } ? z.input<Z> : never,
  headers?: Record<string, string>,
) => Response;
type JsonStatus<R extends Responses> = {
  [S in keyof R]: R[S] extends { readonly schema: z.ZodType } ? S : never;
}[keyof R];

/** What an operation is: the routes, the 405s and the OpenAPI document derive from it. */
interface OperationSpec<R extends Responses = Responses> {
  readonly id: string;
  readonly method: Method;
  /** As in OpenAPI: `/v1/keys/{id}`. */
  readonly path: string;
  readonly tag: Tag;
  readonly summary: string;
  readonly description: string;
  readonly responses: R;
  /** The operation's own; those of every operation, and of every body, are added to the document. */
  readonly problems?: readonly ProblemSlug[];
}

export interface Operation<D = never> extends OperationSpec {
  /** Undefined: no API key is needed. */
  readonly scope: Scope | "any" | undefined;
  /** A second path at which the same is served. */
  readonly alias?: string | undefined;
  readonly params?: Parameters | undefined;
  readonly query?: Query<unknown> | undefined;
  readonly headers?: Parameters | undefined;
  readonly body?: Pick<Body<unknown>, "document" | "component"> | undefined;
  readonly handler: (deps: D) => EdgeHandler;
}

/** A valid request of an operation that needs an API key, and the gate for its caller. */
interface OperationRequest<P extends Parameters, Q, H extends Parameters, B, R extends Responses> extends Gate {
  readonly c: EdgeRequest;
  readonly params: Values<P>;
  readonly query: Q;
  readonly headers: Values<H>;
  readonly body: B;
  readonly json: MakeJson<R>;
  readonly defer: Defer;
  /** Unwraps what `submit` or `cancel` returned. */
  readonly unwrap: <T>(outcome: Outcome<T>) => T;
}

type GateDeps = ShieldDeps & ReadBodyDeps;

interface GatedSpec<
  P extends Parameters,
  Q,
  H extends Parameters,
  B,
  BD,
  R extends Responses,
  D,
> extends OperationSpec<R> {
  readonly scope: Scope;
  readonly params?: P;
  readonly query?: Query<Q>;
  readonly headers?: H;
  readonly body?: Body<B, BD>;
  /** The rate that the request counts against; reads unless it is said. */
  readonly policy?: Policy;
  /** The request header that chooses the form of the response, problems included. */
  readonly vary?: string;
  readonly handle: (request: OperationRequest<P, Q, H, B, R>, deps: D) => Promise<Response> | Response;
}

/**
 * An operation that needs an API key. S0 in order: form of the key, path, query, then header and body, which are read
 * only of callers that may still send some; see `readValid`. Handlers throw problems.
 */
export function operation<
  R extends Responses,
  P extends Parameters = Parameters,
  Q = unknown,
  H extends Parameters = Parameters,
  B = undefined,
  BD = unknown,
  D = unknown,
>(spec: GatedSpec<P, Q, H, B, BD, R, D>): Operation<D & BD & GateDeps> {
  const {
    handle,
    scope,
    policy = "read",
    vary,
    params,
    headers,
    body,
    query = NO_QUERY as Query<Q>,
    ...described
  } = spec;
  const handler =
    (deps: D & BD & GateDeps): EdgeHandler =>
    async (c) => {
      if (vary !== undefined) c.header("Vary", vary);
      const caller = callerOf(c);
      const valid = { params: readPath(c, params), query: query.read(c) };
      const sent =
        body === undefined
          ? { headers: readHeaders(c, headers), body: undefined as B }
          : await readValid(deps, caller, () => readSent(c, deps, { headers, body }), policy);
      const request = {
        ...gateOf(c, deps, caller, scope),
        ...valid,
        ...sent,
        c,
        json: jsonOf<R>(c),
        defer: deferTo(c, deps),
        unwrap: <T>(outcome: Outcome<T>) => unwrap(c, policy, outcome),
      };
      return handle(request, deps);
    };
  return { ...described, scope, params, query, headers, body, handler };
}

async function readSent<H extends Parameters, B, BD>(
  c: EdgeRequest,
  deps: BD,
  { headers, body }: { readonly headers: H | undefined; readonly body: Body<B, BD> },
): Promise<{ readonly headers: Values<H>; readonly body: B }> {
  const bytes = await bytesOf(c.req.raw, body);
  return { headers: readHeaders(c, headers), body: body.parse(bytes, deps) };
}

interface OpenSpec<P extends Parameters, R extends Responses, D> extends OperationSpec<R> {
  readonly params?: P;
  readonly alias?: string;
  readonly handle: (
    request: { readonly c: EdgeRequest; readonly params: Values<P>; readonly json: MakeJson<R> },
    deps: D,
  ) => Promise<Response> | Response;
}

/** An operation that needs no API key. Unknown query parameters are ignored. */
export function openOperation<R extends Responses, P extends Parameters = Parameters, D = unknown>(
  spec: OpenSpec<P, R, D>,
): Operation<D> {
  const { handle, ...described } = spec;
  const handler =
    (deps: D): EdgeHandler =>
    async (c) =>
      handle({ c, params: readPath(c, spec.params), json: jsonOf<R>(c) }, deps);
  return { ...described, scope: undefined, handler };
}

const jsonOf =
  <R extends Responses>(c: EdgeRequest): MakeJson<R> =>
  (status, body, headers) =>
    c.json(body as object, Number(status) as ContentfulStatusCode, headers);
