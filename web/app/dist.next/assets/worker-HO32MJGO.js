"use strict";(()=>{function o(r){return new Worker(n(r))}function n(r){let e=WORKERS[r];if(!e)throw new Error(`there is no worker ${r}`);return e}})();
//# sourceMappingURL=worker-HO32MJGO.js.map
