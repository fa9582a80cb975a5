// Package browser drives real browsers for tests: Debian's Chromium and Firefox,
// headless, with fake cameras and microphones, each with a profile of its own,
// inside a namespace or on the machine itself.
//
// A browser is driven through driver.mjs, a thin shell around puppeteer-core
// that is spoken to in lines of JSON:
//
//	-> {"id":1,"op":"open","url":"https://parley.test/"}
//	<- {"id":1,"value":{"page":1}}          or {"id":1,"error":"..."}
//	<- {"event":"console","page":1,"level":"error","text":"..."}
package browser
