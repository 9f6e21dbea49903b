// Watches where the focus goes: begun before the Tab key is pressed, asked whether it has come round, and at the end for its faults. They
// are sentences: what the key left out, in which order it went, where one could not see that it was there.

const step = arguments[0];
const reachable = () => {
  const all = [...document.querySelectorAll('a[href],button,input:not([type=hidden]),select,textarea,summary,[tabindex]')]
    .filter(element => element.tabIndex >= 0 && !element.disabled && !element.closest('[inert]'))
    .filter(element => element.checkVisibility({checkVisibilityCSS: true}) && element.getClientRects().length > 0);
  // Of a group of radio buttons one takes the focus.
  const groups = new Map();
  return all.filter(element => {
    if (element.type !== 'radio' || !element.name) return true;
    const group = [...document.getElementsByName(element.name)].filter(other => other.form === element.form);
    const chosen = group.find(other => other.checked);
    if (chosen) return chosen === element;
    if (groups.has(group[0])) return false;
    groups.set(group[0], true);
    return true;
  });
};
const name = element => {
  let text = element.tagName.toLowerCase();
  if (element.id) text += '#' + element.id;
  if (element.getAttribute('name')) text += `[name=${element.getAttribute('name')}]`;
  const words = (element.textContent || element.value || '').trim().replace(/\s+/g, ' ').slice(0, 30);
  return words ? `${text} "${words}"` : text;
};
const look = element => {
  const style = getComputedStyle(element);
  return [style.outlineStyle, style.outlineWidth, style.outlineColor, style.boxShadow, style.borderColor, style.backgroundColor,
    style.textDecorationLine].join('|');
};

if (step === 'begin') {
  // The Tab key goes on from where the focus was last: that is to be the top.
  document.body.tabIndex = -1;
  document.body.focus();
  document.body.removeAttribute('tabindex');
  getSelection()?.removeAllRanges();
  window.scrollTo(0, 0);
  const before = new Map(reachable().map(element => [element, look(element)]));
  const watch = {order: [], faults: [], reachable: [...before.keys()], isRound: false};
  watch.listen = event => {
    const element = event.target;
    if (watch.order.includes(element)) {
      if (watch.order.length > 1 && element === watch.order[0]) watch.isRound = true;
      return;
    }
    watch.order.push(element);
    if (before.get(element) === look(element)) watch.faults.push(`one cannot see that ${name(element)} has the focus`);
    const style = getComputedStyle(element);
    if (style.outlineStyle === 'none' && style.boxShadow === 'none') watch.faults.push(`${name(element)} shows its focus by no outline`);
    element.scrollIntoView({block: 'nearest', inline: 'nearest'});
    const box = element.getClientRects()[0];
    const [x, y] = [box.x + Math.min(box.width / 2, 40), box.y + Math.min(box.height / 2, 12)];
    const top = document.elementFromPoint(x, y);
    if (!top || !(element === top || element.contains(top) || top.contains(element))) {
      watch.faults.push(`${name(element)} has the focus and lies under ${top ? name(top) : 'the edge of the window'}`);
    }
  };
  document.addEventListener('focusin', watch.listen);
  window.lianxinFocus = watch;
  return watch.reachable.length;
}

const watch = window.lianxinFocus;
if (step === 'isRound') return watch.isRound || watch.reachable.length < 2;
document.removeEventListener('focusin', watch.listen);
const faults = watch.faults;
for (const element of watch.reachable) {
  if (element.isConnected && !watch.order.includes(element)) faults.push(`Tab never comes to ${name(element)}`);
}
for (let index = 1; index < watch.order.length; index++) {
  const [one, next] = [watch.order[index - 1], watch.order[index]];
  if (!(one.compareDocumentPosition(next) & Node.DOCUMENT_POSITION_FOLLOWING)) {
    faults.push(`Tab goes from ${name(one)} back to ${name(next)}`);
  }
}
return faults;
