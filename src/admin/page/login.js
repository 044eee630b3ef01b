import { token, useToken } from './connection.js'
import { at, write } from './dom.js'

/** Asks for the token; resolves when there is one to try. */
export function login() {
  const form = at('login')
  form.hidden = false
  at('main').hidden = true
  document.querySelector('.top').hidden = true
  // Whoever comes back here has tried one already.
  if (token() !== undefined) {
    at('login-answer').classList.add('bad')
    write('login-answer', 'That is not the token.')
  }
  form.elements.token.focus()
  return new Promise((resolve) => {
    form.addEventListener(
      'submit',
      (event) => {
        event.preventDefault()
        useToken(form.elements.token.value.trim())
        form.reset()
        resolve()
      },
      { once: true }
    )
  })
}

/** The token was right, or none is asked for. */
export function leaveLogin() {
  at('login').hidden = true
  at('main').hidden = false
  document.querySelector('.top').hidden = false
}
