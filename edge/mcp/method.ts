import type { McpContext } from "./context.ts";
import type { Negotiated } from "./era.ts";
import type { Params } from "./protocol.ts";
import type { Json } from "./tool.ts";

/** Makes the result of a request. Throws the errors of the protocol, and problems that concern no tool. */
export type Method = (ctx: McpContext, params: Params, spoken: Negotiated) => Promise<Json>;
