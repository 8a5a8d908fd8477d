/**
 * Runs in the page: names what is drawn outside of its box, over another text, or in color on paper. As plain JavaScript,
 * because the browser gets this text.
 */
globalThis.faultsIn = (isPaper) => {
  const width = document.documentElement.clientWidth;
  return [
    ...faultsOfPage(width),
    ...[...document.querySelectorAll('h1, h2, h3, p, li, dt, dd, th, td, caption, td > span')].flatMap(
      (element) => faultsOfText(element, width),
    ),
    ...[...document.querySelectorAll('svg.time-line')].flatMap(faultsOfPicture),
    ...(isPaper ? [...document.querySelectorAll('body *')].flatMap(faultsOfColor) : []),
  ];
};

const named = (element, words) =>
  `${words}: <${element.tagName.toLowerCase()}> "${(element.textContent ?? '').trim().slice(0, 60)}"`;

function faultsOfPage(width) {
  const { scrollWidth } = document.documentElement;
  return [
    ...(scrollWidth > width ? [`the page is ${scrollWidth} pixels wide, and the view ${width}`] : []),
    ...(document.scripts.length > 0 ? ['the page has a script'] : []),
    ...(getComputedStyle(document.querySelector('h1')).marginTop === '0px'
      ? []
      : ['the style is not applied']),
  ];
}

function faultsOfText(element, width) {
  // On a narrow screen the heads of columns stand beside each cell, and their row is only read aloud.
  const head = element.closest('thead');
  if (head && getComputedStyle(head).position === 'absolute') return [];
  const box = element.getBoundingClientRect();
  const inner = element.tagName === 'TD' ? element.firstElementChild?.getBoundingClientRect() : undefined;
  const isWider = element.clientWidth > 0 && element.scrollWidth > element.clientWidth + 1;
  return [
    ...(box.right > width + 0.5 || box.left < -0.5 ? [named(element, 'it stands outside of the page')] : []),
    ...(isWider ? [named(element, 'its text is wider than its box')] : []),
    ...(inner && (inner.right > box.right + 1 || inner.bottom > box.bottom + 1)
      ? [named(element, 'its text leaves its cell')]
      : []),
  ];
}

function faultsOfPicture(picture) {
  const box = picture.getBoundingClientRect();
  const texts = [...picture.querySelectorAll('text')].map((text) => ({
    text,
    at: text.getBoundingClientRect(),
  }));
  return texts.flatMap(({ text, at }) => {
    const isOutside = at.left < box.left - 0.5 || at.right > box.right + 0.5 || at.bottom > box.bottom + 0.5;
    const over = texts.find((one) => one.text !== text && overlap(one.at, at));
    return [
      ...(isOutside ? [named(text, 'it stands outside of its picture')] : []),
      ...(over ? [named(text, `it overlaps "${over.text.textContent}"`)] : []),
    ];
  });
}

/** The boxes of lines of text have some room above and below. */
const overlap = (one, other) =>
  one.left < other.right &&
  other.left < one.right &&
  one.top < other.bottom - 3 &&
  other.top < one.bottom - 3;

function faultsOfColor(element) {
  const { color, stroke, fill } = getComputedStyle(element);
  const drawn = element.closest('svg') ? [color, stroke, fill] : [color];
  return drawn.some(isColored) ? [named(element, 'it has a color on paper')] : [];
}

function isColored(color) {
  const [, red, green, blue] = /^rgba?\((\d+), (\d+), (\d+)/.exec(color) ?? [];
  // Grids and hatchings of a light gray may have a tinge.
  return red !== undefined && Math.max(red, green, blue) - Math.min(red, green, blue) > 20;
}
