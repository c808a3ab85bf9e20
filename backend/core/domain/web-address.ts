import { z } from "zod";

const MAX_CHARS = 2_048;
/** How often a fetch follows a redirect. */
export const MAX_REDIRECTS = 5;
/** Of an address as it was requested: escaped, a UTF-16 unit takes up to nine characters. */
export const MAX_ADDRESS_CHARS = MAX_CHARS * 10;
const FORM = "must be an absolute http or https URL";

/** An "@" in the authority of a WHATWG URL, in which backslashes are slashes, and tabs and line feeds nothing. */
const USER_INFO = /^[^:]*:[/\\]*[^/\\?#]*@/;
const hasUserInfo = (url: string) => USER_INFO.test(url.replace(/[\t\n\r]/g, ""));

/** An http or https address that a pack fetches; the fetcher checks whether its host is allowed. */
export const webAddress = z
  .string({ error: ({ input }) => (input === undefined ? "is required" : FORM) })
  .max(MAX_CHARS, { error: `must be at most ${MAX_CHARS} characters long`, abort: true })
  .check(z.url({ protocol: /^https?$/, error: FORM }))
  .refine((url) => !hasUserInfo(url), "must not have a user name or password in it");
