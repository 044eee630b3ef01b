import { inPlainWords, span } from '../log/plain-words.ts'
import type { Findings, OwncastFound, Reach } from './findings.ts'
import type { Remark } from './remark.ts'
import { judgeStream } from './stream-diagnosis.ts'

/** What the findings mean: the remarks in the order in which one would look, and whether an edge can stand there. */
export function diagnose(findings: Findings): { remarks: readonly Remark[]; isUsable: boolean } {
  const { reach, owncast, origin } = findings
  if (reach.kind === 'failed') return { remarks: [judgeFailure(reach, origin)], isUsable: false }
  const answered: Remark = { mark: 'good', text: `It answers, in ${span(reach.after)}.` }
  if (owncast === undefined) return { remarks: [answered, notOwncast], isUsable: false }
  const remarks = [
    answered,
    judgeVersion(owncast),
    judgeOnline(owncast),
    ...judgeStream(findings),
    judgeForwarding(findings),
    judgeClock(owncast),
    judgeChat(findings)
  ]
  return { remarks: remarks.filter((remark) => remark !== undefined), isUsable: true }
}

function judgeFailure({ detail }: Extract<Reach, { kind: 'failed' }>, origin: string): Remark {
  return {
    mark: 'bad',
    text: `${origin} cannot be reached: ${inPlainWords(detail)}.`,
    advice:
      'See that Owncast runs, that the address and the port are right, and that no firewall stands between.'
  }
}

const notOwncast: Remark = {
  mark: 'bad',
  text: 'It is not Owncast: /api/status is not what Owncast answers.',
  advice:
    'Give the address of Owncast itself, or of a proxy that leads to it without a login. If it is another server of HLS, start the edge with --profile generic: nothing of this examination is needed then.'
}

/** What each version does wrong behind any proxy (owncast.md §4.1). */
function judgeVersion({ version }: OwncastFound): Remark {
  const text = `It is Owncast ${version}.`
  const [major = 0, minor = 0, patch = 0] = version.split(/[.-]/).map(Number)
  const age = major * 1e6 + minor * 1e3 + patch
  const update = 'Update Owncast to 0.1.3 or newer.'
  if (Number.isNaN(age) || age >= 1003) return { mark: 'good', text }
  if (age === 1002)
    return {
      mark: 'bad',
      text: `${text} This one cannot read IPv6 addresses that a proxy tells it: such viewers are counted as one.`,
      advice: update
    }
  return { mark: 'bad', text: `${text} It is older than what this edge knows.`, advice: update }
}

function judgeOnline({ isOnline, viewers }: OwncastFound): Remark {
  if (!isOnline)
    return {
      mark: 'note',
      text: 'The stream is offline, so its segments and its line could not be looked at.',
      advice: 'Run this check again while you are streaming.'
    }
  const count = viewers === undefined ? '' : `, with ${viewers} ${viewers === 1 ? 'viewer' : 'viewers'}`
  return { mark: 'good', text: `The stream is live${count}.` }
}

function judgeForwarding({ forwarding }: Findings): Remark {
  switch (forwarding.kind) {
    case 'believed':
      return {
        mark: 'good',
        text: 'Owncast believes X-Forwarded-For: viewers behind this edge are counted, located and banned one by one. (For this, three invented viewers were counted for 15 seconds.)'
      }
    case 'ignored':
      return {
        mark: 'bad',
        text: 'X-Forwarded-For is not believed: all viewers behind this edge would be counted as one, and a ban of one would be a ban of all.',
        advice:
          'A proxy in front of Owncast replaces the field: let the edge connect to Owncast itself, or let that proxy pass the field on where it comes from the edge.'
      }
    case 'unknown':
      return {
        mark: 'note',
        text: `Whether X-Forwarded-For is believed cannot be told: ${forwarding.why}.`
      }
  }
}

/** Seconds of a difference that players and logs get on with. */
const tolerable = 2000

function judgeClock({ clockAhead }: OwncastFound): Remark | undefined {
  if (clockAhead === undefined) return undefined
  const difference = Math.abs(clockAhead)
  if (difference < tolerable)
    return { mark: 'good', text: `Its clock agrees with this one within ${span(tolerable)}.` }
  const way = clockAhead > 0 ? 'ahead of' : 'behind'
  return {
    mark: 'bad',
    text: `Its clock is ${span(difference)} ${way} the one here: what players and logs say of latency is wrong by that much.`,
    advice: 'Let both machines set their clocks by NTP (timedatectl set-ntp true).'
  }
}

function judgeChat({ chat }: Findings): Remark {
  switch (chat) {
    case 'open':
      return { mark: 'good', text: 'Chat opens.' }
    case 'disabled':
      return { mark: 'note', text: 'Chat is turned off in Owncast.' }
    case 'full':
      return {
        mark: 'bad',
        text: 'Chat is full: Owncast accepts no more connections.',
        advice: 'Let Owncast open more files (ulimit -n, or LimitNOFILE= in its unit).'
      }
    case 'refused':
    case 'unreachable':
      return {
        mark: 'bad',
        text: 'Chat does not open: the upgrade to a WebSocket at /ws is not answered.',
        advice:
          'A proxy in front of Owncast does not pass Upgrade on: let the edge connect to Owncast itself, or set that proxy up for WebSockets.'
      }
  }
}
