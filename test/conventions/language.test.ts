import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

const files = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], { encoding: "utf8" })
  .split("\n")
  .filter(
    (file) => /^(edge|backend|migrations|test)\/.*\.(tsx?|sql|lua)$/.test(file) && !file.includes("language.test"),
  );

/** Words of our own for which the field has a term; see backend/core/GLOSSARY.md. */
const BANNED_WORDS = new Set(
  (
    "unfit strangers lapsed outlived buried aftermath doctored hurried roomy scene scenes duel duels story stories tellings " +
    "yieldto books whoever mend told goround"
  ).split(" "),
);

const BANNED_PHRASES =
  /\b(does not fit|do not fit|nothing at this address|this address takes|is none\b|by itself alone|whoever|shall|anew|for ever|as many as may be)\b/i;

/** The words of the names in a file, without its comments and texts. */
function* words(text: string): Generator<string> {
  const code = text
    .replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*|^\s*--.*$/gm, "")
    .replaceAll(/"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`|\/(?![*\s])(?:[^/\\\n]|\\.)+\/[a-z]*/g, "");
  for (const [name] of code.matchAll(/[A-Za-z_][A-Za-z0-9_]*/g)) {
    yield name.toLowerCase();
    for (const [word] of name.matchAll(/[A-Z]?[a-z]+|[A-Z]+(?![a-z])/g)) yield word.toLowerCase();
  }
}

describe("the language", () => {
  test("of names is the field's", () => {
    const wrong = files.flatMap((file) =>
      [...new Set(words(readFileSync(file, "utf8")))]
        .filter((word) => BANNED_WORDS.has(word))
        .map((word) => `${file}: ${word}`),
    );
    expect(wrong).toEqual([]);
  });

  test("of file names is the field's", () => {
    const wrong = files.filter((file) => file.split(/[/.-]/).some((word) => BANNED_WORDS.has(word)));
    expect(wrong).toEqual([]);
  });

  test.each([
    [
      "the README and the guides",
      ["README.md", "backend/deploy/REFERENCE.md", "backend/core/PROTOCOL.md", ".github/CONTRIBUTING.md"],
    ],
    ["the product", files.filter((file) => /^(edge|backend|migrations)\//.test(file))],
  ])("of %s has no phrases of our own", (_, all) => {
    const wrong = all.flatMap((file) =>
      readFileSync(file, "utf8")
        .split("\n")
        .flatMap((line, index) => (BANNED_PHRASES.test(line) ? [`${file}:${index + 1}: ${line.trim()}`] : [])),
    );
    expect(wrong).toEqual([]);
  });
});
