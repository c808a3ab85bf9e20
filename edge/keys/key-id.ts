import { idParameter } from "../http/parameters.ts";

/** A key's id, as an example. */
export const KEY_ID = "01a1fa2e-8c10-7d41-9a53-1f2b7c9d0e64";

export const keyIdParameter = idParameter("key id", "The API key's id, which is no secret.", KEY_ID);
