import { describe, expect, test } from "vitest";
import { COMPLIANCE_LIMITS, complianceOffer } from "#core/domain/packs/compliance.ts";
import { ID_FORMS } from "../../../backend/worker/packs/compliance/id-forms.ts";
import { searchPatterns } from "../../../backend/worker/packs/compliance/patterns.ts";
import { SERVICES } from "../../../backend/worker/packs/compliance/services.ts";
import { found, inspect, joined } from "./compliance-fixture.ts";

const RANDOM = "q7Zk2Wm9Xc4Vb1Ns8Lf3Hg6Jd5Qp0RtYuIoPaSdFgHjKlZxCvBnM1w2e3r4t5y6u8i9o";
const alnum = (count: number): string => RANDOM.repeat(5).slice(0, count);
const hex = (count: number): string => "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b".repeat(5).slice(0, count);
const UUID = "9f86d081-884c-4d65-9a2f-eaa0c55ad015";

/** Made up after what each service has published of its secrets. */
const TOKENS: readonly (readonly [service: string, token: string])[] = [
  ["openai", joined("sk-", "proj-", alnum(48))],
  ["openai", joined("sk-", alnum(20), "T3BlbkFJ", alnum(20))],
  ["anthropic", joined("sk-ant-", "api03-", alnum(93), "AA")],
  ["google_api", joined("AIza", alnum(35))],
  ["gitlab", joined("glpat-", alnum(20))],
  ["huggingface", joined("hf_", alnum(34))],
  ["npm", joined("npm_", alnum(36))],
  ["sendgrid", joined("SG.", alnum(22), ".", alnum(43))],
  ["groq", joined("gsk_", alnum(52))],
  ["replicate", joined("r8_", alnum(37))],
  ["databricks", joined("dapi", hex(32))],
  ["digitalocean", joined("dop_v1_", hex(64))],
  ["doppler", joined("dp.pt.", alnum(43))],
  ["vault", joined("hvs.", alnum(95))],
  ["grafana", joined("glsa_", alnum(32), "_", hex(8))],
  ["newrelic", joined("NRAK-", "7Q2ZK9XW4VB1NS8LF3HG6JD5QP0")],
  ["shopify", joined("shpat_", hex(32))],
  ["square", joined("sq0atp-", alnum(22))],
  ["twilio", joined("SK", hex(32))],
  ["telegram", joined("123456789", ":AA", alnum(33))],
  ["mailchimp", joined(hex(32), "-us12")],
  ["mailgun", joined("key-", hex(32))],
  ["pypi", joined("pypi-", "AgEIcHlwaS5vcmc", alnum(70))],
  ["docker_hub", joined("dckr_pat_", alnum(27))],
  ["linear", joined("lin_api_", alnum(40))],
  ["airtable", joined("pat", alnum(14), ".", hex(64))],
  ["atlassian", joined("ATATT3", alnum(180))],
  ["hubspot", joined("pat-", "na1-", UUID)],
  ["postman", joined("PMAK-", hex(24), "-", hex(34))],
  ["supabase", joined("sbp_", hex(40))],
  ["tailscale", joined("tskey-", "auth-", alnum(12), "-", alnum(32))],
  ["terraform_cloud", joined(alnum(14), ".atlasv1.", alnum(67))],
  ["discord_webhook", joined("discord.com/api/", "webhooks/123456789012345678/", alnum(68))],
  ["razorpay", joined("rzp_", "live_", alnum(14))],
];

describe("tokens of services", () => {
  test("are those of over 180", () => expect(SERVICES.length).toBeGreaterThan(180));

  test.each(TOKENS)("%s: %s", async (service, token) => {
    for (const [before, after] of [
      ["", ""],
      ["KEY=", "\n"],
      ['{"k":"', '"}'],
      ["use ", ", then"],
    ] as const) {
      const text = before + token + after;
      const { data } = await inspect(text, ["service_token"]);
      expect(
        data.findings.map(({ kind, start, end }) => [kind, text.slice(start, end)]),
        text,
      ).toEqual([[service, token]]);
      expect(data.verdict).toBe("FAIL");
    }
  });

  test.each([
    ["datadog", `DATADOG_API_KEY=${hex(32)}`],
    ["heroku", `heroku.token: "${UUID}"`],
    ["mistral", `"mistral_key": "${alnum(32)}"`],
    ["okta", `okta_token = '00${alnum(40)}'`],
  ])("%s is known by its name: %s", async (service, text) => {
    const { data } = await inspect(text, ["service_token"]);
    expect(data.findings.map(({ kind }) => kind)).toEqual([service]);
  });

  test("digests, words and identifiers are none", async () => {
    for (const text of [
      hex(64),
      `sha256:${hex(64)}`,
      "sk-learn-pipeline-for-text-data",
      "key-value-store-of-the-year",
      "pat-a-cake",
      UUID,
    ])
      expect(await found(text), text).toEqual([]);
  });
});

describe("passwords and keys in context", () => {
  test.each([
    ["DB_PASSWORD=Tr0ub4dor&3", "Tr0ub4dor&3"],
    ["Server=h;Password=S3cr3t9;Database=x", "S3cr3t9"],
    ["jdbc:postgresql://h/db?user=app&password=S3cr3t9&ssl=true", "S3cr3t9"],
    ["curl -u bob:S3cr3t9 https://h/", "S3cr3t9"],
    ["wget --user bob --password S3cr3t9 https://h/", "S3cr3t9"],
    ["sshpass -p 'S3cr3t9' ssh h", "S3cr3t9"],
    ["mysql -u root -pS3cr3t9 db", "S3cr3t9"],
    ['{"user":"bob","password":"S3cr3t9"}', "S3cr3t9"],
    [String.raw`{"log":"{\"password\":\"S3cr3t9\"}"}`, "S3cr3t9"],
    ["spring.datasource.password: S3cr3t9", "S3cr3t9"],
    ["<password>S3cr3t9</password>", "S3cr3t9"],
    ["The password is S3cr3t9.", "S3cr3t9"],
    ["Passwort: S3cr3t9", "S3cr3t9"],
    ["CREATE USER a IDENTIFIED BY 'S3cr3t9'", "S3cr3t9"],
    ["machine h login bob password S3cr3t9", "S3cr3t9"],
    ["user,password,city\nbob,S3cr3t9x,Rome", "S3cr3t9x"],
  ])("%s", async (text, excerpt) => {
    expect(await found(text)).toEqual([["password", excerpt]]);
  });

  test.each([
    [`Authorization: Bearer ${alnum(40)}`, alnum(40)],
    ["Authorization: Basic Ym9iOlMzY3IzdDk=", "Ym9iOlMzY3IzdDk="],
    [`x-api-key: ${alnum(32)}`, alnum(32)],
    [`{"client_secret":"${alnum(24)}"}`, alnum(24)],
    [`SharedAccessKey=${alnum(43)}=;EntityPath=x`, `${alnum(43)}=`],
    [`export STRIPE_WEBHOOK_SECRET='${alnum(32)}'`, alnum(32)],
  ])("%s", async (text, excerpt) => expect(await found(text)).toEqual([["secret", excerpt]]));
});

describe("phone numbers as people write them at home", () => {
  test.each([
    "020 7946 0958",
    "01 42 68 53 00",
    "01.42.68.53.00",
    "(030) 23125-100",
    "030/23125100",
    "090-1234-5678",
    "0044 20 7946 0958",
    "011 44 20 7946 0958",
  ])("%s is found", async (written) => {
    for (const text of [written, `Call ${written}, please`, `"${written}"`])
      expect(await found(text, ["phone"]), text).toEqual([["phone", written]]);
    expect((await inspect(written)).data.verdict).toBe("REVIEW");
  });

  test.each([
    ['{"phone":"4155550132"}', "4155550132"],
    ['{"mobileNumber": 4155550132}', "4155550132"],
    ["Tel.: 93 412 34 56", "93 412 34 56"],
    ["fax=0171 1234567", "0171 1234567"],
    ["Ada,020 7946 0958,London", "020 7946 0958"],
    ["name;phone\nAda;4155550132\n", "4155550132"],
    ["name,Home Phone,city\nAda,02079460958,London\n", "02079460958"],
  ])("%s is found by its field", async (text, excerpt) => expect(await found(text)).toEqual([["phone", excerpt]]));

  test("numbers of the countries asked for are found in any groups, and no others", async () => {
    const text = "93 412 34 56 and 612 34 56 78";
    expect(await found(text)).toEqual([]);
    const { data } = await inspect(text, undefined, undefined, { regions: ["ES"] });
    expect(data.findings.map(({ start, end }) => text.slice(start, end))).toEqual(["93 412 34 56", "612 34 56 78"]);
  });

  test("each of several in a row is found", async () => {
    const text = "020 7946 0958 020 7946 0959 / 01 42 68 53 00";
    expect((await found(text)).map(([, excerpt]) => excerpt)).toEqual([
      "020 7946 0958",
      "020 7946 0959",
      "01 42 68 53 00",
    ]);
  });

  test("dates, addresses and identifiers that begin with 0 are none", async () => {
    const text = "01/02/2026 01-02-2026 0.0.0.0 01 02 03 04 2026-01-02 0x0123456789 0123456789 00-1A-2B-3C-4D-5E 007";
    expect(await found(text)).toEqual([]);
  });
});

describe("identity numbers, passports and dates of birth", () => {
  test.each([
    ["gb_nhs", "NHS number 943 476 5919"],
    ["gb_nino", "NINO: AB 12 34 56 C"],
    ["fr_nir", "NIR 1 85 05 78 006 084 91"],
    ["de_tax_id", "Steuer-ID: 86095742719"],
    ["es_dni", "12345678Z"],
    ["es_nie", "X1234567L"],
    ["it_codice_fiscale", "RSSMRA85T10A562S"],
    ["nl_bsn", "BSN: 111222333"],
    ["be_national_number", "85.07.30-033.28"],
    ["se_personnummer", "personnummer 811228-9874"],
    ["pl_pesel", "PESEL 44051401359"],
    ["ch_ahv", "756.9217.0769.85"],
    ["br_cpf", "529.982.247-25"],
    ["ca_sin", "SIN 046 454 286"],
    ["in_aadhaar", "Aadhaar 2341 2341 2346"],
    ["cn_resident_id", "11010519491231002X"],
    ["sg_nric", "S1234567D"],
    ["kr_rrn", "820701-2409181"],
    ["tr_tckn", "TC Kimlik No: 10000000146"],
    ["au_tfn", "TFN 123 456 782"],
    ["za_id", "RSA ID 8001015009087"],
  ])("%s: %s", async (kind, text) => {
    const { data } = await inspect(text);
    expect(data.findings.map((finding) => [finding.rule, finding.kind])).toEqual([["national_id", kind]]);
    expect(data.verdict).toBe("FAIL");
  });

  test("with another check digit they are none", async () => {
    for (const text of [
      "NHS number 943 476 5918",
      "12345678A",
      "529.982.247-26",
      "RSSMRA85T10A562T",
      "11010519491231002X0",
      "S1234567E",
    ])
      expect(await found(text, ["national_id"]), text).toEqual([]);
  });

  test.each([
    "Passport No: X1234567",
    "passport_number=123456789",
    "Reisepass C01X00T47",
    "L898902C36UTO7408122F1204159ZE184226B<<<<<10",
  ])("%s is a passport", async (text) => expect((await found(text)).map(([rule]) => rule)).toEqual(["passport"]));

  test.each([
    ["DOB: 12/03/1980", "12/03/1980"],
    ['{"date_of_birth":"1980-03-12"}', "1980-03-12"],
    ["born on March 12, 1980", "March 12, 1980"],
    ["Geburtsdatum: 12.03.1980", "12.03.1980"],
    ["née le 12 mars 1980", "12 mars 1980"],
    ["name,dob\nAda,1980-03-12\n", "1980-03-12"],
  ])("%s is a date of birth", async (text, excerpt) => expect(await found(text)).toEqual([["date_of_birth", excerpt]]));

  test("a date without a name for it, or of no day, is not found", async () =>
    expect(await found("on 12/03/1980; DOB: 31/02/1980; dob: 1980-13-41")).toEqual([]));
});

describe("own patterns, allowances and masks", () => {
  const PEOPLE = "ada@example.com wrote to bob@example.org and ADA@example.com about EMP-00417.";
  const employee = { name: "employee", pattern: "EMP-\\d{5}" };

  test("a pattern's findings have its name, and its severity decides", async () => {
    const { data } = await inspect(PEOPLE, ["ip_address"], undefined, {
      patterns: [{ ...employee, severity: "high" }],
    });
    expect(data).toMatchObject({ verdict: "FAIL", kinds: { custom: ["employee"] }, counts: { custom: 1 } });
    expect(data.findings).toMatchObject([{ rule: "custom", kind: "employee", category: "custom", severity: "high" }]);
  });

  test("every match is found, at the ends of lines and far into long ones", async () => {
    const text = `${"x".repeat(995)}EMP-00001${"y".repeat(5_000)}EMP-00002\nEMP-00003`;
    const { data } = await inspect(text, ["ip_address"], undefined, { patterns: [employee] });
    expect(data.findings.map(({ start, end }) => text.slice(start, end))).toEqual([
      "EMP-00001",
      "EMP-00002",
      "EMP-00003",
    ]);
  });

  test.each([
    ["PATTERN_INVALID", { name: "a", pattern: "(?=a)" }, "a"],
    ["PATTERN_TOO_COSTLY", { name: "a", pattern: "a.*z|a" }, "a".repeat(100_000)],
    ["PATTERN_TOO_COSTLY", { name: "a", pattern: "(?:.*(?:a.{0,500}){2}b|a)" }, "a".repeat(300)],
  ])("%s costs nothing", async (reason, pattern, text) => {
    await expect(inspect(text, ["jwt"], undefined, { patterns: [pattern] })).rejects.toThrow(reason);
  });

  test("all patterns share the steps that may be read again", async () => {
    const patterns = (count: number) =>
      Array.from({ length: count }, (_, index) => ({ name: `p${index}`, pattern: "(?:.*(?:a.{0,500}){2}b|a)" }));
    const text = "a".repeat(120);
    const { data } = await inspect(text, ["jwt"], undefined, { patterns: patterns(1) });
    expect(data.findings_total).toBe(text.length);
    await expect(inspect(text, ["jwt"], undefined, { patterns: patterns(2) })).rejects.toThrow("PATTERN_TOO_COSTLY");
  });

  test("a line or match takes steps too, however short it is", () => {
    // Lines with a match and lines without one: either half of them alone would not be too much.
    const patterns = Array.from({ length: 20 }, (_, index) => ({ name: `p${index}`, pattern: "ab"[index % 2] ?? "" }));
    expect(() => searchPatterns("a\n".repeat(100_000), patterns)).toThrow("PATTERN_TOO_COSTLY");
  });

  test.each([
    ["the start of a line", "^q", `${"x".repeat(800)}q${"x".repeat(400)}`, []],
    ["the end of a line", "x+$", `${"x".repeat(2_500)}y`, []],
    ["the start of a word", String.raw`\bq`, `${"x".repeat(800)}q${"x".repeat(400)}`, []],
    ["the end of a word", String.raw`\bx+\b`, `${"x".repeat(2_500)}y ${"x".repeat(2_500)}`, ["x".repeat(2_500)]],
    ["a match of any length", "k[0-9]+", `k${"1".repeat(5_000)}, k2`, [`k${"1".repeat(5_000)}`, "k2"]],
  ])("%s is that of the whole line, however long it is", async (_, pattern, text, excerpts) => {
    const { data } = await inspect(text, ["jwt"], undefined, { patterns: [{ name: "own", pattern }] });
    expect(data.findings.map(({ start, end }) => text.slice(start, end))).toEqual(excerpts);
  });

  test("patterns that find the same are one finding, and where it is allowed, one that is", async () => {
    const text = "aaaaaaaaa\n".repeat(8_000);
    const patterns = ["a", "b", "c", "d"].map((name) => ({ name, pattern: "a" }));
    const { data } = await inspect(text, ["jwt"], undefined, { patterns, allow: ["*"] });
    expect(data).toMatchObject({ allowed_total: 72_000, findings_total: 0, masked_text: text });
    expect(searchPatterns(text, patterns)).toHaveLength(72_000);
  });

  test("what is found as it is written and as its escapes stand for is allowed once", async () => {
    const { data } = await inspect("me &amp; ada@example.com", ["email"], undefined, { allow: ["ada@example.com"] });
    expect(data).toMatchObject({ allowed_total: 1, findings_total: 0 });
  });

  test("the largest result is valid", async () => {
    const line = `${"a".repeat(19)}\n`;
    const { data } = await inspect(line.repeat(COMPLIANCE_LIMITS.max_text_chars / line.length), undefined, undefined, {
      patterns: Array.from({ length: COMPLIANCE_LIMITS.max_patterns }, (_, index) => ({
        name: `p${index}`.padEnd(40, "x"),
        pattern: index === 0 ? "a" : "b",
      })),
      mask: "pseudonym",
      pseudonym_key: "a key of sixteen characters",
      allow: Array.from({ length: COMPLIANCE_LIMITS.max_allowed }, (_, index) => `*${index}*`),
    });
    expect(data.findings).toHaveLength(COMPLIANCE_LIMITS.max_findings);
    expect(data.findings_total).toBe(190_000);
  });

  test("the summary counts the kinds of identity numbers", () =>
    expect(complianceOffer.summary).toContain(`${ID_FORMS.length} kinds of identity numbers`));

  test("what is allowed is no finding, in either case of letters, and is counted", async () => {
    const { data } = await inspect(PEOPLE, undefined, undefined, { allow: ["*@EXAMPLE.com"] });
    expect(data).toMatchObject({ allowed_total: 2, findings_total: 1 });
    expect(data.masked_text).toBe("ada@example.com wrote to [EMAIL] and ADA@example.com about EMP-00417.");
  });

  test("what is less sure than asked is left out", async () => {
    const text = "01 42 68 53 00 or +33 1 42 68 53 00";
    const { data } = await inspect(text, undefined, undefined, { min_confidence: 0.8 });
    expect(data.masked_text).toBe("01 42 68 53 00 or [PHONE]");
  });

  test("pseudonyms are the same for the same value", async () => {
    const { data } = await inspect(PEOPLE, undefined, undefined, { mask: "pseudonym" });
    expect(data.masked_text).toBe("[EMAIL_1] wrote to [EMAIL_2] and [EMAIL_1] about EMP-00417.");
  });

  test("under one key they are the same in every text, under another they are not", async () => {
    const maskedBy = async (text: string, pseudonym_key: string) =>
      (await inspect(text, undefined, undefined, { mask: "pseudonym", pseudonym_key })).data.masked_text;
    const [one, again, other] = await Promise.all([
      maskedBy("ada@example.com", "a key of sixteen characters"),
      maskedBy("bob@example.org ADA@example.com", "a key of sixteen characters"),
      maskedBy("ada@example.com", "another key of sixteen"),
    ]);
    expect(one).toMatch(/^\[EMAIL_[0-9a-f]{10}\]$/);
    expect(again.endsWith(one)).toBe(true);
    expect(other).not.toBe(one);
  });

  test("a mask by kind names the service", async () => {
    const { data } = await inspect(`key ${joined("glpat-", alnum(20))}`, undefined, undefined, { mask: "kind" });
    expect(data.masked_text).toBe("key [GITLAB]");
  });

  test("a result says which kinds were looked for", async () => {
    const { data } = await inspect("nothing", ["service_token", "national_id", "email"]);
    expect(data.kinds.service_token).toEqual(SERVICES);
    expect(data.kinds.national_id).toContain("br_cpf");
    expect(Object.keys(data.kinds)).toEqual(["service_token", "national_id"]);
  });

  test.each([
    ["a key without pseudonyms", { pseudonym_key: "x".repeat(16) }, "pseudonym_key"],
    ["a pattern twice", { patterns: [employee, employee] }, "patterns.1.name"],
    [
      "patterns that are too much work",
      { text: "a".repeat(150_000), patterns: [{ name: "a", pattern: "(abcdefghij){50}" }] },
      "patterns.0.pattern",
    ],
    ["an unknown country", { regions: ["Spain"] }, "regions.0"],
  ])("%s is refused", (_, options, path) => {
    const { error } = complianceOffer.inputs.safeParse({ text: "x", ...options });
    expect(error?.issues.map((issue) => issue.path.join("."))).toEqual([path]);
  });
});
