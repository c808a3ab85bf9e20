import { bytes } from "../formats.ts";
import { Facts } from "../parts.tsx";
import type { ResultProps } from "./result-parts.tsx";
import { boxesOf, linesOf } from "./segments.ts";

const MAX_WORDS = 3_000;

const wordAt = (target: EventTarget | null): string | undefined =>
  (target instanceof Element && target.closest("[data-word]")?.getAttribute("data-word")) || undefined;

/** By class alone: drawing thousands of words and boxes again at each move of the pointer takes too long. */
function light(root: Element, word: string | undefined): void {
  for (const lit of root.querySelectorAll(".hot")) lit.classList.remove("hot");
  if (word === undefined) return;
  for (const each of root.querySelectorAll(`[data-word="${word}"]`)) each.classList.add("hot");
}

/** The image with the words' boxes over it, and the text beside; a word and its box are lit together. */
export function OcrResult({ output: { data }, inputs }: ResultProps<"ocr">) {
  const image =
    typeof inputs?.["image"] === "string" ? `data:image/${data.format};base64,${inputs["image"]}` : undefined;
  const words = data.words.slice(0, MAX_WORDS);
  return (
    <div class="stack">
      <div
        class="split"
        onMouseOver={(event) => light(event.currentTarget, wordAt(event.target))}
        onMouseLeave={(event) => light(event.currentTarget, undefined)}
      >
        <div class="stack">
          <h3>{image === undefined ? "Where the words are" : "Image"}</h3>
          <div class="picture">
            {image !== undefined && <img src={image} alt="The image that was read" />}
            <svg viewBox={`0 0 ${data.width} ${data.height}`} role="img" aria-label={`Boxes of ${words.length} words`}>
              {boxesOf(words, data).map(({ index, ...box }) => (
                <rect key={index} {...box} data-word={index} />
              ))}
            </svg>
          </div>
        </div>
        <div class="stack">
          <h3>Text</h3>
          <div class="text words" tabIndex={0} role="region" aria-label="Text that was read">
            {linesOf(words).map((line) => (
              <div key={line[0]?.index}>
                {line.map((word) => (
                  <span key={word.index} data-word={word.index} title={`Confidence ${Math.round(word.confidence)}%`}>
                    {word.text}{" "}
                  </span>
                ))}
              </div>
            ))}
            {words.length === 0 && <span class="muted">No text was found.</span>}
          </div>
        </div>
      </div>
      <Facts
        of={[
          ["Confidence", `${data.confidence.toFixed(1)}%`],
          ["Words", String(data.words_total)],
          data.unread !== undefined && data.unread > 0 && ["Letters not read", `${(data.unread * 100).toFixed(1)}%`],
          ["Image", `${data.width} × ${data.height} px, ${data.format.toUpperCase()}, ${bytes(data.bytes)}`],
          data.rotation.skew_degrees !== 0 && ["Skew undone", `${data.rotation.skew_degrees}°`],
          data.rotation.half_turn && ["Turned", "It was upside down"],
        ]}
      />
    </div>
  );
}
