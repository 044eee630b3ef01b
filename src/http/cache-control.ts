import type { Seconds } from '../cache.ts'
import { listOf } from './fields.ts'

/** One directive as it was written: its name in lower case, its argument without quotes, '' for one that is not well formed. */
export interface Directive {
  readonly name: string
  readonly argument: string | undefined
}

/** The directives of RFC 9111 §5.2 and RFC 5861, of a request or a response. Undefined: not there. */
export interface CacheControl {
  /** 0 where the argument is no number: what is invalid counts as stale (§4.2.1). */
  readonly maxAge: Seconds | undefined
  readonly sMaxage: Seconds | undefined
  /** Infinite where no limit is given. */
  readonly maxStale: Seconds | undefined
  readonly minFresh: Seconds | undefined
  readonly staleWhileRevalidate: Seconds | undefined
  readonly staleIfError: Seconds | undefined
  /** The unqualified form: the response as a whole. */
  readonly noCache: boolean
  readonly private: boolean
  /** The qualified form: these fields only, in lower case. */
  readonly noCacheFields: readonly string[]
  readonly privateFields: readonly string[]
  readonly noStore: boolean
  readonly public: boolean
  readonly mustRevalidate: boolean
  readonly proxyRevalidate: boolean
  readonly mustUnderstand: boolean
  readonly onlyIfCached: boolean
}

/** Reads a Cache-Control field, its lines joined (RFC 9111 §5.2). */
export function parseCacheControl(value: string | undefined): CacheControl {
  return value === undefined || value === '' ? nothing : controlFrom(listOf(value).map(directiveIn))
}

/** The directives as a whole; of one that is given more than once the first counts (RFC 9111 §4.2.1). */
export function controlFrom(directives: readonly Directive[]): CacheControl {
  const has = (name: string) => directives.some((directive) => directive.name === name)
  const first = (name: string) => directives.find((directive) => directive.name === name)
  return {
    maxAge: lifetimeIn(first('max-age')),
    sMaxage: lifetimeIn(first('s-maxage')),
    maxStale:
      has('max-stale') && first('max-stale')!.argument === undefined
        ? Infinity
        : secondsIn(first('max-stale')),
    minFresh: secondsIn(first('min-fresh')),
    staleWhileRevalidate: secondsIn(first('stale-while-revalidate')),
    staleIfError: secondsIn(first('stale-if-error')),
    noCache: isUnqualified(directives, 'no-cache'),
    private: isUnqualified(directives, 'private'),
    noCacheFields: fieldsIn(directives, 'no-cache'),
    privateFields: fieldsIn(directives, 'private'),
    noStore: has('no-store'),
    public: has('public'),
    mustRevalidate: has('must-revalidate'),
    proxyRevalidate: has('proxy-revalidate'),
    mustUnderstand: has('must-understand'),
    onlyIfCached: has('only-if-cached')
  }
}

const nothing = controlFrom([])

/** The greatest number of seconds that has to be understood; a greater one counts as this (RFC 9111 §1.2.2). */
const mostSeconds: Seconds = 2 ** 31

/** A number of seconds (RFC 9111 §1.2.2), or undefined for what is none. */
export function deltaSeconds(text: string | undefined): Seconds | undefined {
  return text !== undefined && /^\d+$/.test(text) ? Math.min(Number(text), mostSeconds) : undefined
}

const wellFormed = /^([\w!#$%&'*+.^`|~-]+)(?:=(?:"((?:[^"\\]|\\.)*)"|([\w!#$%&'*+.^`|~-]+)))?$/
const itsName = /^[\w!#$%&'*+.^`|~-]*/

/** What is not well formed still counts by its name: a damaged `no-store` is no leave to store. */
function directiveIn(member: string): Directive {
  const match = wellFormed.exec(member)
  if (match === null) return { name: itsName.exec(member)![0].toLowerCase(), argument: '' }
  return { name: match[1]!.toLowerCase(), argument: match[2]?.replace(/\\(.)/g, '$1') ?? match[3] }
}

function secondsIn(directive: Directive | undefined): Seconds | undefined {
  return deltaSeconds(directive?.argument)
}

function lifetimeIn(directive: Directive | undefined): Seconds | undefined {
  return directive === undefined ? undefined : (secondsIn(directive) ?? 0)
}

/** An empty list of fields is taken for the stricter form (RFC 9111 §4.2.1: "the most restrictive directive"). */
function isUnqualified(directives: readonly Directive[], name: string): boolean {
  return directives.some((directive) => directive.name === name && namesIn(directive).length === 0)
}

function fieldsIn(directives: readonly Directive[], name: string): string[] {
  return directives.filter((directive) => directive.name === name).flatMap(namesIn)
}

function namesIn(directive: Directive): string[] {
  return listOf((directive.argument ?? '').toLowerCase())
}
