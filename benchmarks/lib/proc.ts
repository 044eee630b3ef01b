import { readdirSync, readFileSync } from 'node:fs'
import type { Bytes } from '../../src/cache.ts'

export type Microseconds = number

/** What Linux counts processor time in for programs; 100 a second on every machine (proc(5), sysconf(3)). */
const tick: Microseconds = 10_000

/** A process and all its descendants. */
export function treeOf(pid: number): readonly number[] {
  const parents = new Map<number, number>()
  for (const name of readdirSync('/proc')) {
    const fields = /^\d+$/.test(name) ? statOf(Number(name)) : undefined
    if (fields !== undefined) parents.set(Number(name), Number(fields[1]))
  }
  const tree = [pid]
  for (const member of tree) for (const [child, parent] of parents) if (parent === member) tree.push(child)
  return tree
}

/** Processor time used so far by a process, its threads and all its descendants, to 10 ms. */
export function cpuOf(pid: number): Microseconds {
  let ticks = 0
  for (const member of treeOf(pid)) {
    // utime, stime, and those of children that have ended: fields 14 to 17 of proc(5), counted from the state here.
    const [user, system, deadUser, deadSystem] = statOf(member)?.slice(11, 15) ?? []
    ticks += Number(user ?? 0) + Number(system ?? 0) + Number(deadUser ?? 0) + Number(deadSystem ?? 0)
  }
  return ticks * tick
}

/** What a process and its descendants hold in memory now. */
export function residentOf(pid: number): Bytes {
  return memoryOf(pid, 'VmRSS')
}

/** The most that they have ever held. */
export function peakResidentOf(pid: number): Bytes {
  return memoryOf(pid, 'VmHWM')
}

function memoryOf(pid: number, field: string): Bytes {
  const pattern = new RegExp(`^${field}:\\s*(\\d+) kB`, 'm')
  return treeOf(pid).reduce(
    (sum, member) => sum + Number(pattern.exec(read(`/proc/${member}/status`))?.[1] ?? 0) * 1024,
    0
  )
}

/** The fields of /proc/PID/stat after the name, which may hold spaces; undefined when the process is gone. */
function statOf(pid: number): string[] | undefined {
  const line = read(`/proc/${pid}/stat`)
  return line === '' ? undefined : line.slice(line.lastIndexOf(')') + 2).split(' ')
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    // It ended between two reads, which is no news here.
    return ''
  }
}
