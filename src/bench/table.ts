/** One row of a table: a name and figures, or whatever else there is to read. */
export type Row = readonly string[]

const numeric = /^[-–—]$|^[<≤≥]?\s?-?\d/

/** Lays rows out under a head in columns for a terminal: figures to the right, words to the left. */
export function table(head: Row, rows: readonly Row[]): string {
  const columns = head.map((title, index) =>
    column(
      title,
      rows.map((row) => row[index] ?? '')
    )
  )
  const lines = [head, ...rows].map((_, line) =>
    columns
      .map((cells) => cells[line])
      .join('  ')
      .trimEnd()
  )
  const rule = columns
    .map((cells) => '─'.repeat(cells[0]?.length ?? 0))
    .join('  ')
    .trimEnd()
  return [lines[0], rule, ...lines.slice(1)].join('\n')
}

function column(title: string, cells: readonly string[]): string[] {
  const width = Math.max(title.length, ...cells.map((cell) => cell.length))
  const right =
    cells.some((cell) => numeric.test(cell)) && cells.every((cell) => cell === '' || numeric.test(cell))
  return [title, ...cells].map((cell) => (right ? cell.padStart(width) : cell.padEnd(width)))
}

/** A number with as many digits as matter, or a dash where there is none. */
export function figure(value: number | undefined, digits = 3): string {
  if (value === undefined || !Number.isFinite(value)) return '–'
  if (Math.abs(value) >= 10 ** (digits - 1)) return Math.round(value).toString()
  return String(Number(value.toPrecision(digits)))
}
