import { isDate } from "./date.ts";
import type { Severity } from "./span.ts";

/** How one country writes an identity number. `check` gets its letters and digits alone, in capitals. */
export interface IdForm {
  readonly kind: string;
  /** Pattern of the names that may stand before it. */
  readonly name: string;
  /** Pattern of what it looks like behind its name; every quantifier is bounded. */
  readonly written: string;
  /** Pattern of what needs no name, for its form and check digits are its own. */
  readonly apart?: string;
  readonly severity?: Severity;
  readonly check: (compact: string) => boolean;
}

const digitsOf = (text: string): number[] => Array.from(text, Number);
const weighted = (text: string, weights: readonly number[]): number =>
  weights.reduce((sum, weight, at) => sum + weight * Number(text[at]), 0);
const last = (text: string): number => Number(text.at(-1));
const rest = (text: string, modulus: number): number => {
  let value = 0;
  for (const digit of digitsOf(text)) value = (value * 10 + digit) % modulus;
  return value;
};
const varied = (text: string): boolean => new Set(text).size > 1;

function luhn(text: string): boolean {
  const sum = digitsOf(text)
    .toReversed()
    .reduce((total, digit, at) => {
      const doubled = at % 2 === 1 ? digit * 2 : digit;
      return total + (doubled > 9 ? doubled - 9 : doubled);
    }, 0);
  return sum % 10 === 0 && varied(text);
}

/** ISO 7064 MOD 11,10. */
function mod11and10(text: string): boolean {
  let product = 10;
  for (const digit of digitsOf(text.slice(0, -1))) {
    const sum = (digit + product) % 10 || 10;
    product = (sum * 2) % 11;
  }
  return (11 - product) % 10 === last(text) && varied(text);
}

const VERHOEFF_D =
  "0123456789 1234067895 2340178956 3401289567 4012395678 5987604321 6598710432 7659821043 8765932104 9876543210".split(
    " ",
  );
const VERHOEFF_P = "0123456789 1576283094 5803796142 8916043527 9453126870 4286573901 2793806415 7046913258".split(" ");
function verhoeff(text: string): boolean {
  const sum = digitsOf(text)
    .toReversed()
    .reduce((check, digit, at) => Number(VERHOEFF_D[check]?.[Number(VERHOEFF_P[at % 8]?.[digit])]), 0);
  return sum === 0 && varied(text);
}

const yymmdd = (text: string): boolean =>
  isDate(2000 + Number(text.slice(0, 2)), Number(text.slice(2, 4)), Number(text.slice(4, 6)));
const ddmmyy = (text: string): boolean =>
  isDate(2000 + Number(text.slice(4, 6)), Number(text.slice(2, 4)), Number(text.slice(0, 2)));
const CONTROL = "TRWAGMYFPDXBNJZSQVHLCKE";

function codiceFiscale(text: string): boolean {
  const odd = [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23];
  const valueOf = (char: string) => (/\d/.test(char) ? Number(char) : char.charCodeAt(0) - 65);
  const sum = Array.from(text.slice(0, 15)).reduce(
    (total, char, at) => total + (at % 2 === 0 ? (odd[valueOf(char)] ?? 0) : valueOf(char)),
    0,
  );
  return String.fromCharCode(65 + (sum % 26)) === text[15];
}

function cpf(text: string): boolean {
  const digit = (length: number) =>
    ((weighted(
      text,
      Array.from({ length }, (_, at) => length + 1 - at),
    ) *
      10) %
      11) %
    10;
  return varied(text) && digit(9) === Number(text[9]) && digit(10) === Number(text[10]);
}

function curp(text: string): boolean {
  const alphabet = "0123456789ABCDEFGHIJKLMNÑOPQRSTUVWXYZ";
  const sum = Array.from(text.slice(0, 17)).reduce((total, char, at) => total + alphabet.indexOf(char) * (18 - at), 0);
  return (10 - (sum % 10)) % 10 === last(text);
}

function rut(text: string): boolean {
  const sum = digitsOf(text.slice(0, -1))
    .toReversed()
    .reduce((total, digit, at) => total + digit * (2 + (at % 6)), 0);
  return "0K987654321"[sum % 11] === text.at(-1) && varied(text.slice(0, -1));
}

function nric(text: string): boolean {
  const head = text[0] ?? "";
  const sum = weighted(text.slice(1), [2, 7, 6, 5, 4, 3, 2]) + ("TG".includes(head) ? 4 : head === "M" ? 3 : 0);
  const letters = "ST".includes(head) ? "JZIHGFEDCBA" : head === "M" ? "KLJNPQRTUWX" : "XWUTRQPNMLK";
  return letters[sum % 11] === text.at(-1);
}

function hkid(text: string): boolean {
  const body = text.length === 8 ? ` ${text}` : text;
  const valueOf = (char: string) => (char === " " ? 36 : /\d/.test(char) ? Number(char) : char.charCodeAt(0) - 55);
  return Array.from(body).reduce((total, char, at) => total + valueOf(char) * (9 - at), 0) % 11 === 0;
}

function norwegian(text: string): boolean {
  const first = weighted(text, [3, 7, 6, 1, 8, 9, 4, 5, 2, 1]) % 11;
  const second = weighted(text, [5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1]) % 11;
  return first === 0 && second === 0 && varied(text);
}

function tckn(text: string): boolean {
  const [a, b, c, d, e, f, g, h, i, j, k] = digitsOf(text) as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  return (
    a !== 0 &&
    ((a + c + e + g + i) * 7 - (b + d + f + h) + 10) % 10 === j &&
    (a + b + c + d + e + f + g + h + i + j) % 10 === k
  );
}

function estonian(text: string): boolean {
  const first = weighted(text, [1, 2, 3, 4, 5, 6, 7, 8, 9, 1]) % 11;
  const check = first < 10 ? first : (weighted(text, [3, 4, 5, 6, 7, 8, 9, 1, 2, 3]) % 11) % 10;
  return check === last(text) && yymmdd(text.slice(1));
}

function ppsn(text: string): boolean {
  const extra = text.length === 9 && text[8] !== "W" ? (text.charCodeAt(8) - 64) * 9 : 0;
  return "WABCDEFGHIJKLMNOPQRSTUV"[(weighted(text, [8, 7, 6, 5, 4, 3, 2]) + extra) % 23] === text[7];
}

function nir(text: string): boolean {
  const number = text.slice(0, 13).replace("2A", "19").replace("2B", "18");
  return 97 - rest(number, 97) === Number(text.slice(13));
}

const EUROPE: readonly IdForm[] = [
  {
    kind: "gb_nino",
    name: "national insurance|ni|nino",
    written: String.raw`[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d{2} ?\d{2} ?\d{2} ?[A-D]`,
    apart: String.raw`[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] \d{2} \d{2} \d{2} [A-D]`,
    check: (text) => !/^(?:BG|GB|NK|KN|TN|NT|ZZ)/.test(text),
  },
  {
    kind: "gb_nhs",
    name: "nhs",
    written: String.raw`\d{3}[ -]?\d{3}[ -]?\d{4}`,
    check: (text) => (11 - (weighted(text, [10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11)) % 11 === last(text) && varied(text),
  },
  {
    kind: "fr_nir",
    name: "nir|s[ée]curit[ée] sociale|num[ée]ro de s[ée]cu|insee",
    written: String.raw`[12] ?\d{2} ?\d{2} ?(?:\d{2}|2[AB]) ?\d{3} ?\d{3} ?\d{2}`,
    apart: String.raw`[12] \d{2} (?:0[1-9]|1[0-2]|[2-9]\d) (?:\d{2}|2[AB]) \d{3} \d{3} \d{2}|[12]\d{2}(?:0[1-9]|1[0-2])(?:\d{2}|2[AB])\d{8}`,
    check: nir,
  },
  {
    kind: "de_tax_id",
    name: "steuer-?id(?:entifikationsnummer|nr)?|steuerliche identifikationsnummer|idnr|tax id",
    written: String.raw`[1-9]\d ?\d{3} ?\d{3} ?\d{3}`,
    check: mod11and10,
  },
  {
    kind: "es_dni",
    name: "dni|nif|documento(?: nacional)?(?: de identidad)?",
    written: String.raw`\d{2}\.?\d{3}\.?\d{3}[ -]?[A-Z]`,
    apart: String.raw`\d{8}-?[TRWAGMYFPDXBNJZSQVHLCKE]`,
    check: (text) => CONTROL[Number(text.slice(0, 8)) % 23] === text[8],
  },
  {
    kind: "es_nie",
    name: "nie",
    written: String.raw`[XYZ][ -]?\d{7}[ -]?[A-Z]`,
    apart: String.raw`[XYZ]-?\d{7}-?[TRWAGMYFPDXBNJZSQVHLCKE]`,
    check: (text) => CONTROL[Number("XYZ".indexOf(text[0] ?? "") + text.slice(1, 8)) % 23] === text[8],
  },
  {
    kind: "it_codice_fiscale",
    name: "codice fiscale|cod\\. ?fisc\\.|cf",
    written: String.raw`[A-Z]{6}[0-9LMNP-V]{2}[ABCDEHLMPRST][0-9LMNP-V]{2}[A-Z][0-9LMNP-V]{3}[A-Z]`,
    apart: String.raw`[A-Z]{6}[0-9LMNP-V]{2}[ABCDEHLMPRST][0-9LMNP-V]{2}[A-Z][0-9LMNP-V]{3}[A-Z]`,
    check: codiceFiscale,
  },
  {
    kind: "nl_bsn",
    name: "bsn|burgerservice(?:nummer)?|sofi",
    written: String.raw`\d{3}[ .]?\d{3}[ .]?\d{3}|\d{4}[ .]\d{2}[ .]\d{3}`,
    check: (text) => weighted(text, [9, 8, 7, 6, 5, 4, 3, 2, -1]) % 11 === 0 && varied(text),
  },
  {
    kind: "be_national_number",
    name: "rijksregister(?:nummer)?|registre national|num[ée]ro national|nrn|niss|insz|nn",
    written: String.raw`\d{2}\.?\d{2}\.?\d{2}[ -]?\d{3}[ .]?\d{2}`,
    apart: String.raw`\d{2}\.\d{2}\.\d{2}-\d{3}\.\d{2}`,
    check: (text) =>
      [text.slice(0, 9), `2${text.slice(0, 9)}`].some((number) => 97 - rest(number, 97) === Number(text.slice(9))),
  },
  {
    kind: "se_personnummer",
    name: "personnummer|pnr|personal identity",
    written: String.raw`(?:19|20)?\d{6}[-+]?\d{4}`,
    check: (text) => luhn(text.slice(-10)) && yymmdd(text.slice(-10)),
  },
  {
    kind: "no_fodselsnummer",
    name: "f[øo]dselsnummer|fnr|personnummer",
    written: String.raw`\d{6} ?\d{5}`,
    check: norwegian,
  },
  {
    kind: "dk_cpr",
    name: "cpr|personnummer",
    written: String.raw`\d{6}[- ]?\d{4}`,
    check: (text) => ddmmyy(text) && varied(text),
  },
  {
    kind: "fi_hetu",
    name: "hetu|henkil[öo]tunnus",
    written: String.raw`\d{6}[-+A-FU-Y]\d{3}[0-9A-FHJ-NPR-Y]`,
    apart: String.raw`\d{6}[-+A-FU-Y]\d{3}[0-9A-FHJ-NPR-Y]`,
    check: (text) => {
      const digits = text.replaceAll(/(?<=^\d{6})[A-Z](?=\d{3})/g, "");
      const number = Number(digits.slice(0, 9));
      return ddmmyy(digits) && "0123456789ABCDEFHJKLMNPRSTUVWXY"[number % 31] === digits[9];
    },
  },
  {
    kind: "pl_pesel",
    name: "pesel",
    written: String.raw`\d{11}`,
    check: (text) => weighted(text, [1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1]) % 10 === 0 && varied(text),
  },
  {
    kind: "pt_nif",
    name: "nif|contribuinte",
    written: String.raw`[1-9]\d{2} ?\d{3} ?\d{3}`,
    check: (text) => {
      const check = 11 - (weighted(text, [9, 8, 7, 6, 5, 4, 3, 2]) % 11);
      return (check > 9 ? 0 : check) === last(text) && varied(text);
    },
  },
  {
    kind: "ch_ahv",
    name: "ahv(?:-?nr)?|avs|sozialversicherungsnummer",
    written: String.raw`756\.?\d{4}\.?\d{4}\.?\d{2}`,
    apart: String.raw`756\.\d{4}\.\d{4}\.\d{2}`,
    check: (text) => weighted(text, [1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1]) % 10 === 0,
  },
  {
    kind: "at_svnr",
    name: "svnr|sozialversicherungsnummer|sv-?nummer",
    written: String.raw`[1-9]\d{3} ?\d{6}`,
    check: (text) => weighted(text, [3, 7, 9, 0, 5, 8, 4, 2, 1, 6]) % 11 === Number(text[3]) && ddmmyy(text.slice(4)),
  },
  { kind: "ie_pps", name: "pps(?:n)?", written: String.raw`\d{7}[A-W][A-IW]?`, check: ppsn },
  {
    kind: "cz_sk_birth_number",
    name: "rodn[ée] [čc][íi]slo|birth number|r[čc]",
    written: String.raw`\d{6}\/?\d{4}`,
    check: (text) => rest(text, 11) === 0 && varied(text),
  },
  {
    kind: "ro_cnp",
    name: "cnp|cod numeric personal",
    written: String.raw`[1-9]\d{12}`,
    check: (text) =>
      (weighted(text, [2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9]) % 11) % 10 === last(text) ||
      (weighted(text, [2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9]) % 11 === 10 && last(text) === 1),
  },
  {
    kind: "bg_egn",
    name: "egn|егн",
    written: String.raw`\d{10}`,
    check: (text) => (weighted(text, [2, 4, 8, 5, 10, 9, 7, 3, 6]) % 11) % 10 === last(text) && varied(text),
  },
  { kind: "hr_oib", name: "oib", written: String.raw`\d{11}`, check: mod11and10 },
  { kind: "gr_amka", name: "amka|αμκα", written: String.raw`\d{11}`, check: (text) => luhn(text) && ddmmyy(text) },
  { kind: "ee_isikukood", name: "isikukood|asmens kodas", written: String.raw`[1-6]\d{10}`, check: estonian },
  { kind: "tr_tckn", name: "tckn|tc kimlik(?: no)?|t\\.?c\\.?", written: String.raw`[1-9]\d{10}`, check: tckn },
];

const AMERICAS: readonly IdForm[] = [
  {
    kind: "us_itin",
    name: "itin|individual taxpayer(?: identification)?|taxpayer id(?:entification)?|tin",
    written: String.raw`9\d{2}[ .\u2010-\u2015-]?(?:5\d|6[0-5]|7\d|8[0-8]|9[0-24-9])[ .\u2010-\u2015-]?\d{4}`,
    check: varied,
  },
  {
    kind: "us_driving_licence",
    name: "driver'?s?[ _-]?licen[cs]e|driving[ _-]?licen[cs]e|dl",
    written: String.raw`(?=[A-Z0-9-]{0,16}\d{4})[A-Z0-9][A-Z0-9-]{5,16}`,
    severity: "medium",
    check: varied,
  },
  {
    kind: "us_medicare",
    name: "medicare|mbi",
    written: String.raw`[1-9][AC-HJKMNP-RT-Y][AC-HJKMNP-RT-Y0-9]\d-?[AC-HJKMNP-RT-Y][AC-HJKMNP-RT-Y0-9]\d-?[AC-HJKMNP-RT-Y]{2}\d{2}`,
    check: varied,
  },
  {
    kind: "ca_sin",
    name: "sin|social insurance",
    written: String.raw`\d{3}[ -]?\d{3}[ -]?\d{3}`,
    check: luhn,
  },
  {
    kind: "br_cpf",
    name: "cpf",
    written: String.raw`\d{3}\.?\d{3}\.?\d{3}-?\d{2}`,
    apart: String.raw`\d{3}\.\d{3}\.\d{3}-\d{2}`,
    check: cpf,
  },
  {
    kind: "mx_curp",
    name: "curp",
    written: String.raw`[A-Z][AEIOUX][A-Z]{2}\d{6}[HMX][A-Z]{2}[B-DF-HJ-NP-TV-Z]{3}[A-Z0-9]\d`,
    apart: String.raw`[A-Z][AEIOUX][A-Z]{2}\d{6}[HMX][A-Z]{2}[B-DF-HJ-NP-TV-Z]{3}[A-Z0-9]\d`,
    check: curp,
  },
  {
    kind: "cl_rut",
    name: "rut|run",
    written: String.raw`\d{1,2}\.?\d{3}\.?\d{3}-?[\dK]`,
    apart: String.raw`\d{1,2}\.\d{3}\.\d{3}-[\dK]`,
    check: rut,
  },
  {
    kind: "ar_cuil",
    name: "cui[lt]",
    written: String.raw`\d{2}-?\d{8}-?\d`,
    check: (text) => (11 - (weighted(text, [5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11)) % 11 === last(text) && varied(text),
  },
];

const ELSEWHERE: readonly IdForm[] = [
  {
    kind: "au_tfn",
    name: "tfn|tax file",
    written: String.raw`\d{3}[ -]?\d{3}[ -]?\d{3}`,
    check: (text) => weighted(text, [1, 4, 3, 7, 5, 8, 6, 9, 10]) % 11 === 0 && varied(text),
  },
  {
    kind: "au_medicare",
    name: "medicare",
    written: String.raw`[2-6]\d{3}[ -]?\d{5}[ -]?\d`,
    check: (text) => weighted(text, [1, 3, 7, 9, 1, 3, 7, 9]) % 10 === Number(text[8]),
  },
  {
    kind: "in_aadhaar",
    name: "aadhaa?r|uidai|uid",
    written: String.raw`[2-9]\d{3}[ -]?\d{4}[ -]?\d{4}`,
    check: verhoeff,
  },
  {
    kind: "in_pan",
    name: "pan|permanent account",
    written: String.raw`[A-Z]{3}[ABCFGHJLPT][A-Z]\d{4}[A-Z]`,
    apart: String.raw`[A-Z]{3}[ABCFGHJLPT][A-Z]\d{4}[A-Z]`,
    severity: "medium",
    check: varied,
  },
  {
    kind: "za_id",
    name: "(?:south african )?id|rsa id|identity",
    written: String.raw`\d{6} ?\d{4} ?\d{3}`,
    check: (text) => luhn(text) && yymmdd(text),
  },
  {
    kind: "kr_rrn",
    name: "rrn|resident registration|주민등록번호",
    written: String.raw`\d{6}-?[1-8]\d{6}`,
    apart: String.raw`\d{6}-[1-8]\d{6}`,
    check: (text) =>
      (11 - (weighted(text, [2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5]) % 11)) % 10 === last(text) && yymmdd(text),
  },
  {
    kind: "cn_resident_id",
    name: "身份证(?:号码?)?|resident id|citizen id",
    written: String.raw`[1-9]\d{5}(?:19|20)\d{9}[\dX]`,
    apart: String.raw`[1-9]\d{5}(?:19|20)\d{9}[\dX]`,
    check: (text) =>
      "10X98765432"[weighted(text, [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]) % 11] === text[17] &&
      isDate(Number(text.slice(6, 10)), Number(text.slice(10, 12)), Number(text.slice(12, 14))),
  },
  {
    kind: "tw_id",
    name: "身分證(?:字號)?|national id",
    written: String.raw`[A-Z][12]\d{8}`,
    check: (text) => {
      const value = "ABCDEFGHJKLMNPQRSTUVXYWZIO".indexOf(text[0] ?? "") + 10;
      return (
        (Math.floor(value / 10) + (value % 10) * 9 + weighted(text.slice(1), [8, 7, 6, 5, 4, 3, 2, 1, 1])) % 10 === 0
      );
    },
  },
  {
    kind: "hk_id",
    name: "hkid|hong kong id",
    written: String.raw`[A-Z]{1,2}\d{6}\(?[0-9A]\)?`,
    apart: String.raw`[A-Z]{1,2}\d{6}\([0-9A]\)`,
    check: hkid,
  },
  {
    kind: "sg_nric",
    name: "nric|fin",
    written: String.raw`[STFGM]\d{7}[A-Z]`,
    apart: String.raw`[STFGM]\d{7}[A-Z]`,
    check: nric,
  },
  {
    kind: "th_id",
    name: "thai id|เลขประจำตัวประชาชน|national id",
    written: String.raw`[1-8][ -]?\d{4}[ -]?\d{5}[ -]?\d{2}[ -]?\d`,
    apart: String.raw`[1-8]-\d{4}-\d{5}-\d{2}-\d`,
    check: (text) => (11 - (weighted(text, [13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11)) % 10 === last(text),
  },
  {
    kind: "il_id",
    name: "teudat zehut|israeli id|ת\\.?ז\\.?",
    written: String.raw`\d{9}`,
    check: luhn,
  },
  {
    kind: "jp_my_number",
    name: "my ?number|マイナンバー|個人番号",
    written: String.raw`\d{4}[ -]?\d{4}[ -]?\d{4}`,
    check: (text) => {
      const check = 11 - (weighted(text, [6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11);
      return (check > 9 ? 0 : check) === last(text) && varied(text);
    },
  },
];

export const ID_FORMS: readonly IdForm[] = [...EUROPE, ...AMERICAS, ...ELSEWHERE];
