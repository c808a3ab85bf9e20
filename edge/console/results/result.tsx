import type { ComponentChildren } from "preact";
import type { Output, PackType, Run } from "../../client/client.ts";
import { Boundary, Panel } from "../parts.tsx";
import { CharResult } from "./char.tsx";
import { ComplianceResult } from "./compliance.tsx";
import { DecisionResult } from "./decision.tsx";
import { EvalResult } from "./eval.tsx";
import { ExtractResult } from "./extract.tsx";
import { OcrResult } from "./ocr.tsx";
import type { ResultProps } from "./result-parts.tsx";
import { UrlResult } from "./url.tsx";

/** A result as its pack deserves; one of a pack that this console does not know is shown as JSON. */
export function Result({ output, run }: { output: Output; run: Run }) {
  return (
    <>
      <Panel title="Result">
        <Boundary
          at={run.run_id}
          fallback={() => <p>This result has another form than the console knows. It is below, as JSON.</p>}
        >
          {viewOf(output, run)}
        </Boundary>
      </Panel>
      <Panel>
        <details>
          <summary>Result as JSON</summary>
          <pre tabIndex={0} aria-label="Result as JSON">
            {shortJson(output)}
          </pre>
        </details>
      </Panel>
    </>
  );
}

function viewOf(output: Output, { inputs: given }: Run): ComponentChildren {
  const inputs = (given ?? undefined) as ResultProps<PackType>["inputs"];
  switch (output.pack_type) {
    case "decision":
      return <DecisionResult output={output} inputs={inputs} />;
    case "url":
      return <UrlResult output={output} inputs={inputs} />;
    case "char":
      return <CharResult output={output} inputs={inputs} />;
    case "compliance":
      return <ComplianceResult output={output} inputs={inputs} />;
    case "eval":
      return <EvalResult output={output} inputs={inputs} />;
    case "extract":
      return <ExtractResult output={output} inputs={inputs} />;
    case "ocr":
      return <OcrResult output={output} inputs={inputs} />;
    default:
      return <pre tabIndex={0}>{shortJson(output)}</pre>;
  }
}

const MAX_SHOWN_CHARS = 100_000;
export function shortJson(value: unknown): string {
  const text = JSON.stringify(value, null, 2);
  return text.length <= MAX_SHOWN_CHARS ? text : `${text.slice(0, MAX_SHOWN_CHARS)}\n… download it to see the rest`;
}
