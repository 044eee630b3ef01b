import type { Bytes } from '../cache.ts'

/** One byte range as asked for (RFC 9110 §14.1.2): from an offset to another or to the end, or the last so many. */
export type RangeSpec =
  | { readonly kind: 'from'; readonly first: Bytes; readonly last: Bytes | undefined }
  | { readonly kind: 'suffix'; readonly length: Bytes }

/** What a range comes to on a body of a known length; `end` is inclusive, as in Content-Range. */
export type SelectedRange =
  | { readonly kind: 'part'; readonly start: Bytes; readonly end: Bytes }
  | { readonly kind: 'unsatisfiable' }
  | { readonly kind: 'whole' }

const single = /^bytes=[ \t,]*(\d*)-(\d*)[ \t,]*$/i

/**
 * The range a Range field asks for, or undefined where the field is to be ignored and the whole sent instead (RFC 9110
 * §14.2 allows that always): no field, another unit, a syntax error, and several ranges, which no player asks for.
 */
export function parseRange(header: string | undefined): RangeSpec | undefined {
  if (header === undefined) return undefined
  const match = single.exec(header)
  if (match === null) return undefined
  const [, first, last] = match as unknown as [string, string, string]
  if (first === '') return last === '' ? undefined : { kind: 'suffix', length: Number(last) }
  if (last === '') return { kind: 'from', first: Number(first), last: undefined }
  // A last byte before the first makes the whole field invalid, not unsatisfiable (§14.1.2).
  return Number(last) < Number(first) ? undefined : { kind: 'from', first: Number(first), last: Number(last) }
}

/** The bytes a range selects of a body of that length, cut to what there is. */
export function selectRange(spec: RangeSpec | undefined, length: Bytes): SelectedRange {
  if (spec === undefined) return { kind: 'whole' }
  if (spec.kind === 'suffix') return selectSuffix(spec.length, length)
  if (spec.first >= length) return { kind: 'unsatisfiable' }
  return { kind: 'part', start: spec.first, end: Math.min(spec.last ?? Number.POSITIVE_INFINITY, length - 1) }
}

function selectSuffix(wanted: Bytes, length: Bytes): SelectedRange {
  if (wanted === 0) return { kind: 'unsatisfiable' }
  // Satisfiable by §14.1.2 ("if the selected representation is shorter, the entire is used"), but no Content-Range can
  // say "no bytes": the empty body is sent whole.
  return length === 0
    ? { kind: 'whole' }
    : { kind: 'part', start: Math.max(0, length - wanted), end: length - 1 }
}

/** The Content-Range of a 206 (RFC 9110 §14.4); `end` inclusive, `length` undefined while it is not known. */
export function contentRange(start: Bytes, end: Bytes, length: Bytes | undefined): string {
  return `bytes ${start}-${end}/${length ?? '*'}`
}

/** The Content-Range of a 416 (RFC 9110 §15.5.17): nothing of so many. */
export function unsatisfiedRange(length: Bytes): string {
  return `bytes */${length}`
}
