/** The element with this id. */
export const at = (id) => document.getElementById(id)

/** A name in one line, of which the end is shown where it is too long for its place. */
export function makeName(name) {
  return make('span', { class: 'name', title: name }, make('bdi', { dir: 'ltr' }, name))
}

/** Writes text only where it differs: most numbers stay the same from one second to the next. */
export function write(id, text) {
  const element = at(id)
  if (element.textContent !== text) element.textContent = text
}

/** A number with its unit in smaller letters. */
export function writeWithUnit(id, number, unit) {
  const text = `${number} ${unit}`
  const element = at(id)
  if (element.textContent === text) return
  element.replaceChildren(`${number} `, make('small', {}, unit))
}

/** An element with attributes and children. */
export function make(name, attributes = {}, ...children) {
  const element = document.createElement(name)
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value)
  element.append(...children)
  return element
}

/** A colour of the theme in force. */
export function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim()
}

/** Colours for things of one kind, in their order. */
export function shades() {
  return colour('--shades')
    .split(',')
    .map((shade) => shade.trim())
}

/** Calls back when the theme has changed. */
export function onTheme(listener) {
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', listener)
}
