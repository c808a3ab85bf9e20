interface Column {
  readonly name: string;
  /** Of amounts and counts. */
  readonly isRight?: true;
  /** For screen readers alone: what stands in it says what it is. */
  readonly isUnseen?: true;
}

export const right = (name: string): Column => ({ name, isRight: true });
export const unseen = (name: string): Column => ({ name, isUnseen: true });

/** The names of a table's columns. */
export const Head = ({ of }: { of: readonly (string | Column)[] }) => (
  <thead>
    <tr>
      {of
        .map((column): Column => (typeof column === "string" ? { name: column } : column))
        .map(({ name, isRight, isUnseen }, index) => (
          <th key={index} scope="col" class={isRight && "right"}>
            {isUnseen ? <span class="hidden">{name}</span> : name}
          </th>
        ))}
    </tr>
  </thead>
);
