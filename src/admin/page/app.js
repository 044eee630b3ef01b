import { follow } from './connection.js'
import { Crowd } from './crowd.js'
import { at, onTheme, write } from './dom.js'
import { Fills } from './fills.js'
import { leaveLogin, login } from './login.js'
import { addNotice, beginNotices } from './notices.js'
import { showNow, showProfile, showState } from './panels.js'
import { beginPurge } from './purge.js'
import { Traffic } from './traffic.js'

const traffic = new Traffic()
const crowd = new Crowd()
const fills = new Fills()
let latest

/** What each event of the edge does to the page. */
const events = {
  hello({ version, origin, profile, now, history, segments, notices }) {
    leaveLogin()
    at('main').classList.remove('stale')
    showProfile(profile)
    write('version', version)
    write('origin', `in front of ${origin}`)
    traffic.begin(history)
    crowd.begin(history)
    fills.begin(segments)
    beginNotices(notices)
    show(now)
  },
  now(now) {
    traffic.add(now)
    crowd.add(now)
    show(now)
  },
  segment: (segment) => fills.add(segment),
  notice: (notice) => addNotice(notice)
}

function show(now) {
  latest = now
  showNow(now)
  showState(now)
  fills.know(now)
}

beginPurge()
onTheme(() => latest && showNow(latest))
follow({
  event: (name, data) => events[name]?.(data),
  lost() {
    at('main').classList.add('stale')
    at('state').dataset.state = 'waiting'
    write('state', 'No connection to the edge, trying again …')
  },
  locked: login
})
