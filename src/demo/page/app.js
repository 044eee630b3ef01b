// The watch page: a player, the state of the stream and chat, against whatever host has served the page.
const STREAM = '/hls/stream.m3u8'
const STATUS_EVERY = 5000
const PING_EVERY = 4000
const LONGEST_PAUSE = 10_000

const element = (id) => document.getElementById(id)
const video = element('video')
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

/** For tests in a browser. */
const edgeDemo = { hls: undefined, errors: [] }
window.edgeDemo = edgeDemo

// Player

function play() {
  const { Hls } = window
  if (!Hls?.isSupported()) {
    video.src = STREAM
    return
  }
  edgeDemo.hls?.destroy()
  const hls = new Hls()
  edgeDemo.hls = hls
  hls.on(Hls.Events.ERROR, (_, error) => error.fatal && recover(hls, error))
  hls.on(Hls.Events.FRAG_LOADED, (_, { networkDetails }) => showServed(networkDetails))
  hls.loadSource(STREAM)
  hls.attachMedia(video)
}

async function recover(hls, { type, details, response }) {
  edgeDemo.errors.push({ type, details, status: response?.code })
  if (type === window.Hls.ErrorTypes.MEDIA_ERROR) return hls.recoverMediaError()
  await pause(2000)
  if (hls === edgeDemo.hls) play()
}

/** An edge says by which way a segment came (RFC 9211). */
function showServed(request) {
  const served = request?.getResponseHeader?.('Cache-Status')
  element('served').textContent = served ? `Cache-Status of the last segment: ${served}` : ''
}

setInterval(() => {
  if (!video.paused && !video.ended) fetch('/api/ping').catch(() => {})
}, PING_EVERY)

// State of the stream

let wasOnline = false

function show({ online, viewerCount = 0, streamTitle }) {
  element('status').textContent = online ? 'live' : 'offline'
  element('status').dataset.online = online
  element('viewers').textContent = online ? `${viewerCount} ${viewerCount === 1 ? 'viewer' : 'viewers'}` : ''
  element('title').textContent = streamTitle
  // A player that has come to the end of the offline clip does not look again by itself.
  if (online && !wasOnline) play()
  wasOnline = online
}

async function watchStatus() {
  for (;;) {
    await pause(STATUS_EVERY)
    try {
      const response = await fetch('/api/status')
      if (response.ok) show(await response.json())
    } catch {
      element('status').textContent = 'not reachable'
    }
  }
}

// Chat

let socket

function write(className, ...content) {
  const line = document.createElement('li')
  line.className = className
  line.append(...content)
  const log = element('chat-log')
  const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 60
  log.append(line)
  if (atEnd) line.scrollIntoView({ block: 'end' })
}

function name({ displayName, displayColor }) {
  const bold = document.createElement('b')
  bold.textContent = displayName
  bold.style.color = `hsl(${displayColor * 45} 80% 72%)`
  return bold
}

const decode = (html) => new DOMParser().parseFromString(html, 'text/html').body.textContent

const events = {
  CHAT: ({ user, body }) => write('message', name(user), decode(body)),
  USER_JOINED: ({ user }) => write('note', `${user.displayName} joined`),
  NAME_CHANGE: ({ oldName, user }) => write('note', `${oldName} is now ${user.displayName}`),
  CONNECTED_USER_INFO: ({ user }) => enable(`Write as ${user.displayName}`),
  ERROR_NEEDS_REGISTRATION: () => sessionStorage.removeItem('chat-token')
}

function enable(placeholder) {
  const input = element('chat-input')
  input.placeholder = placeholder
  input.disabled = element('chat-send').disabled = false
}

function disable() {
  const input = element('chat-input')
  input.placeholder = 'Chat is not connected'
  input.disabled = element('chat-send').disabled = true
}

async function token() {
  const known = sessionStorage.getItem('chat-token')
  if (known) return known
  const response = await fetch('/api/chat/register', { method: 'POST', body: '{}' })
  const { accessToken } = await response.json()
  sessionStorage.setItem('chat-token', accessToken)
  return accessToken
}

/** One connection, from its opening to its end. Resolves with whether it ever worked. */
async function connect() {
  const address = new URL(`/ws?accessToken=${encodeURIComponent(await token())}`, location.href)
  address.protocol = address.protocol.replace('http', 'ws')
  socket = new WebSocket(address)
  let opened = false
  await new Promise((closed) => {
    socket.onopen = () => {
      opened = true
    }
    socket.onmessage = ({ data }) => {
      for (const line of data.split('\n').filter(Boolean)) {
        const event = JSON.parse(line)
        events[event.type]?.(event)
      }
    }
    socket.onclose = closed
  })
  return opened
}

async function keepChatting() {
  for (let failures = 0; ; failures++) {
    try {
      if (await connect()) failures = 0
    } catch {
      // Registering has failed; it is tried again with the connection.
    }
    disable()
    await pause(Math.min(LONGEST_PAUSE, 500 * 2 ** failures) * (0.5 + Math.random() / 2))
  }
}

element('chat-form').addEventListener('submit', (event) => {
  event.preventDefault()
  const input = element('chat-input')
  const body = input.value.trim()
  if (body === '' || socket?.readyState !== WebSocket.OPEN) return
  socket.send(JSON.stringify({ type: 'CHAT', body }))
  input.value = ''
})

show(window.statusHydration)
if (!wasOnline) play()
watchStatus()
keepChatting()
