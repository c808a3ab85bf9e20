/** The messages of an error and of what caused it. */
const causes = (error: unknown): readonly string[] =>
  error instanceof Error ? [error.message, ...(error.cause === undefined ? [] : causes(error.cause))] : [String(error)];

/** What the referees found: one line per check as it goes, and the count at the end. */
export class Report {
  readonly #failures: string[] = [];
  #passed = 0;
  #skipped = 0;

  pass(what: string): void {
    this.#passed += 1;
    console.log(`  ok    ${what}`);
  }

  fail(what: string, why: string): void {
    this.#failures.push(what);
    console.log(`  FAIL  ${what}\n${why.trimEnd().replaceAll(/^/gm, "        ")}`);
  }

  /** What another has counted. */
  add(what: string, counted: { readonly passed: number; readonly failed: number; readonly notes: readonly string[] }) {
    this.#passed += counted.passed;
    for (let at = 0; at < counted.failed; at++) this.#failures.push(what);
    for (const note of counted.notes) console.log(`        ${note}`);
    console.log(
      `  ${counted.failed === 0 ? "ok  " : "FAIL"}  ${what}: ${counted.passed} passed, ${counted.failed} failed`,
    );
  }

  /** A referee that is not on this machine: said, and counted apart. */
  skip(what: string, why: string): void {
    this.#skipped += 1;
    console.log(`  skip  ${what}: ${why}`);
  }

  /** True where it held. */
  async check(what: string, act: () => Promise<void>): Promise<boolean> {
    try {
      await act();
      this.pass(what);
      return true;
    } catch (error) {
      this.fail(what, causes(error).join("\n"));
      return false;
    }
  }

  /** Prints the sum; true where nothing failed. */
  conclude(): boolean {
    console.log();
    for (const what of this.#failures) console.log(`failed: ${what}`);
    const skipped = this.#skipped === 0 ? "" : `, ${this.#skipped} skipped`;
    console.log(`${this.#passed} passed, ${this.#failures.length} failed${skipped}`);
    return this.#failures.length === 0 && this.#passed > 0;
  }
}
