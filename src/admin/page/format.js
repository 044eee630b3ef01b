/** Numbers as people read them: three digits at the most, and always a unit. */

/** @param {number} number */
export function digits(number) {
  if (number >= 100 || number === 0) return String(Math.round(number))
  return number >= 10 ? number.toFixed(1) : number.toFixed(number >= 1 ? 1 : 2)
}

/** [number, unit] of so many bytes per second, in bits as lines are sold. */
export function rate(bytesPerSecond) {
  const bits = bytesPerSecond * 8
  if (bits >= 1e9) return [digits(bits / 1e9), 'Gbit/s']
  if (bits >= 1e6) return [digits(bits / 1e6), 'Mbit/s']
  return [String(Math.round(bits / 1e3)), 'kbit/s']
}

export function bytes(count) {
  if (count >= 1e12) return `${digits(count / 1e12)} TB`
  if (count >= 1e9) return `${digits(count / 1e9)} GB`
  if (count >= 1e6) return `${digits(count / 1e6)} MB`
  return `${digits(count / 1e3)} kB`
}

/** A time that something took or is old. */
export function span(milliseconds) {
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`
  return `${digits(milliseconds / 1000)} s`
}

/** How long something has been so: 4 s, 12 min, 3 h, 5 days. */
export function since(seconds) {
  if (seconds < 90) return `${Math.max(0, Math.round(seconds))} s`
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`
  if (seconds < 172_800) return `${Math.round(seconds / 3600)} h`
  return `${Math.round(seconds / 86_400)} days`
}

export function clock(milliseconds) {
  return new Date(milliseconds).toLocaleTimeString([], { hour12: false })
}

export function percent(share) {
  return share >= 0.9995 ? '100' : (share * 100).toFixed(1)
}

export function thousands(count) {
  return Math.round(count).toLocaleString()
}
