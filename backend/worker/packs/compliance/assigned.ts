/** Values that a name, a flag or a header says to be secret. */
import { columnValues } from "./named-values.ts";
import { entropyOf, isNoSecret } from "./placeholder.ts";
import { NAMED_SERVICES } from "./services.ts";
import { type Scan, type Span } from "./span.ts";

const PASSWORD =
  "pass[_-]?(?:word|wd|phrase|code)|passwort|kennwort|pwd|pswd|contraseña|mot[_ -]?de[_ -]?passe|senha|wachtwoord|hasło|пароль|密码|パスワード|[_-]pass|(?<![A-Za-z])pass(?==)";
const SECRET =
  "api[_ -]?key|apikey|access[_ -]?key|secret[_ -]?key|auth[_ -]?(?:token|key|secret)|(?:access|refresh|bearer|session|id|deploy|sas|bot|user|app)[_ -]?token|client[_ -]?secret|(?:app|consumer|webhook|signing|shared|jwt|session)[_ -]?secret|(?:signing|encryption|private|master|account|service|session|license|storage|subscription|shared[_ -]?access)[_ -]?key|credentials?|secret|token";
const SERVICE = NAMED_SERVICES.map(([, name]) => name).join("|");
/** The rest of a name, its closing quote, and what assigns; a `>` closes a tag. */
const ASSIGNS = String.raw`(?<rest>[\w.-]{0,32})["'\x60\]]{0,2}[ \t]{0,4}(?<sign>=>|:=|={1,3}|:{1,2}|>| (?:is|ist)[ :]{1,2})[ \t]{0,4}`;

const named = (names: string): RegExp => new RegExp(`(?:${names})${ASSIGNS}`, "giu");
const PASSWORD_ASSIGNED = named(PASSWORD);
const SECRET_ASSIGNED = named(SECRET);
const SERVICE_ASSIGNED = named(SERVICE);

const MAX_NAME = 48;
const NAME_PART = /[A-Za-z0-9_.-]/;
/** Names that hold one of the words, for what is no secret. */
const OTHER_NAME =
  /(?:public|publishable|primary|foreign|cache|sort|partition|idempotency|next|page|continuation|csrf|xsrf|sync|cancel|cursor|row|lookup|i18n|query|object|group|map|max|min|num|total|prompt|completion|input|output|stop|pad|eos|bos|unk|cls|sep|mask)[_.-]?(?:\w{0,12}[_.-])?(?:key|token)s?$/i;
const OTHER_REST =
  /^[_.-]?(?:type|url|uri|count|limit|len|length|size|ttl|expir\w*|lifetime|policy|min\w*|max\w*|regex|pattern|hint|label|field|input|reset|error|rotation|age|path|file|dir|name|ids?|enabled|required|length|strength|manager|provider|store|endpoint|version|format|encoding|hash\w*|algo\w*|usage|budget|s|ized?|izer|ization)(?![a-z])/i;

/** A value in quotes; one that goes on to the end of its line or field. */
const QUOTED = /(["'`])((?:(?!\1)[^\n\\]|\\.){1,2048}?)\1/y;
const BARE = /(?:[^\s"'`<>;,&)}\]|\\]|&(?![\w.-]{1,40}=|[a-z]{2,6};)){1,4096}/y;
const TRAILING = /[.:!?]$/;

interface Value {
  readonly start: number;
  readonly text: string;
  readonly quoted: boolean;
  /** Nothing but its name and it stands on the line. */
  readonly alone: boolean;
}

function valueAt(text: string, start: number, name_start: number, sign: string | undefined): Value | undefined {
  QUOTED.lastIndex = start;
  const quoted = QUOTED.exec(text);
  if (quoted !== null) return { start: start + 1, text: quoted[2] ?? "", quoted: true, alone: true };
  BARE.lastIndex = start;
  const bare = BARE.exec(text)?.[0].replace(TRAILING, "");
  if (bare === undefined || bare === "") return undefined;
  const end = start + bare.length;
  // Behind a tag it is a value where the tag closes, and else a text of the page.
  if (sign === ">" && !text.startsWith("</", end)) return undefined;
  const alone =
    /^[ \t]{0,8}[\r\n]?$/.test(text.slice(end, end + 2).trimEnd()) &&
    /(?:^|\n)[ \t>-]{0,16}$/.test(text.slice(Math.max(0, name_start - 17), name_start));
  return { start, text: bare, quoted: false, alone };
}

/** The whole name that ends in what was found. */
function nameStart(text: string, index: number): number {
  let start = index;
  while (start > 0 && index - start < MAX_NAME && NAME_PART.test(text[start - 1] ?? "")) start--;
  return start;
}

interface Assigned extends Value {
  readonly name: string;
  readonly sign: string;
}

/** Every value assigned to a name that one of these words is in. */
function* assigned(text: string, names: RegExp): Generator<Assigned | undefined> {
  const pattern = new RegExp(names);
  for (let found = pattern.exec(text); found !== null; found = pattern.exec(text)) {
    const start = nameStart(text, found.index);
    const rest = found.groups?.["rest"] ?? "";
    const name = text.slice(start, found.index + found[0].length).replace(/["'`\]\s:=>]+$|\s(?:is|ist)[ :]+$/, "");
    const stem = name.slice(0, name.length - rest.length);
    const isOther = OTHER_REST.test(rest) || OTHER_NAME.test(stem);
    const value = isOther ? undefined : valueAt(text, pattern.lastIndex, start, found.groups?.["sign"]);
    yield value === undefined ? undefined : { ...value, name, sign: (found.groups?.["sign"] ?? "").trim() };
    if (value !== undefined) pattern.lastIndex = value.start + value.text.length;
  }
}

const PASSWORD_COLUMN = /pass(?:word|wd|phrase)|passwort|kennwort|pwd|contraseña|senha|wachtwoord/gi;
const MIN_PASSWORD = 4;
const CALL = /^[\w.$:]+\(/;
const REFERENCE_PATH = /^[A-Za-z_$][\w$]*(?:(?:\.|->|::)[A-Za-z_$][\w$]*)+$/;
const LETTERS = /^\p{L}+$/u;

/** True for what may be a password: prose, types and code beside such a name are none. */
function isPassword({ text, quoted, alone, sign }: Assigned): boolean {
  if (text.length < MIN_PASSWORD || isNoSecret(text)) return false;
  if (/\s/.test(text) || /pass(?:word|wort)|kennwort|contraseña/i.test(text)) return false;
  if (quoted) return true;
  if (CALL.test(text) || REFERENCE_PATH.test(text)) return false;
  return !LETTERS.test(text) || sign === "=" || sign === ">" || (alone && sign === ":");
}

const passwordSpan = ({ start, text }: Pick<Value, "start" | "text">): Span => ({
  start,
  end: start + text.length,
  severity: "critical",
  confidence: LETTERS.test(text) ? 0.5 : 0.85,
});

/** Passwords on a command line, in a statement of SQL, or in .netrc. */
const ELSEWHERE: readonly RegExp[] = [
  /(?:\s-u|--user|--proxy-user)[ =]{1,2}["']?(?!\d{1,64}:)[\w.@+\\-]{1,64}:(?<value>[^\s"'`@]{3,256})/g,
  /--(?:password|passwd|pass|passphrase|token|api-key|apikey|secret|auth-token|access-token)[ =]{1,2}["']?(?<value>[^\s"'`]{4,512})/g,
  /\bsshpass\s{1,4}-p\s{0,4}["']?(?<value>[^\s"'`]{4,256})/g,
  /\b(?:mysql|mysqldump|mysqladmin|mariadb)\s[^\n|;]{0,120}?\s-p(?<value>[^\s"'`=-][^\s"'`]{3,128})/g,
  /\bidentified\s{1,4}(?:with\s{1,4}\w{1,40}\s{1,4})?by\s{1,4}["'](?<value>[^"'\n]{4,256})["']/gi,
  /\bpassword\s{1,4}'(?<value>[^'\n]{4,256})'/gi,
  /\blogin\s{1,4}\S{1,64}\s{1,4}password\s{1,4}(?<value>\S{3,256})/g,
];

function* foundElsewhere(text: string): Generator<Span | undefined> {
  for (const pattern of ELSEWHERE) {
    for (const { 0: written, index, groups } of text.matchAll(pattern)) {
      const value = groups?.["value"] ?? "";
      const start = index + written.lastIndexOf(value);
      yield isNoSecret(value) ? undefined : passwordSpan({ start, text: value });
    }
  }
}

/** Passwords beside their name, on a command line, in a statement or in a file of logins. */
export const scanPassword: Scan = function* (text) {
  for (const value of assigned(text, PASSWORD_ASSIGNED)) {
    yield value !== undefined && isPassword(value) ? passwordSpan(value) : undefined;
  }
  for (const cell of columnValues(text, PASSWORD_COLUMN)) {
    const value = cell === undefined ? undefined : valueAt(text, cell.start, cell.start, "=");
    yield value !== undefined && isPassword({ ...value, sign: "=", name: "" }) ? passwordSpan(value) : undefined;
  }
  yield* foundElsewhere(text);
};

const KEY_CHARACTERS = /^[\w.~+/=:@#$%^&*!-]+$/;
const MIN_KEY = 12;
/** English has about four bits a letter; a random key of hexadecimal digits nearly as many, any other more. */
const MIN_ENTROPY = 2.8;
const FILE_OR_ADDRESS =
  /^(?:\.{0,2}\/|[a-z][a-z0-9+.-]{1,20}:\/\/|[A-Za-z]:\\)|\.(?:pem|key|json|ya?ml|txt|crt|env|js|ts|py)$/i;

/** True for what is as irregular as a key. */
function isKey(value: string): boolean {
  if (value.length < MIN_KEY || !KEY_CHARACTERS.test(value) || isNoSecret(value)) return false;
  if (FILE_OR_ADDRESS.test(value) || CALL.test(value) || REFERENCE_PATH.test(value)) return false;
  if (!/\d/.test(value) && !(/[a-z]/.test(value) && /[A-Z]/.test(value) && value.length >= 20)) return false;
  return /[A-Za-z]/.test(value) && entropyOf(value) >= MIN_ENTROPY;
}

const SCHEMES =
  /\b(?:Authorization["']?\s{0,4}[:=]\s{0,4}["']?)?(?<scheme>Bearer|Basic|Token|Bot|ApiKey|GenieKey|SSWS)\s{1,2}(?:token=)?["']?(?<value>[A-Za-z0-9._~+/=:-]{8,4096})/g;
const MIN_BEARER = 16;
/** A digit, or a small letter behind a capital: from the start alone, so that each character is read once. */
const LIKE_A_TOKEN = /^(?:[^\d]*\d|[^A-Z]*[A-Z][^a-z]*[a-z])/;

/** True for user and password in base64 (RFC 7617). */
function isBasic(value: string): boolean {
  const decoded = Buffer.from(value, "base64").toString("utf8");
  const password = decoded.slice(decoded.indexOf(":") + 1);
  return /^[\x20-\x7e]+:[\x20-\x7e]+$/.test(decoded) && !isNoSecret(password);
}

function* inHeaders(text: string): Generator<Span | undefined> {
  for (const { 0: written, index, groups } of text.matchAll(SCHEMES)) {
    const value = (groups?.["value"] ?? "").replace(TRAILING, "");
    const isHeader = written.startsWith("Authorization");
    const start = index + written.lastIndexOf(groups?.["value"] ?? "");
    const isSecret =
      groups?.["scheme"] === "Basic"
        ? isBasic(value)
        : value.length >= (isHeader ? MIN_KEY : MIN_BEARER) &&
          !isNoSecret(value) &&
          (isHeader ? LIKE_A_TOKEN.test(value) : isKey(value));
    yield isSecret ? { start, end: start + value.length, severity: "critical" } : undefined;
  }
}

/** Keys and tokens of no known form: beside their name as irregular as a key, or in the header that carries them. */
export const scanSecret: Scan = function* (text) {
  for (const value of assigned(text, SECRET_ASSIGNED)) {
    yield value !== undefined && isKey(value.text)
      ? { start: value.start, end: value.start + value.text.length, severity: "critical" }
      : undefined;
  }
  yield* inHeaders(text);
};

const services = NAMED_SERVICES.map(([service, name, value]) => ({
  service,
  name: new RegExp(`(?:^|[^A-Za-z])(?:${name})(?![a-z])`, "i"),
  value: new RegExp(`^(?:${value})$`),
}));

/** Keys of services whose form says nothing, by the service's name in theirs. */
export const scanNamedService: Scan = function* (text) {
  for (const value of assigned(text, SERVICE_ASSIGNED)) {
    if (value === undefined || isNoSecret(value.text) || entropyOf(value.text) < MIN_ENTROPY || !/\d/.test(value.text))
      yield undefined;
    else {
      const service = services.find((one) => one.name.test(value.name) && one.value.test(value.text));
      yield service === undefined
        ? undefined
        : { start: value.start, end: value.start + value.text.length, severity: "critical", kind: service.service };
    }
  }
};
