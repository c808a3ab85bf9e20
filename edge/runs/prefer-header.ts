import type { Parameter } from "../http/parameters.ts";
import { preferredWait } from "../http/prefer.ts";

/** How long the response is to be held, in seconds; undefined where it is not. */
export const preferHeader: Parameter<number | undefined> = {
  parse: preferredWait,
  document: {
    description:
      "RFC 7240. `wait=N` holds the response until the run ends, for at most N whole seconds; the maximum is 30, which `wait` alone asks for. Invalid preferences are ignored, and so is a wait while too many responses are held open: the response comes at once, without Preference-Applied.",
    schema: { type: "string" },
    example: "wait=20",
  },
};
