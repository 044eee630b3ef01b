import { type Answer, goError, json, text } from './answer.ts'
import type { Handler } from './api.ts'
import type { Received } from './received.ts'

const ACTIVITY = 'application/activity+json'
const spoken = new Set([
  'application/json',
  'application/json+ld',
  ACTIVITY,
  'application/ld+json; profile="https://www.w3.org/ns/activitystreams"'
])

/** The ActivityPub routes. What arrives in an inbox is kept to the byte, since signatures cover it. */
export class Federation {
  readonly inbox: Received[] = []

  routes(): [string, Handler][] {
    return [
      ['/.well-known/webfinger', webfinger],
      [
        '/.well-known/nodeinfo',
        ({ headers }) => json(200, {}, { links: [{ href: `${base(headers.host)}/nodeinfo/2.0` }] })
      ],
      [
        '/nodeinfo/2.0',
        () => json(200, {}, { version: '2.0', software: { name: 'owncast' }, openRegistrations: false })
      ]
    ]
  }

  /** `/federation/*` (router/middleware/activityPub.go) */
  answer(request: Received): Answer {
    const { headers, path, method } = request
    if (![headers.accept, headers['content-type']].some((type) => spoken.has(type ?? ''))) {
      return text(
        307,
        { Location: '/', 'Content-Type': 'text/html; charset=utf-8' },
        '<a href="/">Temporary Redirect</a>.\n\n'
      )
    }
    const [, name, part = ''] = path.match(/^\/federation\/user\/([^/]+)(?:\/(\w+))?$/) ?? []
    if (name === undefined) return text(404, {}, '')
    if (part === 'inbox') return this.#receive(request)
    if (method !== 'GET') return goError(405, 'Method Not Allowed')
    const id = `${base(headers.host)}/federation/user/${name}`
    const type = { 'Content-Type': ACTIVITY }
    if (part === '')
      return json(200, type, { id, type: 'Service', preferredUsername: name, inbox: `${id}/inbox` })
    return json(200, type, {
      id: `${id}/${part}`,
      type: 'OrderedCollection',
      totalItems: 0,
      orderedItems: []
    })
  }

  #receive(request: Received): Answer {
    if (request.method !== 'POST') return text(405, {}, '')
    this.inbox.push(request)
    return text(202, {}, '')
  }
}

function webfinger({ query, headers }: Received): Answer {
  const subject = query.get('resource')
  if (subject === null) return text(400, {}, '')
  const links = [{ rel: 'self', type: ACTIVITY, href: `${base(headers.host)}/federation/user/demo` }]
  return json(200, { 'Content-Type': 'application/jrd+json' }, { subject, links })
}

function base(host = ''): string {
  return `https://${host}`
}
