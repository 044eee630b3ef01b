const storedToken = 'owncast-edge-token'
const retryAfter = 2000

/** The token that this tab was given, if any. */
export function token() {
  return sessionStorage.getItem(storedToken) ?? undefined
}

export function useToken(value) {
  sessionStorage.setItem(storedToken, value)
}

/** Asks the edge, with the token where there is one. */
export function ask(path, options = {}) {
  const authorization = token() === undefined ? {} : { Authorization: `Bearer ${token()}` }
  return fetch(path, { ...options, cache: 'no-store', headers: { ...options.headers, ...authorization } })
}

/**
 * Follows the events of the edge for good, and connects again where the connection is lost. fetch takes the place of
 * EventSource, which cannot send a token.
 * @param listener `event(name, data)`, `lost()`, and `locked()`, which resolves when there is a token to try
 */
export async function follow(listener) {
  for (;;) {
    const answer = await ask('/events').catch(() => undefined)
    if (answer?.status === 401) await listener.locked()
    else {
      if (answer?.ok) await readEvents(answer.body, listener.event).catch(() => {})
      listener.lost()
      await new Promise((resolve) => setTimeout(resolve, retryAfter))
    }
  }
}

/** Reads server-sent events to the end of the stream. */
async function readEvents(stream, tell) {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return
    text += value
    const events = text.split('\n\n')
    text = events.pop()
    for (const event of events) {
      const [, name, data] = /^event: (\w+)\ndata: (.*)$/.exec(event) ?? []
      if (name !== undefined) tell(name, JSON.parse(data))
    }
  }
}
