import { uuid } from "#core/domain/ids.ts";
import { Problem } from "#core/domain/problem.ts";
import type { Json } from "../openapi/json.ts";
import type { EdgeRequest } from "./context.ts";

/** A parameter of a path or a header: how it is read, and what the document says of it. */
export interface Parameter<T = unknown> {
  /** Throws the 400 problem for an invalid value. `name` is the parameter's own. */
  readonly parse: (value: string | undefined, name: string) => T;
  readonly document: Json;
  /** The name under which the document has it among its components. */
  readonly component?: string;
}

export type Parameters = Readonly<Record<string, Parameter>>;
export type Values<P extends Parameters> = { readonly [N in keyof P]: P[N] extends Parameter<infer T> ? T : never };

export const readPath = <P extends Parameters>(c: EdgeRequest, parameters: P | undefined): Values<P> =>
  valuesOf(parameters, (name) => c.req.param(name));

export const readHeaders = <P extends Parameters>(c: EdgeRequest, parameters: P | undefined): Values<P> =>
  valuesOf(parameters, (name) => c.req.header(name));

function valuesOf<P extends Parameters>(parameters: P | undefined, get: (name: string) => string | undefined) {
  const entries = Object.entries(parameters ?? {}).map(([name, { parse }]) => [name, parse(get(name), name)]);
  return Object.fromEntries(entries) as Values<P>;
}

/** An id in the path. `what` names it in problems. */
export const idParameter = (what: string, description: string, example: string): Parameter<string> => ({
  parse: (value, name) => idOf(what, name, value),
  document: { description, schema: { type: "string", format: "uuid" }, example },
});

export function idOf(what: string, parameter: string, value: string | undefined): string {
  const id = uuid.safeParse(value);
  if (id.success) return id.data;
  throw new Problem("invalid-request", `The ${what} in the path is not a UUID.`, {
    errors: [{ parameter, detail: "must be a UUID" }],
  });
}
