import { parseApiKey } from "#core/domain/api-key.ts";
import { isPlaceholder, PLACEHOLDER_FOUND } from "./placeholder.ts";
import { type Scan, type Severity, TOKEN_START } from "./span.ts";

/**
 * How one kind of token is written. Only the last part of a pattern is unbounded, and nothing follows it, so that a
 * token is masked whole and no text is tried over again. `value` is the length of the secret at the end of the match.
 */
interface Token {
  readonly pattern: RegExp;
  readonly severity: Severity | ((token: string) => Severity);
  readonly value?: number;
  readonly isToken?: (token: string) => boolean;
}

/** A token by its pattern after the place where tokens begin. */
const token = (pattern: string): RegExp => new RegExp(TOKEN_START + pattern, "g");

/** No prefix of a token is longer; what follows it makes one of `x` throughout a placeholder. */
const PREFIX = 4;
const PUNCTUATION_AT_END = /[.%-]{1,3}$/;

function scanTokens(tokens: readonly Token[]): Scan {
  return function* (text) {
    for (const { pattern, severity, value, isToken } of tokens) {
      for (const { 0: match, index } of text.matchAll(pattern)) {
        const written = match.replace(PUNCTUATION_AT_END, "");
        const end = index + written.length;
        const start = value === undefined ? index : end - value;
        const level = typeof severity === "string" ? severity : severity(written);
        if (isToken?.(written) === false) yield undefined;
        else if (isPlaceholder(written.slice(PREFIX))) yield { start, end, severity: "low", ...PLACEHOLDER_FOUND };
        else yield { start, end, severity: level };
      }
    }
  };
}

/** Access key ids by the four prefixes of credentials, secret access keys by their name (AWS, "IAM identifiers"). */
export const scanAwsKey = scanTokens([
  { pattern: token(String.raw`(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}(?![A-Za-z0-9])`), severity: "critical" },
  {
    pattern:
      /(?:aws[ _-]?secret(?:[ _-]?access)?[ _-]?key|secret[ _-]?access[ _-]?key)["'\]]{0,2}\s{0,4}(?::=|=>|[:=,])?\s{0,4}["']?[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])/gi,
    severity: "critical",
    value: 40,
  },
]);

/** Personal, OAuth, app and refresh tokens; an app's may hold a JWT (GitHub, "GitHub's token formats"). */
export const scanGithubToken = scanTokens([
  {
    pattern: token(
      String.raw`(?:gh[pour]_[A-Za-z0-9]{36,}|ghs_[A-Za-z0-9._-]{36,}|github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59,})`,
    ),
    severity: "critical",
  },
]);

/** Bot, user, app, refresh and session tokens, and incoming webhooks (Slack, "Token types"). */
export const scanSlackToken = scanTokens([
  {
    pattern: token(String.raw`xox[abcdeoprs](?:\.xox[bp])?-(?=[A-Za-z-]{0,8}\d)[A-Za-z0-9%-]{20,}`),
    severity: "critical",
  },
  { pattern: token(String.raw`xapp-\d-[A-Z0-9]{6,20}-\d{6,20}-[A-Za-z0-9]{16,}`), severity: "critical" },
  {
    pattern:
      /hooks\.slack\.com\/(?:services|workflows|triggers)\/[A-Z0-9]{6,20}\/[A-Za-z0-9]{6,24}\/[A-Za-z0-9/]{16,}/g,
    severity: "critical",
  },
]);

function stripeSeverity(key: string): Severity {
  if (key.startsWith("pk_")) return "low";
  return key.slice(2, 8) === "_test_" ? "medium" : "critical";
}

/** API keys and webhook secrets (Stripe, "API keys"). A publishable key is meant to be seen; a test key moves no money. */
export const scanStripeKey = scanTokens([
  { pattern: token(String.raw`[srp]k_(?:live|test)_[A-Za-z0-9]{16,}`), severity: stripeSeverity },
  { pattern: token(String.raw`whsec_[A-Za-z0-9+/]{32,}={0,2}`), severity: "critical" },
]);

/** Our own keys, recognised by their checksum in any surrounding text. */
export const scanDecisionproofKey = scanTokens([
  {
    pattern: /dpp_(?:live|test)_[0-9A-Za-z]{32}_[0-9a-f]{8}/g,
    severity: (key) => (parseApiKey(key)?.mode === "test" ? "medium" : "critical"),
    isToken: (key) => parseApiKey(key) !== undefined,
  },
]);
