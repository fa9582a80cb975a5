import { explainSDP } from '../sdp/explain.js';
import { translate } from '../texts.js';

/** Each line of a session description with what it means below it. */
export function showSDP(list: HTMLElement, sdp: string): void {
  list.replaceChildren(...explainSDP(sdp).map(({ line, key, params, known }) => {
    const item = document.createElement('li');
    const code = document.createElement('code');
    const text = document.createElement('span');
    code.textContent = line;
    text.textContent = translate(key, params);
    if (/^m=/.test(line)) item.className = 'media';
    if (!known) item.classList.add('unknown');
    item.append(code, text);
    return item;
  }));
}
