import { ask } from './connection.js'
import { at, write } from './dom.js'

const sureFor = 4000

/** Makes the buttons work. */
export function beginPurge() {
  for (const button of document.querySelectorAll('[data-purge]')) {
    button.addEventListener('click', () => {
      if (button.dataset.ask !== undefined && !isSure(button)) return
      void purge(JSON.parse(`[${button.dataset.purge}]`))
    })
  }
  at('purge-path').addEventListener('submit', (event) => {
    event.preventDefault()
    const path = new FormData(event.target).get('path').trim()
    if (path === '') return
    void purge([path.endsWith('*') ? { prefix: path.slice(0, -1) } : { target: path }])
  })
}

/** The first press asks, a second one soon after it counts. */
function isSure(button) {
  if (button.classList.contains('sure')) {
    button.classList.remove('sure')
    button.textContent = button.dataset.says
    return true
  }
  button.dataset.says = button.textContent
  button.textContent = button.dataset.ask
  button.classList.add('sure')
  setTimeout(() => {
    if (button.classList.contains('sure')) isSure(button)
  }, sureFor)
  return false
}

async function purge(orders) {
  const soft = at('soft').checked ? { soft: true } : {}
  try {
    let purged = 0
    for (const order of orders) purged += await send({ ...order, ...soft })
    const what = soft.soft ? 'made stale' : 'purged'
    tell('', `${purged} stored ${purged === 1 ? 'response' : 'responses'} ${what}.`)
  } catch (error) {
    tell('bad', error.message)
  }
}

async function send(order) {
  const answer = await ask('/purge', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(order)
  })
  const { purged, error } = await answer.json()
  if (!answer.ok) throw new Error(error)
  return purged
}

function tell(mood, text) {
  at('purge-answer').className = `answer ${mood}`
  write('purge-answer', text)
}
