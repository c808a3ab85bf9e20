/** Words by which documents and templates say that a value is to be filled in. */
const WORDS =
  /example|sample|placeholder|dummy|change[-_]?me|change[-_]?this|replace[-_]?(?:me|with|this)|redacted|insert|fill[-_ ]?in|todo|fixme|your[-_ ]|y0ur|<[^<>]{0,80}>|\*{3}|•{3}|\.{3}|…|x{4}|not[-_]?(?:a[-_]?)?real|fake|lorem|foobar/i;
/** Values that only stand for another: variables, templates, calls, and what a program prints instead. */
const REFERENCE =
  /^(?:\$|%\w+%$|@\{|\{|#\{|\[[\w -]{0,40}\]$|<|process\.env|os\.(?:environ|getenv)|import\.meta|env[.([]|getenv|secrets?\.|vars?\.|self\.|this\.|config[.[]|settings[.[]|ENC\[|vault:|ssm:|arn:|op:\/\/)/;
/** What is written where no secret is: types, states, and words of forms. */
const NO_VALUE = new Set(
  (
    "true false null none nil undefined empty string text str bool boolean number int optional required secret password " +
    "passwd pass pwd passphrase hidden masked redacted removed encrypted protected incorrect invalid wrong missing expired " +
    "field input value must should cannot is not here below above the a an your my same unset default disabled enabled yes " +
    "no off on any all new old reset forgot forgotten change changed confirm confirmed username user name login email admin " +
    "token key apikey api_key credentials varchar char sensitive unknown n/a tbd foo bar baz test xxx abc self env prompt"
  ).split(" "),
);

/** How sure it is that a placeholder in the form of a secret is one. */
export const PLACEHOLDER_FOUND = { confidence: 0.1 };

/** True where one character, or a pair of them, makes up the whole. */
const isMonotone = (text: string): boolean => text.length >= 4 && new Set(text.toLowerCase()).size <= 2;

/** True for words in capitals that name what belongs there: `PASSWORD`, `YOUR_API_KEY`. */
export const isCapitals = (text: string): boolean => /^[A-Z][A-Z_ -]{2,}$/.test(text);

/** True for a value that nobody uses: one character throughout, or words that say so. `body` is the value without its prefix. */
export const isPlaceholder = (body: string): boolean =>
  isMonotone(body.replace(/[^A-Za-z0-9]/g, "")) || WORDS.test(body);

/** True for what is written in the place of a password or key without being one. */
export function isNoSecret(value: string): boolean {
  if (NO_VALUE.has(value.toLowerCase()) || REFERENCE.test(value)) return true;
  return isPlaceholder(value) || isCapitals(value) || /^[^A-Za-z0-9]*$/.test(value);
}

/** Shannon entropy of a text, in bits for each of its characters. */
export function entropyOf(text: string): number {
  const counts = new Map<string, number>();
  for (const char of text) counts.set(char, (counts.get(char) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= (count / text.length) * Math.log2(count / text.length);
  return bits;
}
