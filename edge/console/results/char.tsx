import { useEffect, useState } from "preact/hooks";
import { bytes, label } from "../formats.ts";
import { download, Facts } from "../parts.tsx";
import type { ResultProps } from "./result-parts.tsx";

/** Drawn as an image from its bytes: whatever an SVG holds, as an image it runs nothing and loads nothing. */
export function CharResult({ output: { data, artifacts } }: ResultProps<"char">) {
  const svg = artifacts.find(({ name }) => name === data.artifact)?.text;
  const [src, setSrc] = useState<string>();
  useEffect(() => {
    if (svg === undefined) return;
    const url = URL.createObjectURL(new Blob([svg], { type: "image/svg+xml" }));
    setSrc(url);
    return () => URL.revokeObjectURL(url);
  }, [svg]);
  const { licence } = data;
  return (
    <div class="split">
      {src === undefined ? (
        <p class="muted">The portrait is not in the result.</p>
      ) : (
        <img class="portrait" src={src} alt={`Portrait of ${data.name}`} />
      )}
      <Facts
        of={[
          ["Name", data.name],
          ["Style", label(data.style)],
          ["Seed", data.seed],
          ["Size", `${data.size} px, ${bytes(data.bytes)}`],
          ["Artist", licence.artist],
          ["Source", licence.source],
          ["Licence", licence.name],
          ["Attribution", licence.attribution],
        ]}
      />
      <p>
        {artifacts.map((artifact) => (
          <button key={artifact.name} type="button" class="small" onClick={() => save(artifact)}>
            Download {artifact.name}
          </button>
        ))}
      </p>
    </div>
  );
}

function save({ name, content_type, text, base64 = "" }: ResultProps<"char">["output"]["artifacts"][number]): void {
  download(name, content_type, text ?? Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0)));
}
