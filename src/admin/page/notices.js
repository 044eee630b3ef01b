import { at, make } from './dom.js'
import { clock } from './format.js'

const most = 60
const list = at('notices')

export function beginNotices(notices) {
  list.replaceChildren(...notices.slice(-most).reverse().map(row))
  showEmpty()
}

export function addNotice(notice) {
  list.prepend(row(notice))
  if (list.children.length > most) list.lastElementChild.remove()
  showEmpty()
}

function row({ at: time, level, what, text }) {
  const when = make('time', { datetime: new Date(time).toISOString() }, clock(time))
  return make('li', { class: level }, when, make('span', {}, make('b', {}, what), ` – ${text}`))
}

function showEmpty() {
  const isFiltered = at('problems').checked
  const shown = isFiltered ? list.querySelector('.bad') : list.firstElementChild
  list.classList.toggle('problems', isFiltered)
  at('notices-empty').hidden = shown !== null
}

at('problems').addEventListener('change', showEmpty)
