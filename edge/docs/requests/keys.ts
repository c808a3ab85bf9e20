import type { z } from "zod";
import type { keyRequest } from "#core/domain/key-request.ts";

/** A body of `POST /v1/keys`. */
export const exampleKey: z.input<typeof keyRequest> = {
  name: "ci",
  scopes: ["submit", "read"],
  submit_per_minute: 60,
  spending_cap_usd: "25.0000",
};
