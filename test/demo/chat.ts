import { once } from 'node:events'
import { type Test, test } from 'tap'
import WebSocket from 'ws'
import { type Owncast, type OwncastOptions, startOwncast } from '../../src/demo/owncast.ts'
import { type Ask, ask } from '../fixtures/client.ts'

type Event = { readonly type: string; readonly [name: string]: unknown }

async function start(t: Test, options: OwncastOptions = {}): Promise<Owncast> {
  const owncast = await startOwncast({ startupGap: 0, onlineDelay: 0, ...options })
  t.teardown(() => owncast.close())
  return owncast
}

async function register({ address }: Owncast, body = '{}', fields: readonly string[] = []) {
  const answer = await ask(address, '/api/chat/register', {
    ...{ method: 'POST', body },
    fields: ['Content-Length', String(body.length), ...fields]
  })
  return JSON.parse(answer.body.toString())
}

/** A connection to chat whose events can be awaited one by one. */
class Client {
  readonly socket: WebSocket
  readonly frames: string[] = []
  #waiting: Event[] = []
  #wake = () => {}

  constructor({ address }: Owncast, query: string, headers: Record<string, string> = {}) {
    this.socket = new WebSocket(`${address.replace('http', 'ws')}/ws${query}`, { headers })
    this.socket.on('message', (frame) => {
      this.frames.push(frame.toString())
      this.#waiting.push(
        ...frame
          .toString()
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line))
      )
      this.#wake()
    })
  }

  async next(type: string): Promise<Event> {
    for (;;) {
      const found = this.#waiting.find((event) => event.type === type)
      if (found !== undefined) {
        this.#waiting = this.#waiting.slice(this.#waiting.indexOf(found) + 1)
        return found
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  send(event: object): void {
    this.socket.send(JSON.stringify(event))
  }
}

async function join(t: Test, owncast: Owncast, name: string, headers: Record<string, string> = {}) {
  const { accessToken } = await register(owncast, JSON.stringify({ displayName: name }))
  const client = new Client(owncast, `?accessToken=${accessToken}`, headers)
  t.teardown(() => client.socket.terminate())
  await client.next('CONNECTED_USER_INFO')
  return { client, accessToken }
}

const upgrade: Ask = {
  fields: [
    ...['Connection', 'Upgrade', 'Upgrade', 'websocket', 'Sec-WebSocket-Version', '13'],
    ...['Sec-WebSocket-Key', 'dGhlIHNhbXBsZSBub25jZQ==', 'X-Forwarded-For', '10.0.0.9']
  ]
}

test('what one says, all hear, as HTML that means what was written', async (t) => {
  const owncast = await start(t)
  const { client: ann } = await join(t, owncast, 'ann')
  const { client: bob } = await join(t, owncast, 'bob')
  t.match(await ann.next('USER_JOINED'), { user: { displayName: 'ann' } })
  ann.send({ type: 'CHAT', body: ' a < b ' })
  for (const client of [ann, bob]) {
    const { id, timestamp, body, user } = await client.next('CHAT')
    t.match(
      { id, timestamp, body, user },
      { id: /^\S{9}$/, timestamp: /Z$/, body: 'a &#60; b', user: { displayName: 'ann' } }
    )
  }
})

test('events that come together share a frame, joined by a newline', async (t) => {
  const owncast = await start(t)
  const { client } = await join(t, owncast, 'ann')
  t.same(
    client.frames[0]!.split('\n').map((line) => JSON.parse(line).type),
    ['CONNECTED_USER_INFO', 'USER_JOINED']
  )
})

test('a change of name is told to all', async (t) => {
  const owncast = await start(t)
  const { client } = await join(t, owncast, 'ann')
  client.send({ type: 'NAME_CHANGE', newName: 'anna' })
  t.match(await client.next('NAME_CHANGE'), { oldName: 'ann', user: { displayName: 'anna' } })
})

test('what is not an event, or too long, is passed over', async (t) => {
  const owncast = await start(t)
  const { client } = await join(t, owncast, 'ann')
  client.socket.send('not JSON')
  client.socket.send('null')
  client.send({ type: 'CHAT', body: 'x'.repeat(2049) })
  client.send({ type: 'CHAT', body: 'heard' })
  t.match(await client.next('CHAT'), { body: 'heard' })
})

test('a frame of twice the limit ends the connection', async (t) => {
  const owncast = await start(t)
  const { client } = await join(t, owncast, 'ann')
  client.send({ type: 'CHAT', body: 'x'.repeat(5000) })
  const [code] = await once(client.socket, 'close')
  t.equal(code, 1009)
})

test('without a token that is known: an error as JSON, then the end', async (t) => {
  const owncast = await start(t)
  for (const query of ['', '?accessToken=nobody']) {
    const client = new Client(owncast, query)
    const closed = once(client.socket, 'close')
    t.same(await client.next('ERROR_NEEDS_REGISTRATION'), { type: 'ERROR_NEEDS_REGISTRATION' })
    t.equal((await closed)[0], 1006, 'without a close frame')
  }
})

test('a banned address gets 403 instead of an upgrade, whatever its token', async (t) => {
  const owncast = await start(t)
  owncast.ban('10.0.0.9')
  const { status, body } = await ask(owncast.address, '/ws', upgrade)
  t.equal(status, 403)
  t.equal(body.length, 0)
  await t.resolves(join(t, owncast, 'ann', { 'X-Forwarded-For': '10.0.0.10' }))
})

test('while chat is disabled an upgrade gets 200 and a word', async (t) => {
  const owncast = await start(t)
  owncast.disableChat()
  const { status, body } = await ask(owncast.address, '/ws', upgrade)
  t.same([status, body.toString()], [200, 'CHAT_DISABLED'])
  const config = await ask(owncast.address, '/api/config')
  t.equal(JSON.parse(config.body.toString()).chatDisabled, true)
  owncast.enableChat()
  t.equal((await ask(owncast.address, '/ws', upgrade)).status, 101)
})

test('without an upgrade there is no chat at /ws, and none elsewhere with one', async (t) => {
  const { address } = await start(t)
  t.equal((await ask(address, '/ws')).status, 400)
  t.equal((await ask(address, '/wss', upgrade)).status, 404)
})

test('the server pings, and cuts off who does not answer', async (t) => {
  const owncast = await start(t, { chatPing: 30 })
  const { accessToken } = await register(owncast)
  const url = `${owncast.address.replace('http', 'ws')}/ws?accessToken=${accessToken}`
  const silent = new WebSocket(url, { autoPong: false })
  t.teardown(() => silent.terminate())
  const pinged = once(silent, 'ping')
  const [code] = await once(silent, 'close')
  await pinged
  t.equal(code, 1006)
})

test('a connection is known by the address that its upgrade named', async (t) => {
  const owncast = await start(t)
  await join(t, owncast, 'ann', { 'X-Forwarded-For': '10.0.0.1', 'User-Agent': 'Firefox' })
  t.match(owncast.chatClients(), [
    { ipAddress: '10.0.0.1', userAgent: 'Firefox', user: { displayName: 'ann' } }
  ])
})

test('the history is for those with a token, private, and says nothing about caching', async (t) => {
  const owncast = await start(t)
  const { client, accessToken } = await join(t, owncast, 'ann')
  client.send({ type: 'CHAT', body: 'first' })
  await client.next('CHAT')
  const history = await ask(owncast.address, `/api/chat?accessToken=${accessToken}`)
  t.match(JSON.parse(history.body.toString()), [{ type: 'CHAT', body: 'first' }])
  t.equal(history.field('cache-control'), undefined)
  t.equal(history.field('access-control-allow-origin'), '*')
  t.equal((await ask(owncast.address, '/api/chat')).status, 401)
  owncast.ban('127.0.0.1')
  t.equal((await ask(owncast.address, `/api/chat?accessToken=${accessToken}`)).status, 403)
})

test('who registers gets a name: that of X-Forwarded-User, else the one asked for, else some', async (t) => {
  const owncast = await start(t)
  const asked = '{"displayName":"ann"}'
  t.equal((await register(owncast, asked, ['X-Forwarded-User', 'root'])).displayName, 'root')
  t.equal((await register(owncast, asked)).displayName, 'ann')
  t.match((await register(owncast, 'no JSON')).displayName, /^guest-/)
})

test('registering is by POST, after a preflight', async (t) => {
  const { address } = await start(t)
  const preflight = await ask(address, '/api/chat/register', { method: 'OPTIONS' })
  t.equal(preflight.status, 204)
  t.equal(preflight.field('access-control-allow-origin'), '*')
  t.equal((await ask(address, '/api/chat/register')).status, 400)
})
