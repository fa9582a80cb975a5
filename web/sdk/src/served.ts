/**
 * What a server gives out as /sdk.js: the whole SDK and <parley-call>, defined. One tag is a call:
 *
 *     <script type="module" src="https://call.example.org/sdk.js?room=garden"></script>
 *
 * puts the element after itself; `name`, `autojoin` and the element's other attributes can be parameters too.
 */

import { ParleyCallElement } from './element/index.js';

export * from './index.js';
export { ParleyCallElement };

const here = new URL(import.meta.url);
ParleyCallElement.defaultServer = here.origin;

if (here.searchParams.has('room')) {
  const script = [...document.scripts].find(({ src }) => src === here.href);
  const element = document.createElement('parley-call');
  for (const [name, value] of here.searchParams) {
    if (/^(room|server|name|password|invite|autojoin|microphone|camera|controls|lang)$/.test(name)) element.setAttribute(name, value);
  }
  if (script && document.body.contains(script)) script.after(element);
  else document.body.append(element);
}
