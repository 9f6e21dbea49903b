// What the console does beyond plain pages: shows changes as they come, and answers to the keyboard. Everything works without it.
(() => {
  'use strict'
  const main = document.getElementById('main')
  const live = document.getElementById('live')
  const words = document.body.dataset
  let tag = main.dataset.live

  // MARK: Changes as they come

  let begun = false // someone is filling in a form on this page
  main.addEventListener('input', event => { if (event.target.form && event.target.form.method === 'post') begun = true })
  main.addEventListener('submit', () => { begun = false })

  function tell(state, text) {
    if (!live) return
    live.dataset.state = state
    live.textContent = text || ''
  }

  // The page without the sentence that it was opened with.
  function place() {
    const url = new URL(location.href)
    url.searchParams.delete('done')
    return url.pathname + url.search
  }

  let running = false
  let again = false
  async function refresh() {
    if (running) { again = true; return }
    running = true
    try {
      const headers = { 'X-Live': '1' }
      // After a new sign-in the page is wanted for its tokens, be it otherwise the same.
      if (tag && !kept()) headers['If-None-Match'] = tag
      const answer = await fetch(place(), { headers, credentials: 'same-origin', cache: 'no-store', redirect: 'manual' })
      if (answer.status === 401) { leave(); return }
      if (answer.status !== 200) return
      const text = await answer.text()
      if (begun) {
        renew(text)
        if (answer.headers.get('ETag') !== tag) offer()
        return
      }
      tag = answer.headers.get('ETag')
      swap(text)
    } catch { tell('stale', words.stale) } finally {
      running = false
      if (again) { again = false; refresh() }
    }
  }

  function offer() {
    if (document.getElementById('changed')) return
    const button = document.createElement('button')
    button.id = 'changed'
    button.className = 'quiet'
    button.type = 'button'
    button.textContent = words.changed
    button.addEventListener('click', () => { begun = false; button.remove(); refresh() })
    document.getElementById('notices').append(button)
  }

  // Puts the new content in, and leaves focus, scroll, what is unfolded and what is chosen as they were.
  function swap(text) {
    const held = document.activeElement
    const id = main.contains(held) ? held.id : null
    const href = main.contains(held) && held.tagName === 'A' ? held.getAttribute('href') : null
    const selection = id && 'selectionStart' in held ? [held.selectionStart, held.selectionEnd, held.value] : null
    const folded = new Map([...main.querySelectorAll('details[id]')].map(part => [part.id, part.open]))
    const here = row()?.id
    const scroll = [scrollX, scrollY]
    const inner = [...main.querySelectorAll('.scroll[id], .columns[id]')].map(part => [part.id, part.scrollLeft, part.scrollTop])
    const fresh = new DOMParser().parseFromString(text, 'text/html')
    main.replaceChildren(...fresh.body.childNodes)
    for (const part of main.querySelectorAll('details[id]')) part.open = folded.get(part.id) ?? part.open
    for (const [name, left, top] of inner) document.getElementById(name)?.scrollTo(left, top)
    if (here) document.getElementById(here)?.classList.add('here')
    const target = id ? document.getElementById(id) : href ? main.querySelector(`a[href="${CSS.escape(href)}"]`) : null
    if (target) {
      if (selection) { target.value = selection[2]; try { target.setSelectionRange(selection[0], selection[1]) } catch { /* not a text */ } }
      target.focus({ preventScroll: true })
    }
    scrollTo(...scroll)
    main.dispatchEvent(new Event('console:swapped'))
  }

  const kept = () => document.getElementById('ended')

  // Nobody is taken away from a form that they are filling in: they sign in beside it.
  function leave() {
    tell('stale', words.ended)
    const address = '/sign-in?next=' + encodeURIComponent(place())
    if (!begun) { location.assign(address); return }
    if (kept()) return
    const link = Object.assign(document.createElement('a'), { href: address, target: '_blank', textContent: words.endedKept })
    const notice = Object.assign(document.createElement('p'), { id: 'ended', className: 'notice warning' })
    notice.append(link)
    document.getElementById('notices').append(notice)
  }

  // The forms here get the token of the session that there is now; what was written in them stays.
  function renew(text) {
    const fresh = new DOMParser().parseFromString(text, 'text/html').querySelector('input[name=csrf]')
    if (!fresh) return
    for (const field of document.querySelectorAll('input[name=csrf]')) field.value = fresh.value
    kept()?.remove()
  }

  let source = null
  function listen() {
    if (!words.events || source || document.hidden) return
    source = new EventSource(words.events)
    // A stream speaks of what comes after it began. What came between the page and its stream, the first one too, is asked for.
    source.addEventListener('hello', () => { tell('live', '● ' + (live?.dataset.word || '')); refresh() })
    source.addEventListener('changed', () => setTimeout(refresh, Math.random() * 300))
    source.addEventListener('ended', () => { stop(); leave() })
    source.addEventListener('error', () => { tell('stale', words.stale); if (source?.readyState === EventSource.CLOSED) { stop(); refresh() } })
  }
  function stop() { source?.close(); source = null }

  // A hidden page holds no connection: browsers have few for one host.
  document.addEventListener('visibilitychange', () => { if (document.hidden) stop(); else listen() })
  addEventListener('pagehide', stop)
  addEventListener('pageshow', listen)
  addEventListener('focus', listen)
  listen()

  // A sentence that was said once is not said again by a reload.
  if (new URL(location.href).searchParams.has('done')) history.replaceState(null, '', place() + location.hash)

  // MARK: Keyboard

  const rows = () => [...main.querySelectorAll('[data-row]')]
  const row = () => main.querySelector('[data-row].here')

  function walk(step) {
    const all = rows()
    if (!all.length) return
    const now = row()
    const next = all[Math.min(all.length - 1, Math.max(0, now ? all.indexOf(now) + step : 0))]
    now?.classList.remove('here')
    next.classList.add('here')
    next.scrollIntoView({ block: 'nearest' })
    next.querySelector('a, button, input')?.focus({ preventScroll: true })
  }

  const help = document.getElementById('keys')
  const helpButton = document.getElementById('keys-button')
  if (helpButton && help) {
    helpButton.hidden = false
    helpButton.addEventListener('click', () => help.showModal())
  }

  let leader = 0
  document.addEventListener('keydown', event => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return
    const typing = event.target.closest('input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]')
    if (typing) { if (event.key === 'Escape') typing.blur(); return }
    if (words.keys === 'off') return
    if (document.querySelector('dialog[open]')) return
    if (leader && Date.now() - leader < 1500) {
      leader = 0
      const link = document.querySelector(`[data-go="${CSS.escape(event.key)}"]`)
      if (link) { event.preventDefault(); link.click() }
      return
    }
    switch (event.key) {
      case 'g': leader = Date.now(); return
      case 'j': walk(1); break
      case 'k': walk(-1); break
      case 'Enter': {
        if (event.target.closest('a, button, summary')) return
        const link = row()?.querySelector('a')
        if (!link) return
        link.click()
        break
      }
      case '/': {
        const field = document.querySelector('[data-search]')
        if (field) field.focus(); else location.assign('/orders#search')
        break
      }
      case '?': if (!help) return; help.showModal(); break
      default: {
        const named = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`)
        if (!named) return
        named.focus()
        named.click()
      }
    }
    event.preventDefault()
  })
  if (location.hash === '#search') document.querySelector('[data-search]')?.focus()

  // MARK: Likely duplicates of a new order

  // The telephone is asked about once, when it is left: each asking is kept in the audit.
  const sheet = document.querySelector('form[data-similar]')
  const similar = sheet && document.getElementById(sheet.dataset.similarInto)
  let asking = 0
  async function compare(withPhone) {
    const turn = ++asking
    const body = new URLSearchParams()
    for (const name of ['csrf', 'title', 'address']) body.set(name, sheet.elements[name].value)
    if (withPhone) body.set('phone', sheet.elements.phone.value)
    const answer = await fetch(sheet.dataset.similar, { method: 'POST', body, credentials: 'same-origin' })
    if (!answer.ok || turn !== asking) return
    const found = await answer.json()
    const list = document.createElement('ul')
    for (const order of found.orders) {
      const link = Object.assign(document.createElement('a'), { href: order.href, textContent: order.number, target: '_blank' })
      const title = Object.assign(document.createElement('bdi'), { textContent: order.title })
      const item = document.createElement('li')
      item.append(link, ' ', title, ` ${order.status} · ${order.why}`)
      list.append(item)
    }
    similar.replaceChildren(Object.assign(document.createElement('p'), { textContent: found.title }), list, found.note)
    similar.hidden = found.orders.length === 0
  }
  if (similar) {
    let timer = 0
    let asked = ''
    sheet.addEventListener('input', event => {
      if (!['title', 'address'].includes(event.target.name)) return
      clearTimeout(timer)
      timer = setTimeout(() => compare(false).catch(() => {}), 400)
    })
    sheet.elements.phone.addEventListener('change', event => {
      if (event.target.value === asked || event.target.value.length < 5) return
      asked = event.target.value
      compare(true).catch(() => {})
    })
  }
})()
