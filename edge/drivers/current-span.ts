// oxlint-disable-next-line no-restricted-imports -- the Workers runtime has this module by the flag nodejs_als
import { AsyncLocalStorage } from "node:async_hooks";
import type { CurrentSpan } from "#core/ports/tracer.ts";

/** The current span of each asynchronous context. */
export const createCurrentSpan = (): CurrentSpan => new AsyncLocalStorage();
