import { bytes } from "../formats.ts";
import { Facts } from "../parts.tsx";
import { type ResultProps, Share } from "./result-parts.tsx";
import { type Line, linesOf } from "./json-lines.ts";

const MAX_LINES = 500;

export function ExtractResult({ output: { data } }: ResultProps<"extract">) {
  const { source, grounding } = data;
  const lines = linesOf(data.value, new Set(grounding.missing));
  return (
    <div class="stack">
      <div class="reading" role="region" aria-label="What was extracted" tabIndex={0}>
        {lines.slice(0, MAX_LINES).map((line) => (
          <One key={line.pointer} line={line} />
        ))}
        {lines.length > MAX_LINES && <p class="muted">… download the result to see the rest.</p>}
      </div>
      <Facts
        of={[
          [
            "In the source",
            grounding.values > 0 && (
              <Share
                of={grounding.found / grounding.values}
                label={`${grounding.found} of ${grounding.values} texts and numbers`}
              />
            ),
          ],
          ["Read", `${source.chars} characters${source.truncated ? ", and there was more" : ""}`],
          source.kind === "page" && ["Address", source.final_url],
          source.kind === "page" && ["Page", `${bytes(source.bytes)}, ${source.content_type}`],
          ["Model", data.model],
          ["Tokens", `${data.tokens}, in ${data.tries} ${data.tries === 1 ? "try" : "tries"}`],
        ]}
      />
    </div>
  );
}

const One = ({ line: { depth, name, text, missing } }: { line: Line }) => (
  <div style={{ paddingInlineStart: `${depth * 1.25}rem` }}>
    {name !== "" && <span class="muted">{name}: </span>}
    {text}
    {missing && <span class="muted small-text"> (not in the source as it is)</span>}
  </div>
);
