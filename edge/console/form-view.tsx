import { useState } from "preact/hooks";
import {
  cellOf,
  errorAt,
  type Field as FormField,
  type FieldError,
  type FieldValue,
  type Matrix,
  matrixNames,
  pointerTo,
  pointerToColumn,
  type Row,
  type Values,
  withCell,
} from "./form-fields.ts";
import { bytes, label } from "./formats.ts";
import { Field, TableRegion } from "./parts.tsx";
import { Head, right } from "./table-head.tsx";

interface ControlProps<F extends FormField = FormField> {
  readonly field: F;
  readonly value: FieldValue | undefined;
  readonly values: Values;
  readonly errors: readonly FieldError[];
  readonly pointer: string;
  readonly onChange: (value: FieldValue) => void;
}

export function FieldControl(props: ControlProps) {
  const { field } = props;
  switch (field.kind) {
    case "boolean":
      return <Check {...props} />;
    case "choices":
      return <Choices {...props} field={field} />;
    case "rows":
      return <Rows {...props} field={field} />;
    case "matrix":
      return <MatrixControl {...props} field={field} />;
    case "image":
      return <ImageControl {...props} />;
    case "text":
    case "long":
    case "number":
    case "choice":
    case "texts":
    case "json":
      return <OneControl {...props} />;
  }
}

/** A text of the API, in which names stand between backticks. */
const Words = ({ of: text = "" }: { of: string | undefined }) => (
  <>{text.split("`").map((part, index) => (index % 2 === 0 ? part : <code key={index}>{part}</code>))}</>
);

const helpOf = ({ kind, help }: FormField): string | undefined => {
  if (kind === "texts") return `${help ?? ""} One a line.`.trim();
  return kind === "json" ? `${help ?? ""} As JSON.`.trim() : help;
};

function OneControl({ field, value, errors, pointer, onChange }: ControlProps) {
  const text = typeof value === "string" ? value : "";
  return (
    <Field
      label={label(field.name)}
      optional={!field.required}
      help={helpOf(field) && <Words of={helpOf(field)} />}
      error={errorAt(errors, pointer)}
    >
      {(attributes) => {
        const given = {
          ...attributes,
          value: text,
          onInput: (event: Event) => onChange((event.currentTarget as HTMLInputElement).value),
        };
        if (field.kind === "choice")
          return (
            <select {...given}>
              {!field.options.includes(text) && <option value="">Default</option>}
              {field.options.map((option) => (
                <option key={option} value={option}>
                  {label(option)}
                </option>
              ))}
            </select>
          );
        if (field.kind === "long") return <textarea {...given} rows={6} />;
        if (field.kind === "texts") return <textarea {...given} rows={4} />;
        if (field.kind === "json") return <textarea {...given} class="code" rows={3} spellcheck={false} />;
        return (
          <input
            {...given}
            inputMode={field.kind === "number" ? "decimal" : undefined}
            maxLength={field.kind === "text" ? field.max : undefined}
          />
        );
      }}
    </Field>
  );
}

const Check = ({ field, value, errors, pointer, onChange }: ControlProps) => (
  <div class="field">
    <label class="check">
      <input
        type="checkbox"
        checked={value === "true"}
        onChange={(event) => onChange(String(event.currentTarget.checked))}
      />
      <span>
        {label(field.name)}
        {field.help && (
          <span class="help">
            {" "}
            <Words of={field.help} />
          </span>
        )}
      </span>
    </label>
    {errorAt(errors, pointer) && <p class="error">{errorAt(errors, pointer)}</p>}
  </div>
);

function Choices({
  field,
  value,
  errors,
  pointer,
  onChange,
}: ControlProps<FormField & { readonly options: readonly string[] }>) {
  const chosen = Array.isArray(value) ? (value as readonly string[]) : [];
  const error = errorAt(errors, pointer);
  const toggle = (option: string) =>
    onChange(chosen.includes(option) ? chosen.filter((each) => each !== option) : [...chosen, option]);
  return (
    <fieldset class={error ? "field invalid" : "field"}>
      <legend>
        {label(field.name)}
        {!field.required && <span class="muted"> optional</span>}
      </legend>
      <div class="tiles">
        {field.options.map((option) => (
          <label key={option} class="check">
            <input
              type="checkbox"
              aria-invalid={error ? true : undefined}
              checked={chosen.includes(option)}
              onChange={() => toggle(option)}
            />
            <span>{label(option)}</span>
          </label>
        ))}
      </div>
      {error && <p class="error">{error}</p>}
      {field.help && (
        <p class="help">
          <Words of={field.help} />
        </p>
      )}
    </fieldset>
  );
}

const FIRST_COLUMNS = 3;

function Rows({ field, value, values, errors, pointer, onChange }: ControlProps<FormField & { kind: "rows" }>) {
  const rows = Array.isArray(value) ? (value as readonly Row[]) : [];
  const first = field.columns.filter((column, index) => column.required || index < FIRST_COLUMNS);
  const others = field.columns.filter((column) => !first.includes(column));
  const set = (index: number, name: string, cell: string) =>
    onChange(rows.map((row, at) => (at === index ? { ...row, [name]: cell } : row)));
  const cellOf = (column: FormField, row: Row, index: number) => (
    <FieldControl
      key={column.name}
      field={{ ...column, help: undefined }}
      value={row[column.name]}
      values={values}
      errors={errors}
      pointer={`${pointer}${pointerTo(index)}${pointerToColumn(column.name)}`}
      onChange={(cell) => typeof cell === "string" && set(index, column.name, cell)}
    />
  );
  return (
    <fieldset>
      <legend>
        {label(field.name)}
        {!field.required && <span class="muted"> optional</span>}
      </legend>
      {field.help && (
        <p class="help">
          <Words of={field.help} />
        </p>
      )}
      {errors.some((error) => error.pointer === pointer) && <p class="error">{errorAt(errors, pointer, false)}</p>}
      <div class="row-cards">
        {rows.map((row, index) => (
          <div key={index} class="row-card">
            <div>{first.map((column) => cellOf(column, row, index))}</div>
            <button
              type="button"
              class="small"
              aria-label={`Remove ${label(field.name).toLowerCase()} ${index + 1}`}
              onClick={() => onChange(rows.filter((_, at) => at !== index))}
            >
              Remove
            </button>
            {others.length > 0 && (
              <details open={others.some(({ name }) => (row[name] ?? "") !== "")}>
                <summary class="small-text">More</summary>
                <div class="row-card-more">{others.map((column) => cellOf(column, row, index))}</div>
              </details>
            )}
          </div>
        ))}
      </div>
      <p>
        <button
          type="button"
          class="small"
          disabled={field.max !== undefined && rows.length >= field.max}
          onClick={() => onChange([...rows, newRow(field.columns)])}
        >
          Add {rows.length === 0 ? "one" : "another"}
        </button>
      </p>
    </fieldset>
  );
}

/** A choice that must be made begins with its first option, as it is shown. */
const newRow = (columns: readonly FormField[]): Row =>
  Object.fromEntries(
    columns.flatMap((column) =>
      column.kind === "choice" && column.required ? [[column.name, column.options[0] ?? ""]] : [],
    ),
  );

function MatrixControl({
  field,
  value,
  values,
  errors,
  pointer,
  onChange,
}: ControlProps<FormField & { kind: "matrix" }>) {
  const { lines, columns } = matrixNames(field, values);
  const matrix = (value ?? {}) as Matrix;
  const error = errorAt(errors, pointer);
  return (
    <fieldset>
      <legend>{label(field.name)}</legend>
      {field.help && (
        <p class="help">
          <Words of={field.help} />
        </p>
      )}
      {error && <p class="error">{error}</p>}
      {lines.length === 0 || columns.length === 0 ? (
        <p class="muted">
          Name {label(field.lines).toLowerCase()} and {label(field.columns).toLowerCase()} first.
        </p>
      ) : (
        <TableRegion label={label(field.name)}>
          <table class="matrix">
            <Head of={[label(field.lines), ...columns.map(right)]} />
            <tbody>
              {lines.map((line) => (
                <tr key={line}>
                  <th scope="row">{line}</th>
                  {columns.map((column) => (
                    <td key={column}>
                      <input
                        inputMode="decimal"
                        aria-label={`${line}, ${column}`}
                        aria-invalid={errorAt(errors, `${pointer}${pointerTo(line, column)}`) ? true : undefined}
                        value={cellOf(matrix, line, column)}
                        onInput={(event) => onChange(withCell(matrix, line, column, event.currentTarget.value))}
                      />
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </TableRegion>
      )}
    </fieldset>
  );
}

function ImageControl({ field, value, errors, pointer, onChange }: ControlProps) {
  const [picked, setPicked] = useState<{ name?: string; error?: string }>({});
  const text = typeof value === "string" ? value : "";
  const max = field.kind === "image" && field.max !== undefined ? Math.floor(field.max / 4) * 3 : undefined;
  const pick = async (file: File | undefined) => {
    if (file === undefined) return;
    if (max !== undefined && file.size > max)
      return setPicked({ error: `This file has ${bytes(file.size)}; ${bytes(max)} is the most.` });
    onChange(base64Of(new Uint8Array(await file.arrayBuffer())));
    setPicked({ name: file.name });
  };
  return (
    <Field
      label={label(field.name)}
      optional={!field.required}
      help={field.help && <Words of={field.help} />}
      error={picked.error ?? errorAt(errors, pointer)}
    >
      {(attributes) => (
        <>
          <input
            {...attributes}
            type="file"
            accept="image/png,image/jpeg,image/webp"
            onChange={(event) => void pick(event.currentTarget.files?.[0])}
          />
          {text !== "" && (
            <p class="between small-text">
              <span>
                {picked.name ?? "An image"}, {bytes(Math.floor((text.length / 4) * 3))}
              </span>
              <button
                type="button"
                class="link"
                onClick={() => {
                  onChange("");
                  setPicked({});
                }}
              >
                Remove the image
              </button>
            </p>
          )}
        </>
      )}
    </Field>
  );
}

/** In pieces: a call takes only so many arguments. */
function base64Of(content: Uint8Array): string {
  let binary = "";
  for (let at = 0; at < content.length; at += 8_192) binary += String.fromCharCode(...content.subarray(at, at + 8_192));
  return btoa(binary);
}
