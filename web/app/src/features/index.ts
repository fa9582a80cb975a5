/** All features of the call, in one chunk that is loaded after the first paint. */
import './style.js';
import './room/index.js';
import './hands/index.js';
import './devices/index.js';
import './effects/index.js';
import './chat/index.js';
import './pip/index.js';
import './voice/index.js';
import './files/index.js';
import './guide/index.js';
import './check/index.js';
import './diagnostics/index.js';
import './recording/index.js';
