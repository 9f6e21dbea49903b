// What a page must be so that everyone can use it, as far as a script can see it: returns sentences, one for each fault.
// Contrast is that of WCAG 2.2 (1.4.3, 1.4.11). What only key presses show, order and visibility of the focus, is focus.js.

const language = arguments[0];
const narrow = arguments[1];
const faults = [];

const shown = element => {
  if (!element.checkVisibility({checkOpacity: true, checkVisibilityCSS: true})) return false;
  const box = element.getBoundingClientRect();
  return box.width > 0 && box.height > 0;
};
// An element as one finds it in the page's source.
const name = element => {
  let text = element.tagName.toLowerCase();
  if (element.id) text += '#' + element.id;
  if (element.getAttribute('name')) text += `[name=${element.getAttribute('name')}]`;
  const kind = element.getAttribute('class');
  if (kind) text += '.' + kind.trim().split(/\s+/).join('.');
  const words = (element.textContent || '').trim().replace(/\s+/g, ' ').slice(0, 30);
  return words ? `${text} "${words}"` : text;
};

// MARK: The document

const html = document.documentElement;
if (!(html.lang || '').startsWith(language)) faults.push(`the page's lang is "${html.lang}", not ${language}`);
if (!document.title.trim()) faults.push('the page has no title');
const headings = [...document.querySelectorAll('h1,h2,h3,h4,h5,h6')].filter(shown);
const first = headings.filter(heading => heading.tagName === 'H1');
if (first.length !== 1) faults.push(`the page shows ${first.length} h1: ${first.map(name).join(', ')}`);
let level = 0;
for (const heading of headings) {
  const own = Number(heading.tagName[1]);
  if (own > level + 1) faults.push(`${name(heading)} comes after a heading of level ${level}`);
  level = own;
}
const mains = [...document.querySelectorAll('main,[role=main]')].filter(shown);
if (mains.length !== 1) faults.push(`the page has ${mains.length} main landmarks`);
const navigations = [...document.querySelectorAll('nav,[role=navigation]')].filter(shown);
if (navigations.length > 1) {
  for (const navigation of navigations) {
    if (!navigation.getAttribute('aria-label') && !navigation.getAttribute('aria-labelledby')) {
      faults.push(`${name(navigation)}: one of several navigations has no label`);
    }
  }
}
const landmark = 'main,nav,header,footer,aside,dialog,[role=main],[role=navigation],[role=search],[role=banner],'
  + '[role=contentinfo],[role=status],[role=alert],[role=dialog],[role=region],section[aria-label],section[aria-labelledby]';
for (const child of document.body.children) {
  if (!shown(child) || child.matches(landmark) || child.querySelector(landmark)) continue;
  if (child.matches('a[href^="#"]')) continue;
  if (child.innerText.trim()) faults.push(`${name(child)} lies in no landmark`);
}
const ids = new Map();
for (const element of document.querySelectorAll('[id]')) ids.set(element.id, (ids.get(element.id) || 0) + 1);
for (const [id, count] of ids) if (count > 1) faults.push(`the id ${id} stands ${count} times`);
for (const attribute of ['aria-labelledby', 'aria-describedby', 'aria-controls', 'for', 'list', 'form']) {
  for (const element of document.querySelectorAll(`[${attribute}]`)) {
    for (const id of element.getAttribute(attribute).split(/\s+/)) {
      if (!document.getElementById(id)) faults.push(`${name(element)}: ${attribute} names ${id}, which is not there`);
    }
  }
}

// MARK: Names of controls, pictures and tables

const written = element => {
  let text = '';
  for (const node of element.childNodes) {
    if (node.nodeType === Node.TEXT_NODE) text += node.data;
    else if (node.nodeType === Node.ELEMENT_NODE && node.getAttribute('aria-hidden') !== 'true') {
      text += node.getAttribute('aria-label') || node.getAttribute('alt') || written(node);
    }
  }
  return text.trim();
};
const label = element => {
  const by = element.getAttribute('aria-labelledby');
  if (by) return by.split(/\s+/).map(id => written(document.getElementById(id) || document.createElement('i'))).join(' ').trim();
  const own = (element.getAttribute('aria-label') || '').trim();
  if (own) return own;
  if (element.labels && element.labels.length) return [...element.labels].map(written).join(' ').trim();
  if (element.matches('input[type=submit],input[type=button],input[type=reset]')) return element.value.trim();
  if (element.matches('input,select,textarea')) return '';
  return written(element) || (element.getAttribute('title') || '').trim();
};
const control = 'a[href],button,input:not([type=hidden]),select,textarea,summary,[role=button],[role=link],[role=tab],'
  + '[role=checkbox],[tabindex]:not([tabindex="-1"])';
const controls = [...document.querySelectorAll(control)].filter(shown);
for (const element of controls) {
  if (!label(element)) faults.push(`${name(element)} has no label`);
  if (Number(element.getAttribute('tabindex') || 0) > 0) faults.push(`${name(element)} has a tabindex above 0`);
}
for (const picture of document.querySelectorAll('img')) {
  if (shown(picture) && picture.getAttribute('alt') === null) faults.push(`${name(picture)} has no alt`);
}
for (const drawing of document.querySelectorAll('svg')) {
  if (!shown(drawing) || drawing.closest('[aria-hidden=true]')) continue;
  if (!label(drawing) && !drawing.querySelector('title')) faults.push(`${name(drawing)}: a drawing has no label`);
}
for (const table of document.querySelectorAll('table')) {
  if (!shown(table)) continue;
  if (!table.querySelector('th')) faults.push(`${name(table)} has no header cell`);
}

// Targets are 24 px at least, but for links within a sentence and where a circle of 24 px touches no other target (WCAG 2.5.8).
const middle = box => [box.x + box.width / 2, box.y + box.height / 2];
const crowds = (point, other) => {
  const box = other.getBoundingClientRect();
  const [x, y] = [Math.max(box.left, Math.min(point[0], box.right)), Math.max(box.top, Math.min(point[1], box.bottom))];
  return Math.hypot(point[0] - x, point[1] - y) < 12;
};
for (const element of controls) {
  if (element.disabled || getComputedStyle(element).display === 'inline') continue;
  const box = element.getBoundingClientRect();
  if (box.width >= 23.5 && box.height >= 23.5) continue;
  if (element.matches('input[type=checkbox],input[type=radio]') && element.labels && element.labels.length) continue;
  const near = controls.find(other => other !== element && !other.contains(element) && crowds(middle(box), other));
  if (near || box.width < 1) {
    faults.push(`${name(element)} is ${Math.round(box.width)} x ${Math.round(box.height)} px, less than 24, beside ${near ? name(near) : ''}`);
  }
}

// MARK: Contrast

// Colours as [red, green, blue, alpha], each from 0 to 1; computed ones come as rgb(), rgba() or color(srgb …).
const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
const known = new Map();
const colour = text => {
  if (known.has(text)) return known.get(text);
  canvas.clearRect(0, 0, 1, 1);
  canvas.fillStyle = '#000';
  canvas.fillStyle = text;
  canvas.fillRect(0, 0, 1, 1);
  const [red, green, blue, alpha] = canvas.getImageData(0, 0, 1, 1).data;
  const value = [red / 255, green / 255, blue / 255, alpha / 255];
  known.set(text, value);
  return value;
};
const over = (upper, lower) => {
  const alpha = upper[3] + lower[3] * (1 - upper[3]);
  if (alpha === 0) return [0, 0, 0, 0];
  return [0, 1, 2].map(i => (upper[i] * upper[3] + lower[i] * lower[3] * (1 - upper[3])) / alpha).concat(alpha);
};
const faded = (value, opacity) => [value[0], value[1], value[2], value[3] * opacity];
const luminance = value => {
  const part = i => value[i] <= 0.04045 ? value[i] / 12.92 : ((value[i] + 0.055) / 1.055) ** 2.4;
  return 0.2126 * part(0) + 0.7152 * part(1) + 0.0722 * part(2);
};
const contrast = (one, other) => {
  const [a, b] = [luminance(one), luminance(other)];
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
};
const dark = matchMedia('(prefers-color-scheme: dark)').matches;
const paper = () => {
  const scheme = getComputedStyle(html).colorScheme;
  return dark && scheme.includes('dark') ? [18 / 255, 18 / 255, 18 / 255, 1] : [1, 1, 1, 1];
};
// What is painted behind an element's content; its own background counts where `own`.
const ground = (element, own = true) => {
  const layers = [];
  for (let node = own ? element : element.parentElement; node; node = node.parentElement) {
    if (node instanceof SVGElement && !(node instanceof SVGSVGElement)) {
      const below = shapeBelow(node);
      if (below) layers.push(below);
      continue;
    }
    const style = getComputedStyle(node);
    if (style.backgroundImage !== 'none' && !style.backgroundImage.includes('svg')) return null;
    layers.push(colour(style.backgroundColor));
    if (layers[layers.length - 1][3] === 1) break;
  }
  return layers.reverse().reduce((below, layer) => over(layer, below), paper());
};
// The fill of the drawn shape that lies under a text of the same drawing.
const shapeBelow = node => {
  if (!node.matches('text')) return null;
  const box = node.getBoundingClientRect();
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  let found = null;
  for (const shape of node.ownerSVGElement.querySelectorAll('rect,circle,ellipse,path,polygon')) {
    if (!(shape.compareDocumentPosition(node) & Node.DOCUMENT_POSITION_FOLLOWING)) continue;
    const style = getComputedStyle(shape);
    if (style.fill === 'none' || !shown(shape)) continue;
    const area = shape.getBoundingClientRect();
    if (x >= area.left && x <= area.right && y >= area.top && y <= area.bottom) {
      found = faded(colour(style.fill), Number(style.fillOpacity) * Number(style.opacity));
    }
  }
  return found;
};
const opacity = element => {
  let value = 1;
  for (let node = element; node; node = node.parentElement) value *= Number(getComputedStyle(node).opacity);
  return value;
};
const ratio = value => value.toFixed(2) + ':1';
const seen = new Set();
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
for (let node = walker.nextNode(); node; node = walker.nextNode()) {
  const element = node.parentElement;
  if (!node.data.trim() || seen.has(element) || !shown(element)) continue;
  seen.add(element);
  if (element.closest('script,style,noscript,option,:disabled,[aria-disabled=true]')) continue;
  // What only machines that read aloud shall see is cut to a pixel.
  const style = getComputedStyle(element);
  const box = element.getBoundingClientRect();
  if (box.width <= 1 || box.height <= 1 || style.clipPath !== 'none') continue;
  const below = ground(element);
  if (!below) { faults.push(`${name(element)} stands on a picture: its contrast cannot be told`); continue; }
  const ink = over(faded(colour(element instanceof SVGElement ? style.fill : style.color), opacity(element)), below);
  const size = parseFloat(style.fontSize);
  const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
  const value = contrast(ink, below);
  if (value < (large ? 3 : 4.5) - 0.005) {
    faults.push(`${name(element)} has a contrast of ${ratio(value)} (${dark ? 'dark' : 'light'}: ${style.color} on `
      + `${below.slice(0, 3).map(part => Math.round(part * 255))})`);
  }
}
// A field is told from the page by its border or its ground.
for (const element of document.querySelectorAll('input:not([type=hidden]),select,textarea')) {
  if (!shown(element) || element.disabled || element.matches('[type=checkbox],[type=radio],[type=range],[type=file]')) continue;
  const style = getComputedStyle(element);
  const around = ground(element, false);
  if (!around) continue;
  const own = over(colour(style.backgroundColor), around);
  const border = parseFloat(style.borderBottomWidth) > 0 ? over(colour(style.borderBottomColor), around) : around;
  const best = Math.max(contrast(own, around), contrast(border, around));
  if (best < 2.995) faults.push(`${name(element)} is told from the page by ${ratio(best)} only`);
}

// MARK: Width

if (narrow) {
  const root = document.scrollingElement;
  if (root.scrollWidth > innerWidth) {
    const wide = [...document.body.querySelectorAll('*')].filter(element => {
      if (!shown(element) || element.getBoundingClientRect().right <= innerWidth + 1) return false;
      for (let node = element.parentElement; node && node !== document.body; node = node.parentElement) {
        if (['auto', 'scroll', 'hidden', 'clip'].includes(getComputedStyle(node).overflowX)) return false;
      }
      return true;
    });
    faults.push(`the page is ${root.scrollWidth} px wide in a window of ${innerWidth}: ${wide.slice(0, 4).map(name).join(', ')}`);
  }
}
return faults;
