/** What the service worker and the page call the same. */
export const shellCache = 'parley-shell';
export const shelfCache = 'parley-shared';
export const sharedFilesKey = '/shared/';
