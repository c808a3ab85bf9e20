import { z } from "zod";
import { listUpTo, textUpTo } from "../bounded.ts";
import { micros } from "../money.ts";
import type { PackOffer } from "../pack.ts";
import { patternSize } from "./eval-measure.ts";

/** Ceilings of the `compliance` pack. */
export const COMPLIANCE_LIMITS = {
  /** UTF-16 code units, as lengths are counted everywhere here. */
  max_text_chars: 200_000,
  /** How many findings are listed; all are masked and counted. */
  max_findings: 10_000,
  max_patterns: 20,
  max_pattern_chars: 500,
  /** Instructions of all patterns x characters of the text; and as many to begin in each line and read again after a match. */
  max_pattern_steps: 20_000_000,
  /** How much of a longer line a pattern sees at once, and how much of that it sees again with what follows. */
  pattern_window_chars: 1_000,
  pattern_overlap_chars: 200,
  max_allowed: 200,
  max_allowed_chars: 200,
  max_regions: 20,
} as const;

/** How many bytes of the text's UTF-8 one `ten_kb` covers, once started. */
const BYTES_PER_UNIT = 10_000;

/**
 * Every rule with its category, by precedence: findings that overlap become one, under the first of their rules here.
 * What carries proof of itself (a frame, a prefix, a checksum) comes before what is only shaped alike.
 */
export const COMPLIANCE_RULES = {
  private_key: "credential",
  url_credentials: "credential",
  decisionproof_key: "credential",
  github_token: "credential",
  slack_token: "credential",
  stripe_key: "credential",
  aws_key: "credential",
  service_token: "credential",
  jwt: "credential",
  password: "credential",
  secret: "credential",
  iban: "financial",
  payment_card: "financial",
  us_ssn: "government_id",
  national_id: "government_id",
  passport: "government_id",
  date_of_birth: "personal",
  email: "contact",
  phone: "contact",
  ip_address: "network",
} as const;

export type ComplianceRule = keyof typeof COMPLIANCE_RULES;

/** All rules, by precedence. */
export const complianceRules = Object.keys(COMPLIANCE_RULES) as [ComplianceRule, ...ComplianceRule[]];

/** The rule of what the caller's own patterns found; every other one takes precedence. */
export const CUSTOM_RULE = "custom";
/** What a finding may be of. */
export type FindingRule = ComplianceRule | typeof CUSTOM_RULE;
export type ComplianceCategory = (typeof COMPLIANCE_RULES)[ComplianceRule] | typeof CUSTOM_RULE;

const rules = z
  .array(z.enum(complianceRules))
  .min(1, "must name at least one rule; leave it out for all")
  .max(complianceRules.length)
  .superRefine((names, context) => {
    for (const [index, name] of names.entries()) {
      if (names.indexOf(name) === index) continue;
      context.addIssue({ code: "custom", path: [index], message: "is listed twice", input: name });
    }
  });

const SEVERITIES = ["critical", "high", "medium", "low"] as const;

const pattern = z.strictObject({
  name: textUpTo(40)
    .regex(/^[a-z][a-z0-9_]{0,39}$/, "must be a name of up to 40 small letters, digits and underscores")
    .describe("What its findings have as their `kind`."),
  pattern: textUpTo(COMPLIANCE_LIMITS.max_pattern_chars)
    .min(1)
    .describe(
      "An expression of RE2, which has no lookaround and no references back. A match lies within one line; in a line of more " +
        `than ${COMPLIANCE_LIMITS.pattern_window_chars} characters, one that is longer than ` +
        `${COMPLIANCE_LIMITS.pattern_overlap_chars} may be missed.`,
    ),
  ignore_case: z.boolean().optional().describe("Whether capitals and small letters are the same; false if left out."),
  severity: z.enum(SEVERITIES).optional().describe("Of its findings; medium if left out."),
});

const { max_patterns, max_allowed, max_regions } = COMPLIANCE_LIMITS;
const patterns = listUpTo(max_patterns, pattern, `must be at most ${max_patterns} patterns`);
const allowed = listUpTo(
  max_allowed,
  textUpTo(COMPLIANCE_LIMITS.max_allowed_chars).min(1),
  `must be at most ${max_allowed} texts`,
);
const regions = listUpTo(
  max_regions,
  textUpTo(2).regex(/^[A-Z]{2}$/, "must be a country's code of two capitals, as in ISO 3166"),
  `must be at most ${max_regions} countries`,
).min(1, "must name at least one country; leave it out for the usual ones");

const inputs = z
  .strictObject({
    text: textUpTo(COMPLIANCE_LIMITS.max_text_chars)
      .min(1)
      .describe("What is to be searched. Offsets of findings count its UTF-16 code units, from 0."),
    rules: rules
      .optional()
      .meta({ description: "The rules to apply, in any order; all of them if left out.", uniqueItems: true }),
    regions: regions
      .optional()
      .describe(
        "Countries whose phone numbers are found in national form wherever they stand in groups. If left out, such numbers " +
          "are found behind a name such as `phone`, and where they are written as their country prints them. International " +
          "numbers, with `+` or `00`, are found either way.",
      ),
    patterns: patterns.optional().describe("Your own kinds of finding, under the rule `custom`."),
    allow: allowed
      .optional()
      .describe(
        "Texts that are no finding, whichever rule finds them, in capitals or small letters; `*` stands for any characters, " +
          "as in `*@example.com`.",
      ),
    min_confidence: z
      .number()
      .min(0)
      .max(1)
      .optional()
      .describe("Findings that are less sure are left out, of the masked text too; 0 if left out."),
    mask: z
      .enum(["rule", "kind", "pseudonym"])
      .optional()
      .describe(
        "What stands for a finding in the masked text: its rule `[EMAIL]` (if left out), its kind where it has one " +
          "`[OPENAI]`, or its rule and a mark that is the same wherever the same value is, `[EMAIL_1]`.",
      ),
    pseudonym_key: textUpTo(200)
      .min(16)
      .optional()
      .describe(
        "With `mask: pseudonym`: marks are made of the value and this key (HMAC-SHA-256), `[EMAIL_3f9a1c2b0d]`, and so are the " +
          "same in every text under the same key. Left out, they are numbered within the text.",
      ),
  })
  .superRefine(({ text, mask, pseudonym_key, patterns: own = [] }, context) => {
    if (pseudonym_key !== undefined && mask !== "pseudonym")
      context.addIssue({ code: "custom", path: ["pseudonym_key"], message: "is of use only with mask: pseudonym" });
    let instructions = 0;
    for (const [index, { pattern, name }] of own.entries()) {
      const at = ["patterns", index];
      if (own.findIndex((one) => one.name === name) !== index)
        context.addIssue({ code: "custom", path: [...at, "name"], message: "is listed twice" });
      const size = patternSize(pattern);
      instructions += size.instructions + size.tables;
      if (instructions * text.length <= COMPLIANCE_LIMITS.max_pattern_steps) continue;
      const message = `takes the run past ${COMPLIANCE_LIMITS.max_pattern_steps} instructions of patterns x characters of the text`;
      context.addIssue({ code: "custom", path: [...at, "pattern"], message });
      break;
    }
  });

export type ComplianceInputs = z.output<typeof inputs>;

/** A finding of one character becomes its rule's name and a mark of ten characters in brackets. */
const MASKED_PER_CHAR = 19;
const MAX_KINDS = 400;

const offset = z.int().min(0).max(COMPLIANCE_LIMITS.max_text_chars);
const ruleName = z.enum(complianceRules);
const findingRule = z.enum([...complianceRules, CUSTOM_RULE]);
const kind = z.string().max(40);

const finding = z.strictObject({
  rule: findingRule.describe("The rule that found it."),
  kind: kind
    .optional()
    .describe("What it is, where the rule has several kinds: a service, a country's number, the name of your pattern."),
  category: z
    .enum(["credential", "financial", "government_id", "personal", "contact", "network", CUSTOM_RULE])
    .describe("The rule's category."),
  severity: z.enum(SEVERITIES).describe("critical and high make the verdict FAIL, medium makes it REVIEW."),
  confidence: z
    .number()
    .min(0)
    .max(1)
    .optional()
    .describe(
      "How sure it is that this is what the rule looks for: near 1 for a checksum or a published prefix, 0.1 for a placeholder.",
    ),
  start: offset.describe("Where it begins, in UTF-16 code units from 0."),
  end: offset.describe("Where it ends; exclusive."),
});

const data = z.strictObject({
  verdict: z
    .enum(["PASS", "REVIEW", "FAIL"])
    .describe("By the most severe finding. PASS says that nothing of `rules` and `kinds` was found, and no more."),
  rules: z.array(ruleName).min(1).max(complianceRules.length).describe("The rules that were applied, by precedence."),
  kinds: z
    .partialRecord(findingRule, z.array(kind).max(MAX_KINDS))
    .optional()
    .describe(
      "What was looked for by each rule that has several kinds: services, numbers of countries, your own patterns.",
    ),
  counts: z
    .partialRecord(findingRule, offset)
    .describe("How often each rule found something; absent where it did not."),
  offset_unit: z.literal("utf16_code_unit").describe("What offsets count."),
  findings: z
    .array(finding)
    .max(COMPLIANCE_LIMITS.max_findings)
    .describe("In the order of the text, none overlapping. Never what was found."),
  findings_total: offset.describe("How many there are; more than are listed where they are too many."),
  allowed_total: offset.optional().describe("How many findings `allow` took out, those that overlap counted as one."),
  masked_text: z
    .string()
    .max(COMPLIANCE_LIMITS.max_text_chars * MASKED_PER_CHAR)
    .describe("The text with every finding replaced, as `mask` says."),
});

/** Length in bytes of the UTF-8 of a text; a lone surrogate counts as U+FFFD, three bytes. */
function utf8Length(text: string): number {
  let bytes = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) continue;
    if (unit < 0x800) bytes += 1;
    else if ((text.codePointAt(i) ?? 0) > 0xffff) {
      bytes += 2;
      i += 1;
    } else bytes += 2;
  }
  return bytes;
}

/** Units of a search: the base and every started 10 KB of text; they do not depend on what is found. */
export function complianceUnits(text: string): { base: number; ten_kb: number } {
  return { base: 1, ten_kb: Math.max(1, Math.ceil(utf8Length(text) / BYTES_PER_UNIT)) };
}

export const complianceOffer: PackOffer<ComplianceInputs> = {
  type: "compliance",
  version: "1.1.0",
  title: "Compliance",
  summary:
    "Finds personal data and secrets in a text: keys and tokens of over 180 services, passwords and keys by the names beside " +
    "them, cards, IBANs, 46 kinds of identity numbers, passports, dates of birth, contacts, addresses, and your own " +
    "patterns. Rule, kind, severity, confidence and exact offsets of each, the masked text, and a verdict: FAIL for " +
    "credentials, cards and identity numbers; REVIEW for contacts, dates of birth, public IP addresses, IBANs and test keys; " +
    "PASS otherwise. Placeholders are low. Repeats nothing it found.",
  inputs,
  data,
  prices: {
    base: { unit_micros: micros(1_000), per: "run" },
    ten_kb: { unit_micros: micros(1_000), per: "started 10 KB (10,000 bytes of UTF-8) of the text" },
  },
  reliability:
    `Share of the findings that are listed: 1 unless there are more than ${COMPLIANCE_LIMITS.max_findings}, and all are ` +
    "masked and counted even then. How likely each is to be true, its `confidence` says.",
  examples: [
    {
      title: "Personal data in a message",
      inputs: {
        text: "Write to ada@example.com or call +44 20 7946 0958; the card was 4111 1111 1111 1111.",
        rules: ["email", "phone", "payment_card"],
      },
    },
    {
      title: "Secrets in a log, with a pattern of your own",
      inputs: {
        text: "2026-05-05 login ok user=ada password=Tr0ub4dor&3 ticket=OPS-20417",
        rules: ["password"],
        patterns: [{ name: "ticket", pattern: "\\bOPS-\\d{5}\\b", severity: "low" }],
      },
    },
    {
      title: "A table, masked by kind, without your own addresses",
      inputs: {
        text: "id,card,mail,phone\n7,4111111111111111,ada@example.org,020 7946 0958\n8,5555555555554444,help@example.com,",
        regions: ["GB"],
        allow: ["*@example.com"],
        mask: "kind",
      },
    },
  ],
  estimate: ({ text }) => ({ units: complianceUnits(text), exact: true }),
};
