/** Parameters whose values let their reader in somewhere (owncast.md §8.2), and whatever is named like them. */
const secretName = /token|secret|passw|credential|signature|key$|^(code|state|auth|sig|jwt|otp|sid|session)$/i
/** An address within a value, with such a parameter of its own. */
const nestedSecret = /[?&;#][^=&;#?]*(token|secret|passw|key|code|state)[^=&;#?]*=/i

const hidden = 'redacted'

/** A request target or a Referer without what must not be read by whoever reads logs. */
export function redacted(target: string): string {
  const bare = withoutPassword(target)
  const mark = bare.indexOf('?')
  if (mark < 0) return bare
  const query = bare.slice(mark + 1)
  return `${bare.slice(0, mark)}?${query.split('&').map(redactParameter).join('&')}`
}

function withoutPassword(address: string): string {
  return address.startsWith('/') ? address : address.replace(/^([a-z][a-z\d+.-]*:\/\/)[^/?#]*@/i, '$1')
}

function redactParameter(parameter: string): string {
  const equals = parameter.indexOf('=')
  if (equals < 0) return parameter
  const name = parameter.slice(0, equals)
  const isSecret = secretName.test(decoded(name)) || nestedSecret.test(decoded(parameter.slice(equals + 1)))
  return isSecret ? `${name}=${hidden}` : parameter
}

/** Percent-encoding hides a name from us but not from Owncast. */
function decoded(text: string): string {
  if (!text.includes('%')) return text
  return text.replace(/%([\da-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}
