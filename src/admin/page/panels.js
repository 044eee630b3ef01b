import { at, make, makeName, shades, write, writeWithUnit } from './dom.js'
import { bytes, digits, percent, rate, since, span, thousands } from './format.js'

/** Shows the state of the edge in numbers. */
export function showNow(now) {
  showTiles(now)
  showVariants(now)
  showPlaylists(now)
  showOrigin(now)
  showEdge(now)
  document.title = `${thousands(now.watching.total)} watching – owncast-edge`
}

/** Leaves out what only Owncast has, where the origin is another server. */
export function showProfile(profile) {
  document.body.dataset.profile = profile
  for (const element of document.querySelectorAll('[data-owncast]')) element.hidden = profile === 'generic'
  if (profile !== 'generic') return
  for (const element of document.querySelectorAll('[data-generic]'))
    element.textContent = element.dataset.generic
  at('purge-path').elements.path.placeholder = '/live/stream.m3u8 or /live/*'
}

/** The one word about everything, at the top. */
export function showState({ origin, isOnline, playlists }) {
  const [state, text] = origin.isDown
    ? ['away', 'Origin away']
    : isOnline || playlists.length > 0
      ? ['live', 'Live']
      : ['offline', 'Not live']
  at('state').dataset.state = state
  write('state', text)
}

function showTiles({ watching, rates, totals, uptime }) {
  write('viewers', thousands(watching.total))
  write('viewers-under', watching.total === 1 ? 'viewer' : 'viewers')
  writeWithUnit('rate-out', ...rate(rates.out))
  writeWithUnit('rate-in', ...rate(rates.in))
  write('total-out', `${bytes(totals.out)} in ${since(uptime)}`)
  write('total-in', `${bytes(totals.in)} in ${since(uptime)}`)
  writeWithUnit('saved', totals.out > 0 ? percent(totals.saved) : '–', '%')
  const times = totals.in > 0 ? totals.out / totals.in : 0
  write('saved-under', times >= 1 ? `each byte ${digits(times)} times` : 'of what viewers got')
}

function showVariants({ watching }) {
  const { total, variants } = watching
  const counted = variants.reduce((sum, { viewers }) => sum + viewers, 0)
  const others =
    total > counted ? [{ name: 'quality not known', viewers: total - counted, bandwidth: 0 }] : []
  const colours = shades()
  const all = [...variants, ...others].map((one, i) => ({ ...one, shade: colours[i % colours.length] }))
  at('variants-empty').hidden = all.length > 0
  at('stack').hidden = all.length === 0
  fill(
    at('stack'),
    all.filter(({ viewers }) => viewers > 0),
    ({ viewers, shade }) => styled(make('i'), { flexGrow: viewers, background: shade })
  )
  fill(at('variants'), all, ({ name, bandwidth, viewers, shade }) =>
    make(
      'li',
      {},
      styled(make('i', { class: 'swatch' }), { background: shade }),
      makeName(name),
      make('span', { class: 'soft' }, bandwidth > 0 ? rate(bandwidth / 8).join(' ') : ''),
      make('span', { class: 'count' }, thousands(viewers))
    )
  )
}

function showPlaylists({ playlists }) {
  at('playlists-empty').hidden = playlists.length > 0
  fill(at('playlists'), playlists, ({ name, staleness, targetDuration }) => {
    const share = staleness / targetDuration
    const mood = share > 2 ? 'bad' : share > 1.3 ? 'warn' : ''
    const bar = styled(make('i', mood === '' ? {} : { class: mood }), {
      width: `${Math.min(100, share * 50)}%`
    })
    return make(
      'li',
      {},
      makeName(name),
      make('span', { class: 'bar' }, bar),
      make('span', { class: 'count' }, span(staleness))
    )
  })
}

function showOrigin({ at: now, origin, isOnline, playlists, fills, uptime }) {
  const time = since((now - origin.since) / 1000)
  write(
    'origin-state',
    origin.isDown
      ? `away for ${time}`
      : `answers, for ${since(Math.min(uptime, (now - origin.since) / 1000))}`
  )
  at('origin-state').classList.toggle('bad', origin.isDown)
  write('origin-version', origin.version ?? 'not known yet')
  const longest = Math.max(0, ...playlists.map(({ targetDuration }) => targetDuration))
  const live = longest > 0 ? `live, in segments of ${longest / 1000} s` : 'live'
  write('stream-state', isOnline || longest > 0 ? live : 'not live, or nobody asks')
  write('fetches', String(fills))
}

function showEdge({ at: now, rates, connections, chat, memory, lag, certificateUntil }) {
  write('requests', `${digits(rates.requests)} per second`)
  write('hits', rates.hits === undefined ? '–' : `${percent(rates.hits)} %`)
  write('connections', thousands(connections))
  write('chat', thousands(chat))
  write('resident', bytes(memory.resident))
  write('cache', `${bytes(memory.held)} of ${bytes(memory.limit)}`)
  write('lag', span(lag))
  at('certificate-row').hidden = certificateUntil === undefined
  if (certificateUntil !== undefined) {
    const left = certificateUntil - now
    write('certificate', left > 0 ? `valid for ${since(left / 1000)}` : 'no longer valid')
    at('certificate').classList.toggle('bad', left < 7 * 86_400_000)
  }
  at('cache-bar').style.width = `${Math.min(100, (100 * memory.held) / memory.limit)}%`
}

/** Puts rows for things into a list; what looks the same stays as it is, so that nothing flickers. */
function fill(list, things, row) {
  const rows = things.map(row)
  for (const [i, fresh] of rows.entries()) {
    const present = list.children[i]
    if (present === undefined) list.append(fresh)
    else if (!present.isEqualNode(fresh)) present.replaceWith(fresh)
  }
  while (list.children.length > rows.length) list.lastElementChild.remove()
}

function styled(element, style) {
  Object.assign(element.style, style)
  return element
}
