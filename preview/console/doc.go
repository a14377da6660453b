// Package console serves a web page on which a model author writes a query and sees
// its preview. The page calls the sidecar that serves it, through the same RPCs as
// every other caller.
//
// # The page
//
// The sources are in page: TypeScript and CodeMirror, without a framework. The
// bundle in dist is made of them by "make console" and is committed; the build tag
// no_console leaves it out of a binary. Everything that the page consists of is
// static and the same for everyone, but for the nonce of its policy, so it is served
// without credentials ([server.Config.Public]). What it shows comes from the RPCs,
// which ask for credentials.
//
// # Credentials
//
// How the page gets its bearer token is the [Mode]:
//
//   - ModeLink, for "sqlpreview console": the link that is printed in the terminal
//     has a one-time token in its fragment, which browsers do not send to servers.
//     The page removes it from the address bar and exchanges it by POST
//     /console/session for a session token, which lives in the page's memory.
//     [Sessions] makes and knows both.
//   - ModeToken, for a server that asks for bearer tokens: the page asks its user.
//   - ModeOpen, for a server that asks for none.
//
// GET /console/config tells the page which.
//
// # What a hostile page or neighbour can do
//
// A page of another origin can neither read an answer (no CORS) nor frame this page
// (frame-ancestors) nor load its parts (Cross-Origin-Resource-Policy, and
// Sec-Fetch-Site is checked). It has no session token, and there is no cookie that a
// browser would add to its requests, so there is nothing to forge a request with. A
// name that is rebound to a loopback address is refused by its Host header. Another user of
// the machine can open the port and load the empty page; without the link there is
// no token, and tokens of 256 bits cannot be guessed. The policy of the page lets
// it run its own script alone, load nothing from elsewhere, submit no form and, by
// Trusted Types, turn no text into markup or code.
package console
