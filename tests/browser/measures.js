// What a careful reader would find on a page: controls without a name, text too pale, content that does not fit.
() => {
  const parse = (colour) => {
    const numbers = colour.match(/[\d.]+/g).map(Number);
    return colour.startsWith("color(") ? numbers.map((number, index) => (index < 3 ? number * 255 : number)) : numbers; // a mixed colour
  };
  const luminance = ([r, g, b]) =>
    [r, g, b].map((c) => (c /= 255) <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4).reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const background = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const style = getComputedStyle(at);
      if (style.backgroundImage !== "none") return null; // a gradient: judged by eye
      const [r, g, b, alpha = 1] = parse(style.backgroundColor);
      if (alpha > 0.5) return [r, g, b];
    }
    return [255, 255, 255];
  };
  const pale = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || element.closest("svg, script, noscript, .visually-hidden") || !element.checkVisibility()) continue;
    const style = getComputedStyle(element);
    const behind = background(element);
    if (!behind || style.color.endsWith(", 0)") || parseFloat(style.fontSize) === 0) continue;
    const [light, dark] = [luminance(parse(style.color)), luminance(behind)].sort((a, b) => b - a);
    const ratio = (light + 0.05) / (dark + 0.05);
    const large = parseFloat(style.fontSize) >= 24;
    if (ratio < (large ? 3 : 4.5)) pale.push(`${walker.currentNode.data.trim().slice(0, 20)} ${ratio.toFixed(2)}`);
  }
  const unnamed = [...document.querySelectorAll("input:not([type=hidden]), select, textarea, button, a[href], summary")]
    .filter((one) => !one.matches("[aria-hidden=true]"))
    .filter((one) => !(one.labels?.length || one.textContent.trim() || one.getAttribute("aria-label") || one.title))
    .map((one) => one.outerHTML.slice(0, 80));
  const ids = [...document.querySelectorAll("[id]")].map((one) => one.id);
  return {
    pale, unnamed,
    overflow: document.documentElement.scrollWidth - window.innerWidth,
    headings: document.querySelectorAll("h1").length,
    mains: document.querySelectorAll("main").length,
    doubled: ids.filter((id, index) => ids.indexOf(id) !== index),
    language: document.documentElement.lang,
  };
}
